// <stats-map>: countries shaded by their count. In: the breakdown by country. Out: an SVG map
// with read-out, legend and table. Always: the outlines are already
// projected; a country too small to see is a dot when it has a count.
import chart from "../chart/chart.css";
import { createFrame } from "../chart/frame.js";
import { nameDimension, typesOf } from "../chart/kinds.js";
import { capital, createNouns, toneOf } from "../chart/series.js";
import { ALL_COUNTRIES, namesOf } from "../chart/shares.js";
import { writeSpan } from "../chart/span.js";
import { createTypes } from "../chart/types.js";
import controls from "../styles/controls.css";
import { buildClasses } from "./classes.js";
import { createLand } from "./land.js";
import { createLegend } from "./legend.js";
import styles from "./map.css";
import { createReader } from "./reader.js";
import world from "./world.json";

class WorldMap {
  constructor(kit) {
    this.kit = kit;
    this.types = createTypes(kit, (shown) => kit.change({ shown }));
    this.frame = createFrame(kit, this.types.node);
    this.names = namesOf(kit.language, "country");
    this.legend = createLegend(kit);
    this.reader = createReader(kit, this.frame.plot, (row) => this.#read(row));
    this.frame.foot.before(this.legend.node);
    this.node = this.frame.node;
  }

  async load(settings) {
    const types = typesOf(settings);
    const type = types.includes(settings.shown) ? settings.shown : types[0];
    this.types.update(types, type);
    const { resource, from, to } = settings;
    const params = { resource, breakdown: "country", from, to, size: ALL_COUNTRIES };
    return { type, types, answer: await this.kit.get(`${type}-by`, params) };
  }

  update({ type, types, answer }) {
    const { noun } = createNouns(this.kit.language, types);
    this.noun = (n) => noun(type, n);
    this.answer = answer;
    const classes = buildClasses(answer.buckets.map(({ count }) => count));
    const rows = answer.buckets.map((row) => ({ ...row, name: this.names(row.key) }));
    const land = createLand(this.kit, world, rows, classes);
    this.node.classList.remove("views", "downloads");
    this.node.classList.add(toneOf(type));
    const names = capital(this.kit.language, this.noun());
    this.reader.update(land, rows, this.kit.language.text("map", { names }));
    this.legend.update(classes);
    this.frame.setTable(this.#buildTable(rows, names));
    this.frame.setUntil(answer.counted_until);
    const { resource, from, to } = answer;
    const params = { resource, breakdown: "country", from, to };
    this.frame.downloads.update({
      ...{
        title: `${nameDimension(this.kit.language, "country")} · ${names}`,
        of: resource,
        answer,
      },
      tables: [{ name: names, path: `${type}-by`, params }],
    });
    return answer.total.count > 0;
  }

  #buildTable(rows, names) {
    const { language } = this.kit;
    const { total } = this.answer;
    const part = (count) => language.percent(total.count ? count / total.count : 0);
    const noun = names.toLocaleLowerCase(language.tag);
    return {
      caption: `${names}, ${language.text("country")}, ${writeSpan(language, this.answer)}`,
      columns: [
        ...[language.text("country"), names],
        ...[language.text("uniqueOf", { noun }), language.text("share")],
      ],
      rows: rows.map(({ name, count, unique_count }) => [
        ...[name, language.number(count), language.number(unique_count), part(count)],
      ]),
    };
  }

  #write({ name, count, unique_count }) {
    const { language } = this.kit;
    const share = language.percent(count / (this.answer.total.count || 1));
    const noun = this.noun(count);
    return `${name}: ${language.number(count)} ${noun} ${language.sessions(unique_count)} (${share})`;
  }

  #writeAll() {
    const { language } = this.kit;
    const { count } = this.answer.total;
    const n = this.answer.buckets.filter(({ key }) => key && key !== "ZZ").length;
    const countries = language.noun("countries", n).replace("{n}", language.number(n));
    const noun = this.noun(count);
    return `${language.number(count)} ${noun}, ${countries}, ${writeSpan(language, this.answer)}`;
  }

  #read(row) {
    const text = row ? this.#write(row) : this.#writeAll();
    this.frame.readout.textContent = text;
    return text;
  }
}

export const createView = (kit) => new WorldMap(kit);
const sheets = [controls, chart, styles];
export { sheets as styles };
