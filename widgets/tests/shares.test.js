import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { words } from "../src/chart/words.js";
import { namesOf, readShares } from "../src/chart/shares.js";
import { nounKey, nounOf } from "../src/chart/series.js";
import { createLanguage } from "../src/language.js";
import { buildClasses, classOf } from "../src/map/classes.js";

const english = createLanguage("en", words);
const row = (key, count) => ({ key, count, unique_count: count });

test("what is not shown is summed with what the service left out, and parts add up", () => {
  const answer = {
    buckets: [row("US", 60), row("DE", 20), row("FR", 10)],
    other: { count: 10, unique_count: 9 },
    total: { count: 100, unique_count: 99 },
  };
  const { rows, rest } = readShares(answer, 2);
  assert.deepEqual(
    rows.map(({ key, part }) => [key, part]),
    [
      ["US", 0.6],
      ["DE", 0.2],
    ],
  );
  assert.equal(rest.count, 20);
  assert.equal(rest.part, 0.2);
});

test("nothing counted is no rows and no division by nothing", () => {
  const none = { count: 0, unique_count: 0 };
  assert.deepEqual(readShares({ buckets: [], other: none, total: none }, 5), {
    rows: [],
    rest: null,
  });
});

test("keys are named, and what is not known says so", () => {
  assert.equal(namesOf(english, "country")("CH"), "Switzerland");
  assert.equal(namesOf(english, "country")("ZZ"), "Unknown country");
  assert.equal(namesOf(english, "country")("<b>"), "<b>");
  assert.equal(namesOf(english, "referrer")(""), "Direct, or not known");
  assert.equal(namesOf(english, "access_method")("machine"), "Machines");
  assert.equal(namesOf(english, "user")("(other)"), "Other");
});

test("a type is called by what it does", () => {
  assert.equal(nounKey("collection-view"), "views");
  assert.equal(nounKey("dataset-download"), "downloads");
  assert.equal(nounOf(english, "loan-checkout", 1), "loan");
  assert.equal(nounOf(english, "sip-created"), "sip created");
});

test("classes grow, the least count is in one, and the most is in the highest", () => {
  for (const counts of [[1], [2, 1], [7, 7], [837, 487, 60], [900, 37, 1], [123_456, 3]]) {
    const classes = buildClasses(counts);
    assert.ok(classes.every((least, i) => i === 0 || least > classes[i - 1]));
    assert.equal(classOf(classes, 0), 0);
    assert.equal(classOf(classes, Math.max(...counts)), 5);
    assert.ok(classOf(classes, Math.min(...counts)) >= 1);
  }
  assert.deepEqual(buildClasses([837, 487, 60]), [60, 100, 170, 290, 490]);
  assert.deepEqual(buildClasses([]), []);
});

test("the map has each country once, as land or as a dot, under an ISO code", async () => {
  const world = JSON.parse(await readFile(new URL("../src/map/world.json", import.meta.url)));
  const codes = [...Object.keys(world.shapes), ...Object.keys(world.dots)];
  assert.equal(new Set(codes).size, codes.length);
  assert.ok(codes.every((code) => /^[A-Z]{2}$/.test(code)));
  for (const code of ["US", "FR", "NO", "AU", "IN", "XK"]) assert.ok(codes.includes(code), code);
  for (const code of ["SG", "MT", "HK"]) assert.ok(world.dots[code], code);
});
