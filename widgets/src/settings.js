// In: an element's attributes, as text. Out: typed settings, the same for every element.
// Always: a value that cannot be right raises Problem("attribute", name) before any request.
import { Problem } from "./problem.js";

export const ATTRIBUTES =
  "resource type interval from to by kind within metric size chart show links api token lang".split(
    " ",
  );

export const INTERVALS = ["day", "week", "month", "quarter", "year"];
const SHOWN = ["views", "downloads", "volume"];
const METRICS = [...SHOWN, "unique_views", "unique_downloads"];
const MOST_ROWS = 100;

// eslint-disable-next-line no-control-regex -- a ref has no control characters
const REF = /^[a-z][a-z0-9-]*:[^\x00-\x1f\x7f]{1,256}$/;
const NAME = /^[a-z][a-z0-9_+-]*$/;
const PLACE = /\{ref\}/; // an address with a place for a ref
const DAY = /^\d{4}-\d\d-\d\d$/;

const among = (names) => (text) => names.includes(text) && text;
const matching = (pattern) => (text) => pattern.test(text) && text;
const parseList = (one) => (text) => {
  const parts = text.split(/[\s,]+/).filter(Boolean);
  return parts.length > 0 && parts.every(one) && parts;
};
const parseDay = (text) => DAY.test(text) && new Date(text).toJSON()?.slice(0, 10) === text && text;
const parseSize = (text) => /^\d+$/.test(text) && +text >= 1 && +text <= MOST_ROWS && +text;

const PARSERS = {
  resource: matching(REF),
  within: matching(REF),
  type: parseList(matching(NAME)),
  interval: among(INTERVALS),
  from: parseDay,
  to: parseDay,
  by: matching(NAME),
  kind: matching(NAME),
  metric: among(METRICS),
  size: parseSize,
  chart: among(["bars", "area", "donut"]),
  show: parseList(among(SHOWN)),
  links: matching(PLACE),
};

/** Parse what `get(name)` gives; `needs` are the attributes that must be there. */
export function parseSettings(get, needs = []) {
  const settings = {};
  for (const [name, parse] of Object.entries(PARSERS)) {
    const text = get(name)?.trim();
    if (text) settings[name] = parse(text);
    if (settings[name] === false || (!text && needs.includes(name))) {
      throw new Problem("attribute", name);
    }
  }
  if (settings.from > settings.to) throw new Problem("attribute", "to");
  return settings;
}

/** Return the service that an element asks: `{api, token}`, the address without end slash. */
export function parseService(get, home) {
  const api = get("api")?.trim() || home;
  return { api: api.replace(/\/+$/, ""), token: get("token")?.trim() ?? "" };
}
