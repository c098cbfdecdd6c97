// The legend of the map: a shade a class, and the least count of each.
import { classOf } from "./classes.js";

export function createLegend({ h, language }) {
  const node = h("div", { class: "legend", part: "legend", "aria-hidden": "true" });
  const createClass = (classes) => (least) =>
    h("span", { class: `c${classOf(classes, least)}` }, language.compact(least));
  return {
    node,
    update: (classes) => node.replaceChildren(...classes.map(createClass(classes))),
  };
}
