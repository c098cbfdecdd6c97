import assert from "node:assert/strict";
import { test } from "node:test";
import * as windows from "../src/history/windows.js";

const bucket = (date, count = 0, unique_count = 0) => ({ date, count, unique_count });

test("days and months are added in UTC, over ends of months and years", () => {
  assert.equal(windows.addDays("2024-02-28", 1), "2024-02-29");
  assert.equal(windows.addDays("2025-01-01", -1), "2024-12-31");
  assert.equal(windows.addMonths("2025-03-31", -1), "2025-02-28");
  assert.equal(windows.addMonths("2025-01-15", -13), "2023-12-15");
});

test("the presets end on the day given and begin with whole buckets", () => {
  const presets = windows.buildPresets("2026-11-21");
  assert.deepEqual(
    presets.map(({ from, interval }) => [from, interval]),
    [
      ["2026-10-23", "day"],
      ["2026-05-22", "week"],
      ["2025-12-01", "month"],
      ["2022-01-01", "quarter"],
    ],
  );
});

test("a longer window is shown in longer intervals", () => {
  const choose = (to) => windows.chooseInterval("2020-01-01", to);
  assert.equal(choose("2020-01-01"), "day");
  assert.equal(choose("2020-12-31"), "week");
  assert.equal(choose("2023-12-31"), "month");
  assert.equal(choose("2040-12-31"), "quarter");
});

test("the window of chosen buckets ends where the last one ends, inside the answer's", () => {
  const answer = {
    buckets: [bucket("2026-04-27"), bucket("2026-05-04"), bucket("2026-05-11")],
    from: "2026-04-29",
    to: "2026-05-14",
  };
  const window = (first, last) => {
    const { from, to } = windows.windowOf(answer, first, last);
    return [from, to];
  };
  assert.deepEqual(window(0, 1), ["2026-04-29", "2026-05-10"]);
  assert.deepEqual(window(1, 2), ["2026-05-04", "2026-05-14"]);
});

test("the service chooses what a page does not say", () => {
  const nothing = { from: undefined, to: undefined, interval: undefined };
  assert.deepEqual(windows.buildWindow({}), nothing);
  assert.equal(windows.buildWindow({ from: "2020-01-01", to: "2022-12-31" }).interval, "month");
  assert.equal(windows.buildWindow({ from: "2020-01-01", interval: "day" }).interval, "day");
});

test("sums are of the chosen buckets alone", () => {
  const buckets = [bucket("a", 1, 1), bucket("b", 20, 10), bucket("c", 300, 100)];
  assert.deepEqual(windows.sumOf(buckets, 1, 2), { count: 320, unique_count: 110 });
});

test("a bucket says where days are left out, by the window or since they are not over", () => {
  const answer = (interval, dates, rest) => ({
    buckets: dates.map((date) => bucket(date)),
    ...{ interval, since: "2026-01-01", counted_until: "2026-11-27T06:50:00.000Z", ...rest },
  });
  const days = answer("day", ["2026-11-26", "2026-11-27"], {
    from: "2026-11-26",
    to: "2026-11-27",
  });
  assert.deepEqual(windows.statesOf(days), ["", "partial"]);
  const window = { from: "2026-11-11", to: "2026-11-27" };
  const weeks = answer("week", ["2026-11-09", "2026-11-16", "2026-11-23"], window);
  assert.deepEqual(windows.statesOf(weeks), ["partial", "", "partial"]);
  const months = answer("month", ["2026-09-01", "2026-10-01"], {
    ...{ from: "2026-09-01", to: "2026-10-31" },
  });
  assert.deepEqual(windows.statesOf(months), ["", ""]);
});

test("buckets before anything was counted are no zeros", () => {
  const answer = {
    buckets: ["2026-09-01", "2026-10-01", "2026-11-01"].map((date) => bucket(date)),
    ...{ from: "2026-09-01", to: "2026-11-30", interval: "month" },
    counted_until: "2027-01-02T00:00:00.000Z",
  };
  assert.deepEqual(windows.statesOf({ ...answer, since: "2026-10-12" }), ["early", "", ""]);
  assert.deepEqual(windows.statesOf({ ...answer, since: null }), ["early", "early", "early"]);
  assert.deepEqual(windows.statesOf({ ...answer, counted_until: null, since: null })[0], "early");
});
