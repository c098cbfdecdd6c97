import assert from "node:assert/strict";
import { test } from "node:test";
import { nameDimension, nameKind, nameValue, rankedIn, typesOf } from "../src/chart/kinds.js";
import { createNouns } from "../src/chart/series.js";
import { namesOf } from "../src/chart/shares.js";
import { words } from "../src/chart/words.js";
import { createLanguage } from "../src/language.js";

const USUAL = ["record-view", "file-download"];
const english = createLanguage("en-GB", words);
const german = createLanguage("de");

test("a resource shows the types of its kind, or those asked for", () => {
  assert.deepEqual(typesOf({ resource: "community:c" }), USUAL);
  assert.deepEqual(typesOf({ resource: "file:f" }), ["file-download"]);
  assert.deepEqual(typesOf({ resource: "dataset:d:e" }), [
    ...["dataset-view", "dataset-download", "file-download"],
  ]);
  assert.deepEqual(typesOf({ resource: "file:f", type: ["file-view"] }), ["file-view"]);
});

test("a kind of the host, and one that shows no types, show the usual ones", () => {
  for (const kind of ["institute", "constructor", "location"]) {
    assert.deepEqual(typesOf({ resource: `${kind}:x` }), USUAL);
  }
});

test("a page ranks what its kind says, a container records, another nothing", () => {
  const expected = {
    ...{ dataset: "file", community: "record", user: "record", site: "record" },
    ...{ instance: "record", institute: "record", constructor: "record" },
    ...{ record: null, file: null, concept: null },
  };
  for (const [kind, ranked] of Object.entries(expected)) {
    assert.equal(rankedIn(`${kind}:x`), ranked, kind);
  }
});

test("kinds and dimensions are called as they are declared, in the language there is", () => {
  assert.equal(nameKind(english, "dataset", 1), "Dataset");
  assert.equal(nameKind(german, "dataset"), "Datensätze");
  assert.equal(nameKind(createLanguage("it"), "dataset"), "Datasets");
  assert.equal(nameDimension(german, "via"), "Zugriff über");
  assert.equal(nameDimension(english, "access_method"), "Regular and machine access");
});

test("a kind or dimension of the host is its name, or what the page calls it", () => {
  assert.equal(nameKind(english, "volume"), "volume");
  assert.equal(nameDimension(english, "constructor"), "constructor");
  const own = createLanguage("en", {
    top_institute: "Institute|Institutes",
    by_faculty: "Faculties",
  });
  assert.equal(nameKind(own, "institute", 1), "Institute");
  assert.equal(nameKind(own, "institute"), "Institutes");
  assert.equal(nameDimension(own, "faculty"), "Faculties");
});

test("a dimension of the host and its values are called as the answer says", () => {
  const faculty = {
    ...{ name: "faculty", labels: { en: "Faculties", de: "Fakultäten" } },
    values: { phys: { en: "Physics", de: "Physik" }, bio: { fr: "Biologie" } },
  };
  assert.equal(nameDimension(german, "faculty", faculty), "Fakultäten");
  assert.equal(nameDimension(createLanguage("it"), "faculty", faculty), "Faculties");
  const names = namesOf(german, "faculty", (key) => nameValue(german, key, faculty));
  assert.deepEqual(["phys", "bio", "constructor"].map(names), ["Physik", "bio", "constructor"]);
  assert.equal(nameValue(english, "phys"), "phys");
});

test("types that are called the same and shown together are told apart by their kinds", () => {
  const write = (types) => types.map((type) => createNouns(english, types).noun(type, 2));
  assert.deepEqual(write(USUAL), ["views", "downloads"]);
  assert.deepEqual(write(typesOf({ resource: "dataset:d" })), [
    ...["views", "downloads (Dataset)", "downloads (File)"],
  ]);
  assert.deepEqual(write(["record-view", "folder-view"]), ["views (Record)", "views (folder)"]);
});
