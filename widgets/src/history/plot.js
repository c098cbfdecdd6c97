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

function createBars({ s }, { values, states, name }, { y }, { barWidth, centre }) {
  const floor = y(0);
  const bar = (n, i) => buildBar(centre(i) - barWidth / 2, barWidth, floor, floor - y(n));
  const draw = (state) =>
    values.map((n, i) => (n > 0 && states[i] === state ? bar(n, i) : "")).join("");
  return [
    s("path", { class: name, d: draw("") }),
    s("path", { class: `${name} partial`, d: draw("partial") }),
  ];
}

/** Return the runs of whole and of partial buckets, each with the bucket that it goes on from. */
export function runsOf(states) {
  const runs = [];
  states.forEach((state, i) => {
    if (state === "early") return;
    if (runs.at(-1)?.state === state) runs.at(-1).last = i;
    else runs.push({ state, first: runs.length ? i - 1 : i, last: i });
  });
  return runs;
}

function createArea({ s }, { values, states, name }, { y }, { centre }) {
  const shape = area()
    .curve(curveMonotoneX)
    .x((i) => centre(i))
    .y0(y(0))
    .y1((i) => y(values[i]));
  return runsOf(states).map(({ state, first, last }) =>
    s("path", { class: `${name} ${state}`, d: shape(range(first, last + 1)) }),
  );
}

/** Cover the time before anything was counted: nothing is known of it, which is no zero. */
function createEarly({ s }, states, { y }, { left, step, rtl }) {
  const n = states.findLastIndex((state) => state === "early") + 1;
  if (!n) return [];
  const x = rtl ? left(n - 1) : left(0);
  return [s("rect", { class: "early", x, y: 0, width: n * step, height: y(0) })];
}

/** The hatching of what is not over, in the strip's tone. */
function createHatch({ s }) {
  const line = s("path", { class: "hatch", d: "M-1 1l2-2M0 6l6-6M5 7l2-2" });
  const size = { width: 6, height: 6, patternUnits: "userSpaceOnUse" };
  return s("defs", {}, s("pattern", { id: "hatch", ...size }, line));
}

/** Let what is drawn shrink with its place, as on paper, where nothing is drawn anew. */
function fit(svg, width, height) {
  svg.setAttribute("viewBox", `0 0 ${Math.max(width, 1)} ${Math.max(height, 1)}`);
  svg.setAttribute("preserveAspectRatio", "xMinYMax meet");
}

/** Draw a strip into `svg`. */
export function drawStrip(kit, svg, { buckets, states, scale, columns, chart }) {
  const bars = chart ? chart === "bars" : columns.bars;
  const create = bars ? createBars : createArea;
  const all = buckets.map(({ count }) => count);
  const unique = buckets.map(({ unique_count }) => unique_count);
  fit(svg, columns.width, scale.y(0));
  svg.replaceChildren(
    createHatch(kit),
    ...createEarly(kit, states, scale, columns),
    ...createGrid(kit, scale, columns),
    ...create(kit, { values: all, states, name: "all" }, scale, columns),
    ...create(kit, { values: unique, states, name: "unique" }, scale, columns),
  );
}

/** Draw the labels below, kept inside the plot; every second or third where all would meet. */
export function drawLabels({ s, language }, svg, labels, columns) {
  const nodes = labels.map(({ day, options }) =>
    s("text", { y: 14, class: "day" }, language.date(day, options)),
  );
  fit(svg, columns.width, svg.clientHeight);
  svg.replaceChildren(...nodes);
  const widths = nodes.map((node) => node.getComputedTextLength());
  const centres = labels.map(({ index }, i) => {
    const half = widths[i] / 2;
    return Math.min(Math.max(columns.centre(index), half), columns.width - half);
  });
  const every = chooseEvery(centres, widths);
  nodes.forEach((node, i) => (i % every ? node.remove() : node.setAttribute("x", centres[i])));
}
