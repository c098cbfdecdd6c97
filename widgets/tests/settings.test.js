import assert from "node:assert/strict";
import { test } from "node:test";
import { parseService, parseSettings } from "../src/settings.js";

const read = (attributes, needs) => parseSettings((name) => attributes[name] ?? null, needs);
const problemOf = (attributes, needs) => {
  try {
    read(attributes, needs);
  } catch (problem) {
    return `${problem.kind} ${problem.field}`;
  }
  return "none";
};

test("attributes become typed settings, and those that are absent are left out", () => {
  const settings = read({
    resource: " record:r 1/2 ",
    type: "record-view, loan-checkout",
    size: "5",
  });
  assert.deepEqual(settings, {
    resource: "record:r 1/2",
    type: ["record-view", "loan-checkout"],
    size: 5,
  });
});

const WRONG = [
  [{}, "resource"],
  [{ resource: "" }, "resource"],
  [{ resource: "r1" }, "resource"],
  [{ resource: "Record:r1" }, "resource"],
  [{ resource: `record:${"x".repeat(257)}` }, "resource"],
  [{ resource: "record:a\u0007b" }, "resource"],
  [{ resource: "record:r1", interval: "hour" }, "interval"],
  [{ resource: "record:r1", from: "2015-02-30" }, "from"],
  [{ resource: "record:r1", to: "12 May" }, "to"],
  [{ resource: "record:r1", from: "2015-05-02", to: "2015-05-01" }, "to"],
  [{ resource: "record:r1", size: "0" }, "size"],
  [{ resource: "record:r1", size: "101" }, "size"],
  [{ resource: "record:r1", size: "1e1" }, "size"],
  [{ resource: "record:r1", metric: "likes" }, "metric"],
  [{ resource: "record:r1", chart: "pie" }, "chart"],
  [{ resource: "record:r1", show: "views,likes" }, "show"],
  [{ resource: "record:r1", type: "," }, "type"],
  [{ resource: "record:r1", type: "../secret" }, "type"],
];

for (const [attributes, field] of WRONG) {
  test(`a wrong ${field} is named before any request: ${JSON.stringify(attributes).slice(0, 60)}`, () => {
    assert.equal(problemOf(attributes, ["resource"]), `attribute ${field}`);
  });
}

test("a ref may have blanks, slashes and any letters", () => {
  assert.equal(problemOf({ resource: "collection:a b/ç%20:d" }, ["resource"]), "none");
});

test("the service is where the script came from, unless an address is given", () => {
  const read = (attributes) => parseService((name) => attributes[name], "https://a.org/stats/");
  assert.deepEqual(read({}), { api: "https://a.org/stats", token: "" });
  assert.deepEqual(read({ api: "/x/", token: " t " }), { api: "/x", token: "t" });
});
