// The strip of the history with Observable Plot; SVG.
import { areaY, plot } from "@observablehq/plot";

export function draw(root, rows, { width, height }) {
  root.append(plot({ width, height, marks: [areaY(rows, { x: "date", y: "count" })] }));
}
