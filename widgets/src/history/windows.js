// Windows of time: days as YYYY-MM-DD, inclusive, UTC. Pure.
const DAY_MS = 86_400_000;
const MONTHS = { month: 1, quarter: 3, year: 12 };

/** Return the day `n` days after `day`. */
export function addDays(day, n) {
  return new Date(Date.parse(day) + n * DAY_MS).toISOString().slice(0, 10);
}

/** Return the day `n` months after; the 31st of a shorter month is its last day. */
export function addMonths(day, n) {
  const [year, month, date] = day.split("-").map(Number);
  const last = new Date(Date.UTC(year, month + n, 0)).getUTCDate();
  return new Date(Date.UTC(year, month - 1 + n, Math.min(date, last))).toISOString().slice(0, 10);
}

/** Return the first day of the quarter, year... that `day` is in. */
function startOf(day, interval) {
  const [year, month] = day.split("-").map(Number);
  if (interval === "year") return `${year}-01-01`;
  if (interval === "quarter") {
    return `${year}-${String(month - ((month - 1) % 3)).padStart(2, "0")}-01`;
  }
  return interval === "month" ? `${day.slice(0, 8)}01` : day;
}

const PRESETS = [
  { n: 30, unit: "day", interval: "day", from: (to) => addDays(to, -29) },
  { n: 6, unit: "month", interval: "week", from: (to) => addDays(addMonths(to, -6), 1) },
  { n: 1, unit: "year", interval: "month", from: (to) => addMonths(startOf(to, "month"), -11) },
  { n: 5, unit: "year", interval: "quarter", from: (to) => addMonths(startOf(to, "quarter"), -57) },
];

/** Return the windows that the buttons offer, ending on day `to`. */
export function buildPresets(to) {
  return PRESETS.map((preset) => ({ ...preset, from: preset.from(to), to }));
}

/** Return the finest interval that shows a window in few enough buckets to read. */
export function chooseInterval(from, to) {
  const days = (Date.parse(to) - Date.parse(from)) / DAY_MS + 1;
  if (days <= 92) return "day";
  if (days <= 400) return "week";
  return days <= 2200 ? "month" : "quarter";
}

/** Return the window of the buckets `first` to `last` of an answer. */
export function windowOf({ buckets, from, to }, first, last) {
  const next = buckets[last + 1]?.date;
  const start = buckets[first].date;
  const window = { from: start < from ? from : start, to: next ? addDays(next, -1) : to };
  return { ...window, interval: chooseInterval(window.from, window.to) };
}

const lastDay = ({ buckets, to }, i) => (buckets[i + 1] ? addDays(buckets[i + 1].date, -1) : to);

/** Return the last day of the whole bucket that begins on `start`. */
function endOf(start, interval) {
  if (interval === "day") return start;
  return addDays(interval === "week" ? addDays(start, 7) : addMonths(start, MONTHS[interval]), -1);
}

/**
 * Say of each bucket what a reader must know: "early" before anything was counted, "partial"
 * where the window or what is counted so far leaves days out, "" where it is whole.
 */
export function statesOf(answer) {
  const { buckets, from, interval, since, counted_until: counted } = answer;
  const lastWhole = counted ? addDays(counted.slice(0, 10), -1) : "";
  return buckets.map(({ date }, i) => {
    const last = lastDay(answer, i);
    if (since === null || last < since) return "early";
    const whole = date >= from && last === endOf(date, interval) && last <= lastWhole;
    return whole ? "" : "partial";
  });
}

/** Sum the buckets `first` to `last`. */
export function sumOf(buckets, first, last) {
  const sum = { count: 0, unique_count: 0 };
  for (const { count, unique_count } of buckets.slice(first, last + 1)) {
    sum.count += count;
    sum.unique_count += unique_count;
  }
  return sum;
}

/** Return the parameters of a request: without from and to, the service chooses them. */
export function buildWindow({ from, to, interval }) {
  if (!from || interval) return { from, to, interval };
  return { from, to, interval: chooseInterval(from, to ?? addDays(new Date().toJSON(), 0)) };
}
