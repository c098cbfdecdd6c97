// <stats-counter>: views and downloads in short numbers; the exact and the unique ones in a
// tip, on hover, focus and touch. In: totals of a ref. Out: a button that carries the tip.
import styles from "./counter.css";
import { writeMetric } from "./metric.js";
import { createTip } from "./tip.js";

const USUAL = ["views", "downloads"];

function createItem({ h, icon, language }, metric) {
  const value = h("bdi", { class: "value", part: "value" }, "–");
  const label = h("bdi", { class: "label", part: "label" }, language.noun(metric, 2));
  const pair = h("span", { class: "pair" }, icon(metric), value);
  return { value, label, node: h("span", { class: `item ${metric}` }, pair, label) };
}

class Counter {
  #items = {};

  constructor(kit) {
    this.kit = kit;
    this.node = kit.h("button", { type: "button", class: "view", part: "counter" });
    this.tip = createTip(kit, this.node);
    this.#fill(USUAL);
  }

  load({ resource, show = USUAL }) {
    this.#fill(show);
    return this.kit.totals(resource);
  }

  update(totals, { show = USUAL }) {
    const { h, language } = this.kit;
    const lines = show.map((metric) => {
      const { short, noun, long } = writeMetric(this.kit, totals, metric);
      this.#items[metric].value.textContent = short;
      this.#items[metric].label.textContent = noun;
      return long;
    });
    const time = totals.counted_until && language.time(totals.counted_until);
    const until = time && h("small", {}, language.text("until", { time }));
    this.node.ariaLabel = null;
    this.tip.fill([...lines.map((line) => h("div", {}, line)), until]);
    return true;
  }

  fail(message) {
    this.node.ariaLabel = message;
    this.tip.fill([message]);
    for (const { value } of Object.values(this.#items)) value.textContent = "–";
  }

  stop() {
    this.tip.remove();
  }

  #fill(metrics) {
    if (metrics.join() === Object.keys(this.#items).join()) return;
    this.#items = Object.fromEntries(metrics.map((name) => [name, createItem(this.kit, name)]));
    this.node.replaceChildren(...Object.values(this.#items).map(({ node }) => node));
  }
}

/** As a module of a view, without being loaded apart. */
export const counter = { createView: (kit) => new Counter(kit), styles: [styles] };
