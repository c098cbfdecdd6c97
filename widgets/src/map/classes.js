// Classes of a choropleth: counts differ by powers, so each class is some times the one before.
const CLASSES = 5;

/** Cut off to two digits: 837 to 830. */
function roundDown(n) {
  const unit = 10 ** Math.max(Math.floor(Math.log10(n)) - 1, 0);
  return Math.floor(n / unit) * unit;
}

/** Return the least count of each class, increasing, from the least of all counts. */
export function buildClasses(counts) {
  if (!counts.length) return [];
  const least = Math.min(...counts);
  const ratio = Math.max(...counts) / least;
  const steps = Array.from({ length: CLASSES }, (_, i) => least * ratio ** (i / CLASSES));
  return [...new Set(steps.map(roundDown))];
}

/** Return the class of a count, 0 for none, `shades` for the highest. */
export function classOf(classes, count) {
  const rank = classes.filter((least) => count >= least).length;
  return rank && CLASSES - classes.length + rank;
}
