// The head of a panel: views, downloads and bytes, large, with their sessions below.
const METRICS = ["views", "downloads", "volume"];

const nameTile = (language, metric, n) =>
  `${language.noun(metric, n)}, ${language.text("allTime")}`;

function createTile({ h, icon, language }, metric) {
  const value = h("bdi", {}, "–");
  const noun = h("bdi", {}, nameTile(language, metric, 0)); // takes its room before numbers come
  const more = h("bdi");
  const label = h("div", { class: "label", part: "label" }, icon(metric), noun);
  const large = h("div", { class: "value", part: "value" }, value);
  const small = h("div", { class: "more" }, more);
  return {
    ...{ value, noun, more },
    node: h("div", { class: `tile ${metric}` }, label, large, small),
  };
}

/** Make the tiles: `{node, update(totals)}`. */
export function createTiles(kit) {
  const { h, language, writeBytes } = kit;
  const tiles = METRICS.map((metric) => [metric, createTile(kit, metric)]);
  const node = h("div", { class: "tiles", part: "numbers" }, ...tiles.map(([, tile]) => tile.node));
  return {
    node,
    update(totals) {
      for (const [metric, { value, noun, more }] of tiles) {
        const n = totals[metric] ?? 0;
        const unique = totals[`unique_${metric}`];
        value.textContent = metric === "volume" ? writeBytes(language, n) : language.number(n);
        noun.textContent = nameTile(language, metric, n);
        more.textContent = unique == null ? "" : language.sessions(unique);
      }
    },
  };
}
