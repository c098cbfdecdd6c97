// In: a language tag. Out: its texts, loaded once. Always: a language that is not there, or
// does not arrive, leaves the texts to English; what a page added goes before all.
const LANGUAGES = {
  de: () => import("./de.js"),
  es: () => import("./es.js"),
  fr: () => import("./fr.js"),
};
const loaded = {};
const added = {};

/** Let a page add a language, or change texts of one: `addTexts("it", {views: "vista|viste"})`. */
export function addTexts(language, texts) {
  added[language] = { ...added[language], ...texts };
}

/** Load the texts of a language. */
export async function loadTexts(tag) {
  const base = tag.split("-")[0];
  loaded[base] ??= LANGUAGES[base]?.().catch(() => (loaded[base] = undefined));
  const module = await loaded[base];
  return { ...module?.words, ...added[base], ...added[tag] };
}
