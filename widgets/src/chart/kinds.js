// What elements know of kinds and dimensions: what the package declares, and the defaults of a
// host's own. In: refs and names. Out: event types, what is ranked, and what they are called.
import { DIMENSIONS, KINDS, USUAL } from "../catalogue.js";

const UNDECLARED = { types: [], container: true, ranks: null, labels: {} };
const find = (table, name, otherwise) => (Object.hasOwn(table, name) ? table[name] : otherwise);
const kindOf = (resource) => find(KINDS, resource.split(":")[0], UNDECLARED);

/** Return the types to show: those asked for, those of the resource's kind, or the usual ones. */
export function typesOf({ resource, type }) {
  if (type) return type;
  const { types } = kindOf(resource);
  return types.length ? types : KINDS[USUAL].types;
}

/** Return the kind that the page of a resource ranks: a container's is the usual one, or null. */
export function rankedIn(resource) {
  const { ranks, container } = kindOf(resource);
  return ranks ?? (container ? USUAL : null);
}

/** Write a label: the page's own text under `key`, that of the language, of English, the name. */
function writeLabel(language, key, { name, labels, n = 2 }) {
  const own = language.noun(key, n);
  if (own !== key) return own;
  const label = labels[language.tag.split("-")[0]] ?? labels.en ?? name;
  return language.form(label, n);
}

/** Write what `n` of a kind are called. */
export const nameKind = (language, name, n) =>
  writeLabel(language, `top_${name}`, { name, n, labels: find(KINDS, name, UNDECLARED).labels });

/** Write what a dimension is called. */
export const nameDimension = (language, name) =>
  writeLabel(language, `by_${name}`, { name, labels: find(DIMENSIONS, name, {}) });
