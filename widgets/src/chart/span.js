// The window of an answer in words, which every element says. Pure.
const DAY = { day: "numeric", month: "short", year: "numeric" };

/** Write a window of days: "1 – 30 May 2015", "since 1 May 2015", "all time". */
export function writeSpan(language, { from, to }) {
  if (from && to) return language.range(from, to, DAY);
  if (from) return language.text("since", { date: language.date(from, DAY) });
  if (to) return language.text("upTo", { date: language.date(to, DAY) });
  return language.text("allTime");
}
