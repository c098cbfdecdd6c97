// One metric of totals in words. Pure, but for the tools it is given.

/** Write one metric: `{short, noun, long}`, as "1.2K", "views", "1,234 views in 1,020 sessions". */
export function writeMetric({ language, writeBytes }, totals, metric) {
  const n = totals[metric] ?? 0;
  const volume = metric === "volume" && writeBytes(language, n);
  const noun = language.noun(metric, n);
  const unique = totals[`unique_${metric}`];
  const more = unique == null ? "" : ` ${language.sessions(unique)}`;
  const bytes = { style: "unit", unit: "byte", unitDisplay: "long" };
  const exact = n < 1000 ? "" : ` (${language.number(n, bytes)})`;
  const long = `${volume ? volume + exact : language.number(n)} ${noun}${more}`;
  return { short: volume || language.compact(n), noun, long };
}
