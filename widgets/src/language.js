// In: a language tag and its texts. Out: functions that write texts, numbers and dates.
// Always: numbers and dates by Intl in that language; dates in UTC, as days are counted.
import { words } from "./words/en.js";

const UTC = { timeZone: "UTC" };
const DAY = { day: "numeric", month: "short", year: "numeric" };
const TIME = { ...DAY, hour: "numeric", minute: "2-digit", timeZoneName: "short" };

/**
 * Return the tag to write in: the one wanted, in the variety that the reader prefers (`en-GB`
 * of `en`), the reader's own when none is wanted, English when it cannot be read.
 */
export function parseTag(wanted, preferred) {
  try {
    const [tag] = Intl.getCanonicalLocales(wanted || preferred[0]);
    return preferred.find((one) => one.startsWith(`${tag}-`)) ?? tag ?? "en";
  } catch {
    return "en";
  }
}

/** Write a time in UTC, as days are counted, and in the reader's own zone where that differs. */
function writeTime(tag, moment) {
  const write = (zone) => new Intl.DateTimeFormat(tag, { ...TIME, ...zone }).format(moment);
  const [utc, own] = [write(UTC), write()];
  return own === utc ? utc : `${utc} (${own})`;
}

/** Make the writer for a tag that is read; `more` are texts beyond the basic English ones. */
export function createLanguage(tag, more) {
  const texts = { ...words, ...more };
  const plural = new Intl.PluralRules(tag);
  const formats = {};
  const numberFormat = (options) =>
    (formats[JSON.stringify(options)] ??= new Intl.NumberFormat(tag, options));
  const number = (n, options = {}) => numberFormat(options).format(n);
  const form = (text, n) => text.split("|").at(plural.select(n) === "one" ? 0 : -1);

  return {
    tag,
    text: (key, values = {}) =>
      (texts[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => values[name] ?? ""),
    form,
    noun: (key, n) => form(texts[key] ?? key, n),
    sessions: (n) => form(texts.unique, n).replace("{n}", number(n)),
    number,
    // Rounded only where a mark says so (2.94K, 1,23 Mio.): German has none for thousands.
    compact(n) {
      const short = numberFormat({ notation: "compact", maximumSignificantDigits: 3 });
      const marked = short.formatToParts(n).some(({ type }) => type === "compact");
      return marked ? short.format(n) : number(n);
    },
    percent: (part) => numberFormat({ style: "percent", maximumFractionDigits: 0 }).format(part),
    date: (day, options) =>
      new Intl.DateTimeFormat(tag, { ...UTC, ...options }).format(new Date(day)),
    range: (from, to, options) =>
      new Intl.DateTimeFormat(tag, { ...UTC, ...options }).formatRange(
        new Date(from),
        new Date(to),
      ),
    time: (moment) => writeTime(tag, new Date(moment)),
  };
}

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte", "petabyte"];

/** Write bytes in the unit that fits: 1.2 GB. */
export function writeBytes(language, bytes) {
  const step = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), UNITS.length - 1);
  const options = { style: "unit", unit: UNITS[step], maximumSignificantDigits: 3 };
  return language.number(bytes / 1000 ** step, options);
}
