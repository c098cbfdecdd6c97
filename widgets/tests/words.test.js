import assert from "node:assert/strict";
import { test } from "node:test";
import { words as chart } from "../src/chart/words.js";
import { writeMetric } from "../src/counter/metric.js";
import { createLanguage, parseTag, writeBytes } from "../src/language.js";
import { words as de } from "../src/words/de.js";
import { words as en } from "../src/words/en.js";
import { words as es } from "../src/words/es.js";
import { words as fr } from "../src/words/fr.js";
import { addTexts, loadTexts } from "../src/words/texts.js";

const blanks = (text) => [...text.matchAll(/\{\w+\}/g)].map(String).sort();

for (const [tag, words] of Object.entries({ de, es, fr })) {
  test(`${tag} has every text, with the same blanks and forms`, () => {
    const all = { ...en, ...chart };
    const lacking = Object.keys(all).filter((key) => !(key in words));
    assert.deepEqual(lacking, [], `words/${tag}.js lacks ${lacking}`);
    const unknown = Object.keys(words).filter((key) => !(key in all));
    assert.deepEqual(unknown, [], `words/en.js lacks ${unknown}`);
    for (const [key, text] of Object.entries(all)) {
      assert.deepEqual(blanks(words[key]), blanks(text), key);
      assert.equal(words[key].includes("|"), text.includes("|"), key);
    }
  });
}

test("a language that is not there is written in English, with its own numbers", async () => {
  const texts = await loadTexts("it");
  const italian = createLanguage("it", texts);
  assert.equal(italian.noun("views", 2), "views");
  assert.equal(italian.number(1234567), "1.234.567");
});

test("a page can add a language", async () => {
  addTexts("it", { views: "vista|viste" });
  const italian = createLanguage("it-CH", await loadTexts("it-CH"));
  assert.equal(italian.noun("views", 1), "vista");
  assert.equal(italian.noun("views", 5), "viste");
});

test("the language is the page's, in the reader's variety of it", () => {
  const reader = ["en-GB", "fr-CH", "fr"];
  assert.equal(parseTag("en", reader), "en-GB");
  assert.equal(parseTag("en-us", reader), "en-US");
  assert.equal(parseTag("de", reader), "de");
  assert.equal(parseTag("", reader), "en-GB");
  assert.equal(parseTag("not a tag!", reader), "en");
  assert.equal(parseTag("", []), "en");
});

test("a number that is not marked as short is the exact one, in every language", () => {
  for (const tag of ["en", "de", "fr", "es", "ja", "ar"]) {
    const language = createLanguage(tag);
    for (const n of [0, 950, 2944, 12345, 123456, 1234567]) {
      const short = language.compact(n);
      const marked = /[\p{L}]/u.test(short);
      assert.ok(marked || short === language.number(n), `${tag} writes ${n} as ${short}`);
    }
  }
  assert.equal(createLanguage("de").compact(2944), "2.944");
  assert.equal(createLanguage("de").compact(1234567).replace(/\s/g, " "), "1,23 Mio.");
});

test("bytes are written in the unit that fits", () => {
  const english = createLanguage("en");
  assert.equal(writeBytes(english, 0), "0 byte");
  assert.equal(writeBytes(english, 1_230_000), "1.23 MB");
  assert.equal(writeBytes(english, 5e18), "5,000 PB");
});

test("a metric has a short form and a long one with the unique count", () => {
  const kit = { language: createLanguage("en"), writeBytes };
  const totals = { views: 1234, unique_views: 1020, volume: 5000 };
  assert.deepEqual(writeMetric(kit, totals, "views"), {
    short: "1.23K",
    noun: "views",
    long: "1,234 views in 1,020 sessions",
  });
  assert.equal(writeMetric(kit, totals, "volume").long, "5 kB (5,000 bytes) downloaded");
  assert.equal(writeMetric(kit, { volume: 999 }, "volume").long, "999 byte downloaded");
  assert.equal(writeMetric(kit, {}, "downloads").long, "0 downloads");
});
