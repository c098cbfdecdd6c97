// The strip of the history with uPlot; canvas.
import uPlot from "uplot";

export function draw(root, rows, { width, height }) {
  const seconds = rows.map(({ date }) => date / 1000);
  const counts = rows.map(({ count }) => count);
  const bars = { paths: uPlot.paths.bars({ size: [0.66] }), fill: "steelblue" };
  new uPlot({ width, height, series: [{}, bars] }, [seconds, counts], root);
}
