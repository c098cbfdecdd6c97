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

/** Return the label of the language, or of English, or the name. */
const pick = (language, labels, name) => labels[language.tag.split("-")[0]] ?? labels.en ?? name;

/** Write a label: the page's own text under `key`, or the one that is declared. */
function writeLabel(language, key, { name, labels, n = 2 }) {
  const own = language.noun(key, n);
  return own === key ? language.form(pick(language, labels, name), n) : own;
}

/** Write what `n` of a kind are called. */
export const nameKind = (language, name, n) =>
  writeLabel(language, `top_${name}`, { name, n, labels: find(KINDS, name, UNDECLARED).labels });

/** Write what a dimension is called; `declared` is what the answer says of a host's own. */
export const nameDimension = (language, name, declared = {}) =>
  writeLabel(language, `by_${name}`, {
    name,
    labels: find(DIMENSIONS, name, declared.labels ?? {}),
  });

/** Write what a value of a host's own dimension is called. */
export const nameValue = (language, value, { values = {} } = {}) =>
  pick(language, find(values, value, {}), value);
