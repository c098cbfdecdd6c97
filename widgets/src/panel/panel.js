// <stats-panel>: all of a resource for its landing page, made of the other elements, which
// ask for their own numbers. In: a resource. Out: a grid; choosing a range in the history
// sets the window of the others. What is wrong with the whole is said once: the parts are not
// shown then, nor where nothing was ever counted.
import { rankedIn } from "../chart/kinds.js";
import { writeSpan } from "../chart/span.js";
import controls from "../styles/controls.css";
import styles from "./panel.css";
import { createTiles } from "./tiles.js";

const ROWS = "6";
const METHODS = "2";
const ROWS_BESIDE_MAP = "9";

function buildParts({ resource, from, to, interval, type, links }) {
  const ranked = rankedIn(resource);
  const common = { resource, from, to, type: type?.join(" ") };
  const parts = [
    ["stats-history", { ...common, interval }],
    ["stats-map", common],
    ["stats-breakdown", { ...common, by: "country", size: ROWS_BESIDE_MAP }],
    ["stats-breakdown", { ...common, by: "referrer", size: ROWS }],
  ];
  const within = resource === "site:all" ? undefined : resource;
  const top = (of) => [
    "stats-top",
    { kind: of, within, metric: "downloads", from, to, size: ROWS, links },
  ];
  if (ranked) parts.push(top(ranked));
  else parts.push(["stats-breakdown", { ...common, by: "access_method", size: METHODS }]);
  return parts;
}

class Panel {
  constructor(kit) {
    this.kit = kit;
    this.tiles = createTiles(kit);
    this.status = kit.h("div", { class: "hidden", role: "status" });
    this.counting = kit.h("p", { class: "counting", part: "counting" });
    this.node = kit.h("div", { class: "view" }, this.tiles.node);
    this.node.addEventListener("stats-window", ({ detail }) => this.#follow(detail));
  }

  load(settings) {
    this.#fill(settings);
    return this.kit.totals(settings.resource);
  }

  update(totals) {
    this.tiles.update(totals);
    const counted = Object.values(totals.events).some((n) => n > 0);
    if (!counted) this.node.replaceChildren(this.tiles.node);
    return counted;
  }

  #fill(settings) {
    const inherited = [...this.kit.attributes(), ["lang", this.kit.language.tag]];
    const create = ([name, attributes]) =>
      this.kit.h(name, { part: name.slice(6), ...Object.fromEntries(inherited), ...attributes });
    this.settings = settings;
    this.parts = buildParts(settings).map(create);
    this.#explain();
    this.node.replaceChildren(this.tiles.node, ...this.parts, this.counting, this.status);
  }

  /** Say what the numbers hold, and lead to how they are counted. */
  #explain() {
    const { h, language, page } = this.kit;
    const link = h("a", { href: page("counting"), part: "link" }, language.text("counting"));
    this.counting.replaceChildren(language.text("counted"), " ", link);
  }

  /** Set the window of the parts, and tell the page, which sees no event from within. */
  #follow(window) {
    for (const part of this.parts.slice(1)) {
      for (const name of ["from", "to"]) {
        const day = window[name] ?? this.settings[name];
        if (day) part.setAttribute(name, day);
        else part.removeAttribute(name);
      }
    }
    this.status.textContent = writeSpan(this.kit.language, { ...this.settings, ...window });
    const event = new CustomEvent("stats-window", { bubbles: true, detail: window });
    this.kit.host.dispatchEvent(event);
  }
}

export const createView = (kit) => new Panel(kit);
const sheets = [controls, styles];
export { sheets as styles };
