// <stats-top>: what is used most. In: the ranking, as the service answers. Out: a list of
// links with bars.
import { USUAL } from "../catalogue.js";
import chart from "../chart/chart.css";
import { nameKind } from "../chart/kinds.js";
import list from "../chart/list.css";
import { createList } from "../chart/list.js";
import { capital } from "../chart/series.js";
import { writeSpan } from "../chart/span.js";
import controls from "../styles/controls.css";

const SIZE = 10;
const writeRef = (ref) => encodeURIComponent(ref).replaceAll("%3A", ":");
const NOUNS = { views: "views", unique_views: "views", volume: "volume" };

class Top {
  constructor(kit) {
    this.kit = kit;
    this.list = createList(kit);
    this.node = this.list.node;
  }

  load({ kind = USUAL, within, metric = "downloads", from, to, size = SIZE }) {
    return this.kit.get("top", { kind, within, metric, from, to, size });
  }

  update(answer, { kind = USUAL, metric = "downloads", links }) {
    const { language } = this.kit;
    const { buckets } = answer;
    const noun = language.noun(NOUNS[metric] ?? "downloads", 2);
    const unique = metric.startsWith("unique");
    const name = unique ? language.text("uniqueOf", { noun }) : capital(language, noun);
    const most = Math.max(...buckets.map(({ value }) => value), 1);
    this.node.classList.remove("views", "downloads");
    this.node.classList.add(NOUNS[metric] === "views" ? "views" : "downloads");
    const title = `${nameKind(language, kind)} · ${name}`;
    const { within, from, to } = answer;
    this.list.downloads.update({
      ...{ title, of: within, answer },
      tables: [{ name, path: "top", params: { kind, within, metric, from, to } }],
    });
    this.list.update({
      title,
      columns: [language.text("rank"), nameKind(language, kind, 1), name],
      rows: buckets.map((row, i) => this.#buildRow(row, { i, most, metric, links })),
      window: writeSpan(language, answer),
      until: answer.counted_until,
    });
    return buckets.length > 0;
  }

  #buildRow({ resource, title, url, value }, { i, most, metric, links }) {
    const { language, writeBytes } = this.kit;
    const number = metric === "volume" ? writeBytes(language, value) : language.number(value);
    const rank = language.number(i + 1);
    const own = links?.replace("{ref}", () => writeRef(resource));
    return { rank, name: title || resource, url: own ?? url, bar: value / most, number, sides: [] };
  }
}

export const createView = (kit) => new Top(kit);
const sheets = [controls, chart, list];
export { sheets as styles };
