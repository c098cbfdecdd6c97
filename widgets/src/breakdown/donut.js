// The donut beside a breakdown's list, which is its legend: the first slices are darkest.
import { arc, pie } from "d3-shape";

const SIZE = 160;
const shade = (i, n) => `${Math.round(100 - (i / Math.max(n, 1)) * 78)}%`;

function createSlices({ s }, rows) {
  const slices = pie()
    .sort(null)
    .value(({ count }) => count)(rows);
  const path = arc()
    .innerRadius(SIZE * 0.3)
    .outerRadius(SIZE * 0.48)
    .padAngle(0.04);
  return slices.map((slice, i) =>
    s("path", { class: "slice", d: path(slice), style: { "--_shade": shade(i, rows.length) } }),
  );
}

/** Make a donut: `update(body, rows)` puts it into the list, or takes it away for no rows. */
export function createDonut(kit) {
  const half = SIZE / 2;
  const svg = kit.s("svg", { class: "donut", viewBox: `${-half} ${-half} ${SIZE} ${SIZE}` });
  svg.setAttribute("aria-hidden", "true");
  return {
    update(body, rows) {
      svg.replaceChildren(...createSlices(kit, rows));
      body.classList.toggle("round", rows.length > 0);
      [...body.querySelectorAll(".bar")].forEach((bar, i) => {
        bar.style.setProperty("--_shade", shade(i, rows.length));
      });
      if (rows.length) body.prepend(svg);
    },
  };
}
