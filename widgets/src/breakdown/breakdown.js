// <stats-breakdown>: how the numbers of a resource divide, as bars or as a donut.
// In: the breakdown, as the service answers. Out: a table whose cells carry the bars, so that
// the chart is the table that a screen reader reads.
import chart from "../chart/chart.css";
import list from "../chart/list.css";
import { nameDimension, nameValue, typesOf } from "../chart/kinds.js";
import { createList } from "../chart/list.js";
import { capital, createNouns, toneOf } from "../chart/series.js";
import { ALL_COUNTRIES, namesOf, readShares } from "../chart/shares.js";
import { writeSpan } from "../chart/span.js";
import { createTypes } from "../chart/types.js";
import controls from "../styles/controls.css";
import styles from "./breakdown.css";
import { createDonut } from "./donut.js";

const SIZE = 10;

/** Name the attribute that is wrong as the page's author wrote it. */
const rename = (problem) => {
  if (problem.field === "breakdown") problem.field = "by";
  throw problem;
};

class Breakdown {
  constructor(kit) {
    this.kit = kit;
    this.types = createTypes(kit, (shown) => kit.change({ shown }));
    this.list = createList(kit, this.types.node);
    this.donut = createDonut(kit);
    this.node = this.list.node;
  }

  async load(settings) {
    const types = typesOf(settings);
    const type = types.includes(settings.shown) ? settings.shown : types[0];
    this.types.update(types, type);
    const { resource, by = "country", from, to, size = SIZE } = settings;
    const asked = by === "country" ? ALL_COUNTRIES : size;
    const params = { resource, breakdown: by, from, to, size: asked };
    const answer = await this.kit.get(`${type}-by`, params).catch(rename);
    return { type, types, answer };
  }

  update({ type, types, answer }, { by = "country", size = SIZE, chart }) {
    const { language } = this.kit;
    const { rows, rest } = readShares(answer, size);
    const names = namesOf(language, by, (key) => nameValue(language, key, answer.dimension));
    const named = rows.map((row) => ({ ...row, name: names(row.key) }));
    if (rest) named.push({ ...rest, rest: true, name: language.text("other") });
    const noun = createNouns(language, types).noun(type);
    const heading = capital(language, noun);
    this.node.classList.remove("views", "downloads");
    this.node.classList.add(toneOf(type));
    const title = nameDimension(language, by, answer.dimension);
    const { resource, from, to } = answer;
    this.list.downloads.update({
      ...{ title: `${title} · ${heading}`, of: resource, answer },
      tables: [
        { name: heading, path: `${type}-by`, params: { resource, breakdown: by, from, to } },
      ],
    });
    this.list.update({
      title: types.length < 2 ? `${title} · ${heading}` : title, // else the choice of types says which
      columns: [
        ...[title, heading],
        ...[language.text("uniqueOf", { noun }), language.text("share")],
      ],
      rows: named.map((row) => this.#buildRow(row, named)),
      window: writeSpan(language, answer),
      until: answer.counted_until,
    });
    this.donut.update(this.list.body, chart === "donut" ? named : []);
    return answer.total.count > 0;
  }

  #buildRow({ name, count, unique_count, part, rest }, rows) {
    const { language } = this.kit;
    const most = Math.max(...rows.map((row) => row.count), 1);
    return {
      ...{ name, rest, bar: count / most, number: language.number(count) },
      sides: [language.sessions(unique_count), language.percent(part)],
    };
  }
}

export const createView = (kit) => new Breakdown(kit);
const sheets = [controls, chart, list, styles];
export { sheets as styles };
