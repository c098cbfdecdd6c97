// What a type of event is called and coloured.
import { nameKind } from "./kinds.js";

const DOWNLOAD = /download/;
const DOING = /-(view|download)$/;

/** Return the key of its text: `views` of any `*-view`, else the type itself. */
export function nounKey(type) {
  if (type.endsWith("-view")) return "views";
  return DOWNLOAD.test(type) ? "downloads" : type;
}

/** Write "views" or "Ausleihen"; a type without a text is its own name, with blanks. */
export function nounOf(language, type, n = 2) {
  return language.noun(nounKey(type), n).replaceAll("-", " ");
}

/**
 * Make the writer of types that are shown together, `{noun(type, n), of(type)}`: those that would
 * be called the same have their kinds behind: "downloads (Dataset)".
 */
export function createNouns(language, types) {
  const isAlone = (type) => types.filter((one) => nounKey(one) === nounKey(type)).length < 2;
  const of = (type) =>
    isAlone(type) ? "" : ` (${nameKind(language, type.replace(DOING, ""), 1)})`;
  return { of, noun: (type, n) => nounOf(language, type, n) + of(type) };
}

/** Return the colour class of a type. */
export const toneOf = (type) => (DOWNLOAD.test(type) ? "downloads" : "views");

/** Write the first letter large, as a heading or a table's column needs. */
export const capital = (language, text) =>
  text.charAt(0).toLocaleUpperCase(language.tag) + text.slice(1);
