// The strip of the history with d3 modules: scale, bars, axis labels; SVG.
import { max, nice, ticks } from "d3-array";
import { area } from "d3-shape";
import { utcTicks } from "d3-time";

export function draw(root, rows, { width, height }) {
  const top = nice(
    0,
    max(rows, ({ count }) => count),
    3,
  )[1];
  const step = width / rows.length;
  const y = (n) => height - (n / top) * height;
  const path = area(
    (row, i) => i * step,
    height,
    ({ count }) => y(count),
  );
  const lines = ticks(0, top, 3).map((n) => `<line x2="${width}" y1="${y(n)}" y2="${y(n)}"/>`);
  const days = utcTicks(rows[0].date, rows.at(-1).date, 6);
  const labels = days.map((day, i) => `<text x="${(i * width) / 6}">${day.getUTCDate()}</text>`);
  root.innerHTML = `<svg width="${width}" height="${height}">${lines}<path d="${path(rows)}"/>${labels}</svg>`;
}
