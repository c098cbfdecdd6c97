// Where things go: pixels from numbers. Pure; the drawing is in plot.js.
import { bisectRight, max, ticks } from "d3-array";
import { utcTicks } from "d3-time";

const NARROWEST_BAR = 4;
const LINE_ROOM = 40;
const LABEL_ROOM = 72;
const CHARACTER = 6.6;
const LABEL_GAP = 8;
const DAY_MS = 86_400_000;

/** Return whole numbers up to `most`, about `n`, and two at least: one says nothing of a scale. */
function chooseTicks(most, n) {
  const lines = ticks(0, most, n).filter((line) => line > 0 && Number.isInteger(line));
  return lines.length > 1 || most < 2 ? lines : chooseTicks(most, n + 1);
}

/** Return a scale that the highest count fills, and its ticks, never fewer than whole numbers. */
export function buildScale(counts, height) {
  const most = Math.max(max(counts) ?? 0, 1);
  const room = Math.min(Math.round(height / LINE_ROOM), 4);
  const lines = chooseTicks(most, Math.max(room, 2));
  return { lines: room > 1 ? lines : lines.slice(-1), y: (n) => height - (n / most) * height };
}

/** Return the room that the longest label of the scale takes. */
export function gutterOf(labels) {
  return Math.ceil((max(labels, (label) => label.length) ?? 1) * CHARACTER) + 8;
}

/** Return the columns: `{left(i), centre(i), indexAt(px), step, bars}`. */
export function buildColumns(n, { width, gutter, rtl }) {
  const room = Math.max(width - gutter, 1);
  const step = room / Math.max(n, 1);
  const left = (i) => (rtl ? room - (i + 1) * step : gutter + i * step);
  const indexAt = (px) => Math.floor(rtl ? (room - px) / step : (px - gutter) / step);
  return {
    ...{ n, width, gutter, rtl, step, left, bars: step >= NARROWEST_BAR },
    centre: (i) => left(i) + step / 2,
    indexAt: (px) => Math.min(Math.max(indexAt(px), 0), n - 1),
    barWidth: Math.max(1, Math.min(step * 0.66, step - 1, 28)),
  };
}

function formatOf(dates) {
  const apart = dates.length > 1 ? (dates[1] - dates[0]) / DAY_MS : 0;
  if (apart > 300) return () => ({ year: "numeric" });
  if (apart < 27) return () => ({ day: "numeric", month: "short" });
  return (date) => (date.getUTCMonth() ? { month: "short" } : { year: "numeric" });
}

/** Return the labels below: `[{index, day, options}]`, as many as there is room for. */
export function buildLabels(buckets, { width, gutter }) {
  if (!buckets.length) return [];
  const days = buckets.map(({ date }) => Date.parse(date));
  const count = Math.max(1, Math.min(Math.floor((width - gutter) / LABEL_ROOM), 8, buckets.length));
  const dates = utcTicks(new Date(days[0]), new Date(days.at(-1) + 1), count).filter(
    (date) => date % DAY_MS === 0,
  );
  const format = formatOf(dates);
  return (dates.length ? dates : [new Date(days[0])]).map((date) => ({
    index: Math.max(bisectRight(days, +date) - 1, 0),
    day: +date,
    options: format(date),
  }));
}

/** Return the least n of which it holds that, of every nth label, none meets the next. */
export function chooseEvery(centres, widths) {
  const meets = (i, j) =>
    j < centres.length &&
    Math.abs(centres[j] - centres[i]) < (widths[i] + widths[j]) / 2 + LABEL_GAP;
  const fits = (n) => !centres.some((_, i) => i % n === 0 && meets(i, i + n));
  let n = 1;
  while (!fits(n)) n++;
  return n;
}
