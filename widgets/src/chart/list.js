// A list with bars: a table whose first cells carry them. In: a title, the window in words, columns and rows
// {name, url?, rank?, bar (0..1), number, sides}. Out: nodes.
// Always: an address becomes a link only if it is one of the web.
import { createDownloads } from "./downloads.js";

function safeUrl(url) {
  try {
    const { protocol, href } = new URL(url, document.baseURI);
    return /^https?:$/.test(protocol) ? href : null;
  } catch {
    return null;
  }
}

function createName({ h }, { name, url, bar }) {
  const style = { "inline-size": `${(bar * 100).toFixed(2)}%` };
  const href = url && safeUrl(url);
  const text = h("bdi", {}, href ? h("a", { href, part: "link" }, name) : name);
  const cell = { class: "name", scope: "row", title: name };
  return h("th", cell, h("span", { class: "bar", part: "bar", style }), text);
}

function createRow(kit, row) {
  const { h } = kit;
  return h(
    "tr",
    { class: row.rest && "rest" },
    row.rank && h("td", { class: "rank" }, row.rank),
    createName(kit, row),
    h("td", { class: "number" }, h("bdi", {}, row.number)),
    ...row.sides.map((side, i) => h("td", { class: `side side-${i}` }, h("bdi", {}, side))),
  );
}

/** Make a list: `{node, body, update({title, columns, rows, until})}`. */
export function createList(kit, ...controls) {
  const { h, language } = kit;
  const title = h("bdi");
  const span = h("bdi", { class: "span", part: "window" });
  const body = h("div", { class: "list" });
  const until = h("span", { class: "until", part: "until" });
  const line = h("h2", { class: "readout", part: "title" }, title, " ", span);
  const head = h("div", { class: "head" }, line, ...controls);
  const downloads = createDownloads(kit, () => node);
  const node = h("div", { class: "view" }, head, body);
  node.append(h("div", { class: "foot" }, until, downloads.node));
  return {
    ...{ node, body, downloads },
    update({ title: text, window, columns, rows, until: moment }) {
      title.textContent = text;
      span.textContent = window;
      const heads = columns.map((column) => h("th", { scope: "col" }, column));
      const cells = rows.map((row) => createRow({ h }, row));
      const table = h("table", { part: "table", "aria-label": `${text}, ${window}` });
      table.append(h("thead", {}, h("tr", {}, ...heads)), h("tbody", {}, ...cells));
      body.replaceChildren(table);
      until.textContent = moment ? language.text("until", { time: language.time(moment) }) : "";
    },
  };
}
