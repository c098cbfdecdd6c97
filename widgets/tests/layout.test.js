import assert from "node:assert/strict";
import { test } from "node:test";
import { nextIndex } from "../src/history/cursor.js";
import { runsOf } from "../src/history/plot.js";
import { buildColumns, buildLabels, buildScale, chooseEvery } from "../src/history/layout.js";

const days = (n) =>
  Array.from({ length: n }, (_, i) => ({
    date: new Date(Date.UTC(2026, 0, 1 + i)).toISOString().slice(0, 10),
  }));

test("the scale begins at nothing, holds the most, and has whole numbers", () => {
  for (const counts of [[], [0, 0], [1], [3, 7], [999, 12]]) {
    const { lines, y } = buildScale(counts, 100);
    assert.equal(y(0), 100);
    assert.ok(y(Math.max(0, ...counts)) >= 0);
    assert.ok(lines.length > 0 && lines.every(Number.isInteger), String(lines));
  }
});

test("the highest column fills the height, and labels of the scale stay apart", () => {
  for (let most = 1; most < 3000; most++) {
    for (const height of [24, 40, 66, 80, 150]) {
      const { lines, y } = buildScale([most], height);
      assert.equal(y(most), 0);
      if (most > 1 && height >= 66) assert.ok(lines.length > 1, `${most} in ${height}: ${lines}`);
      const apart = lines.length > 1 ? y(lines[0]) - y(lines[1]) : height;
      assert.ok(lines.length > 0 && apart >= 12, `${most} in ${height}: ${lines}`);
    }
  }
});

for (const rtl of [false, true]) {
  test(`each column is found again by its middle, ${rtl ? "from the right" : "from the left"}`, () => {
    const columns = buildColumns(30, { width: 400, gutter: 24, rtl });
    for (let i = 0; i < 30; i++) assert.equal(columns.indexAt(columns.centre(i)), i);
    assert.equal(columns.indexAt(-50), rtl ? 29 : 0);
    assert.equal(columns.indexAt(900), rtl ? 0 : 29);
  });
}

test("columns that would be too thin become an area", () => {
  assert.equal(buildColumns(30, { width: 400, gutter: 24 }).bars, true);
  assert.equal(buildColumns(365, { width: 400, gutter: 24 }).bars, false);
});

test("labels fit their room and are of buckets that are there", () => {
  for (const n of [1, 2, 30, 365]) {
    for (const width of [200, 400, 1200]) {
      const labels = buildLabels(days(n), { width, gutter: 24 });
      assert.ok(labels.length >= 1);
      assert.ok(labels.length <= Math.max(width / 50, 1) + 1, `${n} in ${width}: ${labels.length}`);
      assert.ok(labels.every(({ index }) => index >= 0 && index < n));
    }
  }
  assert.deepEqual(buildLabels([], { width: 400, gutter: 24 }), []);
});

test("labels that would meet are left out, from either side", () => {
  const centres = [20, 60, 100, 140];
  assert.equal(chooseEvery(centres, [30, 30, 30, 30]), 1);
  assert.equal(chooseEvery(centres, [30, 30, 30, 36]), 2);
  assert.equal(chooseEvery(centres.toReversed(), [36, 36, 36, 36]), 2);
  assert.equal(chooseEvery(centres, [90, 90, 90, 90]), 3);
  assert.equal(chooseEvery([], []), 1);
});

test("arrows follow what is seen, and stop at the ends", () => {
  const ltr = { n: 10, rtl: false };
  assert.equal(nextIndex("ArrowRight", 3, ltr), 4);
  assert.equal(nextIndex("ArrowRight", 3, { ...ltr, rtl: true }), 2);
  assert.equal(nextIndex("ArrowLeft", 0, ltr), 0);
  assert.equal(nextIndex("End", 0, ltr), 9);
  assert.equal(nextIndex("PageDown", 3, ltr), 0);
  assert.equal(nextIndex("a", 3, ltr), null);
});

test("an area goes on from the bucket before, and begins with the first that was counted", () => {
  const partial = "partial";
  assert.deepEqual(runsOf(["early", "", "", partial]), [
    { state: "", first: 1, last: 2 },
    { state: partial, first: 2, last: 3 },
  ]);
  assert.deepEqual(runsOf(["early"]), []);
});
