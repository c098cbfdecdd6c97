import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { buildBatches, runTotals } from "../src/totals.js";

const realFetch = globalThis.fetch;
const SERVICE = { api: "https://stats.test", token: "" };
const refsOf = (url) => new URL(url).searchParams.getAll("ref");

afterEach(() => {
  globalThis.fetch = realFetch;
});

function serve(respond) {
  const urls = [];
  globalThis.fetch = async (url) => {
    urls.push(url);
    const { status = 200, body } = respond(url);
    return new Response(JSON.stringify(body), { status });
  };
  return urls;
}

const totalsOf = (refs) => Object.fromEntries(refs.map((ref) => [ref, { views: ref.length }]));

test("refs asked for in one task are one request, each once", async () => {
  const urls = serve((url) => ({ body: totalsOf(refsOf(url)) }));
  const refs = ["record:a", "record:bb", "record:a"];
  const all = await Promise.all(refs.map((ref) => runTotals(SERVICE, ref)));
  assert.deepEqual(
    all.map(({ views }) => views),
    [8, 9, 8],
  );
  assert.deepEqual(urls.map(refsOf), [["record:a", "record:bb"]]);
});

test("different tokens never share a request", async () => {
  const urls = serve((url) => ({ body: totalsOf(refsOf(url)) }));
  const ask = (token) => runTotals({ ...SERVICE, token }, "record:a");
  await Promise.all([ask("one"), ask("two")]);
  assert.equal(urls.length, 2);
});

test("batches hold at most 1,000 refs and an address that proxies accept", () => {
  const short = Array.from({ length: 2500 }, (_, i) => `r:${i}`);
  const batches = buildBatches(short);
  assert.deepEqual(batches.flat(), short);
  assert.ok(batches.every((batch) => batch.length <= 1000));
  const long = Array.from({ length: 100 }, (_, i) => `record:${"x".repeat(250)}${i}`);
  for (const batch of buildBatches(long)) assert.ok(batch.join("&ref=").length <= 8000);
  assert.equal(buildBatches(["r:1", "r:2"]).length, 1);
});

test("a ref that may not be seen does not hide the others", async () => {
  serve(() => ({ body: { "record:open": { views: 7 }, "record:secret": { error: {} } } }));
  const open = runTotals(SERVICE, "record:open");
  const secret = runTotals(SERVICE, "record:secret");
  await assert.rejects(secret, { message: "denied: resource" });
  assert.equal((await open).views, 7);
});

test("a ref that the service cannot read does not hide the others", async () => {
  const urls = serve((url) => {
    if (url.includes("?") || url.endsWith("odd%3A1")) return { status: 400, body: {} };
    return { body: { views: 7 } };
  });
  const open = runTotals(SERVICE, "record:open");
  await assert.rejects(runTotals(SERVICE, "odd:1"), { message: "attribute" });
  assert.equal((await open).views, 7);
  assert.equal(urls.length, 3);
});

for (const [status, message] of [
  [401, "denied"],
  [503, "down"],
]) {
  test(`a service that answers ${status} is asked once`, async () => {
    const urls = serve(() => ({ status, body: {} }));
    const asked = [runTotals(SERVICE, "record:a"), runTotals(SERVICE, "record:b")];
    for (const one of asked) await assert.rejects(one, { message });
    assert.equal(urls.length, 1);
  });
}

test("a ref that the answer leaves out is unknown", async () => {
  serve(() => ({ body: {} }));
  await assert.rejects(runTotals(SERVICE, "record:a"), { message: "unknown: resource" });
});
