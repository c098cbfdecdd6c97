// One strip of the history: gridlines, a column a bucket (all, and in them the unique ones),
// or areas where columns would be too thin. In: buckets and columns. Out: SVG nodes.
import { range } from "d3-array";
import { area, curveMonotoneX } from "d3-shape";
import { chooseEvery } from "./layout.js";

function createGrid({ s, language }, { lines, y }, { width, gutter, rtl }) {
  const [from, to] = rtl ? [0, width - gutter] : [gutter, width];
  const x = rtl ? width - gutter + 6 : gutter - 6;
  const line = (at, name) => s("line", { class: name, x1: from, x2: to, y1: at, y2: at });
  const label = (n) => s("text", { x, y: y(n) + 4, class: "scale" }, language.compact(n));
  return [...lines.flatMap((n) => [line(y(n), "grid"), label(n)]), line(y(0), "floor")];
}

/** Return the outline of a bar with round upper corners; even one count can be seen. */
function buildBar(x, width, floor, height) {
  const tall = Math.max(height, 1);
  const r = Math.min(2, width / 4, tall);
  const arc = (dy) => `a${r} ${r} 0 0 1 ${r} ${dy}`;
  return `M${x} ${floor}v${r - tall}${arc(-r)}h${width - 2 * r}${arc(r)}v${tall - r}z`;
}

function createBars({ s }, values, { y }, columns, name) {
  const { barWidth, centre } = columns;
  const floor = y(0);
  const draw = (n, i) => n > 0 && buildBar(centre(i) - barWidth / 2, barWidth, floor, floor - y(n));
  return [s("path", { class: name, d: values.map(draw).filter(Boolean).join("") })];
}

function createArea({ s }, values, { y }, columns, name) {
  const shape = area()
    .curve(curveMonotoneX)
    .x((i) => columns.centre(i))
    .y0(y(0))
    .y1((i) => y(values[i]));
  return [s("path", { class: name, d: shape(range(values.length)) })];
}

/** Draw a strip into `svg`. */
export function drawStrip(kit, svg, { buckets, scale, columns, chart }) {
  const bars = chart ? chart === "bars" : columns.bars;
  const create = bars ? createBars : createArea;
  const all = buckets.map(({ count }) => count);
  const unique = buckets.map(({ unique_count }) => unique_count);
  svg.replaceChildren(
    ...createGrid(kit, scale, columns),
    ...create(kit, all, scale, columns, "all"),
    ...create(kit, unique, scale, columns, "unique"),
  );
}

/** Draw the labels below, kept inside the plot; every second or third where all would meet. */
export function drawLabels({ s, language }, svg, labels, columns) {
  const nodes = labels.map(({ day, options }) =>
    s("text", { y: 14, class: "day" }, language.date(day, options)),
  );
  svg.replaceChildren(...nodes);
  const widths = nodes.map((node) => node.getComputedTextLength());
  const centres = labels.map(({ index }, i) => {
    const half = widths[i] / 2;
    return Math.min(Math.max(columns.centre(index), half), columns.width - half);
  });
  const every = chooseEvery(centres, widths);
  nodes.forEach((node, i) => (i % every ? node.remove() : node.setAttribute("x", centres[i])));
}
