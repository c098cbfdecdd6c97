// The one file a page loads: it defines the elements. What only charts need is imported
// when the first such element is on the page; the counter needs nothing more.
import { counter } from "./counter/counter.js";
import { defineElement } from "./element.js";

export { addTexts } from "./words/texts.js";

let charts;
/** Load the file of all views but the counter's once, and give one; a failure is tried again. */
async function loadChart(name) {
  charts ??= import("./charts.js").catch((error) => {
    charts = undefined;
    throw error;
  });
  return (await charts)[name];
}

const ROW_REM = 1.875;
const FRAME_REM = 4.375; // the lines above and below
const DONUT_ABOVE = "clamp(0rem, (27.5rem - 100cqi) * 999, 10.5rem)";
const listRoom = (more) => (element) => {
  const rows = Math.min(parseInt(element.getAttribute("size")) || 10, 100) + more;
  const donut = element.getAttribute("chart") === "donut" ? ` + ${DONUT_ABOVE}` : "";
  return `calc(${rows * ROW_REM + FRAME_REM}rem${donut})`;
};

defineElement("stats-counter", async () => counter);
defineElement("stats-history", () => loadChart("history"), {
  reserve: () => "var(--stats-height, 20rem)",
});
defineElement("stats-map", () => loadChart("map"), {
  reserve: () => "calc(45.35cqi + 6.375rem)",
});
defineElement("stats-breakdown", () => loadChart("breakdown"), {
  reserve: listRoom(1), // a row for the others
});
defineElement("stats-top", () => loadChart("top"), { needs: [], reserve: listRoom(0) });
// What comes after a panel is out of sight until its parts, which know their room, are there.
defineElement("stats-panel", () => loadChart("panel"), { reserve: () => "100vh" });
