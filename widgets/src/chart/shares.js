// What a breakdown's values are called, and the answer as rows. Pure.
const UNKNOWN_COUNTRY = "ZZ";
const NAMED = ["access_method", "access", "via"];

/** Every country is asked for, so that a map and a list of one page share one request. */
export const ALL_COUNTRIES = 300;

function countryNames({ tag }) {
  const names = new Intl.DisplayNames([tag], { type: "region", fallback: "code" });
  return (code) => (/^[A-Z]{2}$/.test(code) ? names.of(code) : code);
}

/** Return a function that writes a key of the breakdown `by`; `own` writes a host's own values. */
export function namesOf(language, by, own = (key) => key) {
  const country = countryNames(language);
  return (key) => {
    if (by === "country" && (key === UNKNOWN_COUNTRY || !key)) {
      return language.text("unknownCountry");
    }
    if (by === "country") return country(key);
    if (!key) return language.text(by === "referrer" ? "direct" : "none");
    if (key === "(other)") return language.text("other");
    return NAMED.includes(by) ? language.text(key) : own(key);
  };
}

const add = (a, b) => ({ count: a.count + b.count, unique_count: a.unique_count + b.unique_count });

/** Return at most `size` rows and the rest of them in one, with each one's part of the whole. */
export function readShares(answer, size) {
  const { buckets, other, total } = answer;
  const shown = buckets.slice(0, size);
  const rest = buckets.slice(size).reduce(add, other ?? { count: 0, unique_count: 0 });
  const part = (row) => ({ ...row, part: total.count ? row.count / total.count : 0 });
  return { rows: shown.map(part), rest: rest.count ? part({ ...rest, key: null }) : null };
}
