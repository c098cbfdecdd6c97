// The frame of a chart: a read-out and controls above, the plot, "counted until" below, and
// the same numbers as a table: for screen readers always, on the page by a button.
// Always: the table takes the plot's place, so nothing moves.
import { createDownloads } from "./downloads.js";
import { capital } from "./series.js";

function createRow({ h }, tag, cells) {
  return h(
    "tr",
    {},
    cells.map((cell, i) => {
      if (tag === "th") return h("th", { scope: "col" }, cell);
      return i ? h("td", {}, cell) : h("th", { scope: "row" }, cell);
    }),
  );
}

/** Make a table; the first cell of a row is its head. */
export function createTable(kit, { caption, columns, rows }) {
  const heads = columns.map((column) => capital(kit.language, column));
  return kit.h(
    "table",
    { part: "table" },
    kit.h("caption", {}, caption),
    kit.h("thead", {}, createRow(kit, "th", heads)),
    kit.h("tbody", {}, ...rows.map((row) => createRow(kit, "td", row))),
  );
}

function createSwitch({ h, language }, shelf, plot) {
  const toggle = h("button", { type: "button", part: "button", "aria-pressed": "false" });
  toggle.textContent = language.text("table");
  toggle.addEventListener("click", () => {
    const shown = shelf.classList.toggle("hidden") === false;
    plot.classList.toggle("covered", shown);
    toggle.ariaPressed = shown;
    shelf.tabIndex = shown ? 0 : -1;
  });
  return toggle;
}

/** Make the frame of one chart. */
export function createFrame(kit, ...controls) {
  const { h, language } = kit;
  const heading = h("h2", { class: "hidden" });
  const readout = h("bdi");
  const plot = h("div", { class: "plot", part: "plot" });
  const shelf = h("div", { class: "shelf hidden", role: "region", tabindex: "-1" });
  const until = h("span", { class: "until", part: "until" });
  const downloads = createDownloads(kit, () => node);
  const buttons = h("div", { class: "buttons" }, downloads.node, createSwitch(kit, shelf, plot));
  const foot = h("div", { class: "foot" }, until, buttons);
  const line = h("div", { class: "readout", part: "readout" }, readout);
  const head = h("div", { class: "head" }, line, ...controls);
  const body = h("div", { class: "body" }, plot, shelf);
  const node = h("div", { class: "view" }, heading, head, body, foot);
  return {
    ...{ node, readout, plot, foot, downloads },
    setTable(content) {
      heading.textContent = content.caption;
      shelf.setAttribute("aria-label", content.caption);
      shelf.replaceChildren(createTable(kit, content));
    },
    setUntil(moment) {
      until.textContent = moment ? language.text("until", { time: language.time(moment) }) : "";
    },
  };
}
