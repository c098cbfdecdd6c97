import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { buildCall, runAsked } from "../src/batch.js";

const realFetch = globalThis.fetch;
const SERVICE = { api: "https://stats.test", token: "" };

function serve(respond) {
  const calls = [];
  globalThis.fetch = async (url, options = {}) => {
    calls.push([options.method ?? "GET", url]);
    const [body, status] = respond(url, options.body && JSON.parse(options.body));
    return new Response(JSON.stringify(body), { status });
  };
  return calls;
}

afterEach(() => {
  globalThis.fetch = realFetch;
});

const ask = (names) => names.map((name) => runAsked(SERVICE, name, { resource: "record:r1" }));

test("a query has the parameters that are there, and totals their refs", () => {
  assert.deepEqual(buildCall("top", { kind: "record", from: undefined, to: "", size: 6 }), {
    stat: "top",
    params: { kind: "record", size: 6 },
  });
  assert.deepEqual(buildCall("totals", { ref: ["record:r1"] }), { totals: ["record:r1"] });
});

test("three queries asked for in one task are one POST, each once", async () => {
  const calls = serve((url, body) => [
    Object.fromEntries(Object.entries(body).map(([key, { stat }]) => [key, { stat }])),
    200,
  ]);
  const answers = await Promise.all(ask(["a", "b", "c", "a"]));
  assert.deepEqual(
    answers.map(({ stat }) => stat),
    ["a", "b", "c", "a"],
  );
  assert.deepEqual(calls, [["POST", "https://stats.test/api/stats"]]);
});

test("two are GETs, which caches keep", async () => {
  const calls = serve((url) => [{ url }, 200]);
  await Promise.all(ask(["a", "b"]));
  assert.deepEqual(
    calls.map(([method]) => method),
    ["GET", "GET"],
  );
});

test("where one is refused each is asked alone, and hides no other", async () => {
  const refused = (url, body) => (body || url.includes("/b?") ? [{}, 403] : [{ url }, 200]);
  const calls = serve(refused);
  const results = await Promise.allSettled(ask(["a", "b", "c"]));
  assert.deepEqual(
    results.map(({ status }) => status),
    ["fulfilled", "rejected", "fulfilled"],
  );
  assert.equal(results[1].reason.kind, "denied");
  assert.equal(calls.length, 4);
});

for (const status of [429, 503]) {
  test(`a service that answers ${status} is asked nothing more`, async () => {
    const calls = serve(() => [{}, status]);
    const results = await Promise.allSettled(ask(["a", "b", "c"]));
    assert.ok(results.every(({ reason }) => reason.kind === "down"));
    assert.equal(calls.length, 1);
  });
}
