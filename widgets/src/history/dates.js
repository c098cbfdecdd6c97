// How a bucket's day is written, by interval, in the element's language. Pure.
const DAY = { day: "numeric", month: "short", year: "numeric" };

/** Write a bucket: "Tue, 12 May 2015", "Week of 11 May 2015", "May 2015", "Q2 2015", "2015". */
export function writeBucket(language, date, interval) {
  if (interval === "day") return language.date(date, { ...DAY, weekday: "short" });
  if (interval === "week") return language.text("week", { date: language.date(date, DAY) });
  if (interval === "month") return language.date(date, { month: "long", year: "numeric" });
  const year = language.date(date, { year: "numeric" });
  if (interval === "year") return year;
  return language.text("quarter", { n: Math.ceil(+date.slice(5, 7) / 3), year });
}
