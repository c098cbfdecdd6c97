// What a type of event is called, coloured, and which types a kind of resource shows.
const DOWNLOAD = /download/;
const USUAL = ["record-view", "file-download"];
const OF_KIND = {
  file: ["file-download"],
  dataset: ["dataset-view", "file-download"],
  collection: ["collection-view", "file-download"],
};

/** Return the types to show: those asked for, or the usual ones of the resource's kind. */
export function typesOf({ resource, type }) {
  if (type) return type;
  return OF_KIND[resource.split(":")[0]] ?? USUAL;
}

/** Return the catalogue's key: `views` of any `*-view`, else the type itself. */
export function nounKey(type) {
  if (type.endsWith("-view")) return "views";
  return DOWNLOAD.test(type) ? "downloads" : type;
}

/** Write "views" or "Ausleihen"; a type without a text is its own name, with blanks. */
export function nounOf(language, type, n = 2) {
  return language.noun(nounKey(type), n).replaceAll("-", " ");
}

/** Return the colour class of a type. */
export const toneOf = (type) => (DOWNLOAD.test(type) ? "downloads" : "views");

/** Write the first letter large, as a heading or a table's column needs. */
export const capital = (language, text) =>
  text.charAt(0).toLocaleUpperCase(language.tag) + text.slice(1);
