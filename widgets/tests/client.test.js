import assert from "node:assert/strict";
import { afterEach, mock, test } from "node:test";
import { buildUrl, runGet } from "../src/client.js";

const realFetch = globalThis.fetch;
const SERVICE = { api: "https://stats.test", token: "" };
const answer = (body, status = 200) => new Response(JSON.stringify(body), { status });

function serve(respond) {
  const calls = [];
  globalThis.fetch = (...call) => {
    calls.push(call);
    return respond(...call);
  };
  return calls;
}

afterEach(() => {
  globalThis.fetch = realFetch;
  mock.timers.reset();
});

test("an address has the parameters that are there, each value encoded", () => {
  const url = buildUrl("https://a.org", "top", { kind: "record", within: "", to: undefined });
  assert.equal(url, "https://a.org/api/stats/top?kind=record");
  assert.equal(
    buildUrl("", "totals", { ref: ["record:a b", "file:x&y=z"] }),
    "/api/stats/totals?ref=record:a%20b&ref=file:x%26y%3Dz",
  );
});

test("a token goes in a header and never in the address", async () => {
  const calls = serve(async () => answer({}));
  await runGet({ ...SERVICE, token: "secret" }, "top", { kind: "file" });
  const [url, { headers }] = calls[0];
  assert.equal(headers.Authorization, "Bearer secret");
  assert.ok(!url.includes("secret"));
});

test("without a token no header is sent that would cost a preflight", async () => {
  const calls = serve(async () => answer({}));
  await runGet(SERVICE, "top");
  assert.deepEqual(Object.keys(calls[0][1].headers), ["Accept"]);
});

test("the same question asked twice at a time is sent once, and later again", async () => {
  const calls = serve(async () => answer({ n: 1 }));
  await Promise.all([runGet(SERVICE, "top"), runGet(SERVICE, "top")]);
  assert.equal(calls.length, 1);
  await runGet(SERVICE, "top");
  assert.equal(calls.length, 2);
});

const FAILURES = [
  ["400", async () => answer({ error: { field: "from" } }, 400), "attribute: from"],
  ["401", async () => answer({ error: {} }, 401), "denied"],
  ["403", async () => answer({}, 403), "denied"],
  ["404", async () => answer({}, 404), "unknown"],
  ["503", async () => new Response("<html>", { status: 503 }), "down"],
  ["HTML instead of JSON", async () => new Response("<html>"), "down"],
  ["no network", async () => Promise.reject(new TypeError("Failed to fetch")), "down"],
];

for (const [name, respond, message] of FAILURES) {
  test(`${name} is the problem "${message}"`, async () => {
    serve(respond);
    await assert.rejects(runGet(SERVICE, `failure/${name}`), { message });
  });
}

test("a file is its bytes, with the token, and what is wrong with it is a problem as ever", async () => {
  const calls = serve(async () => new Response("key,count\r\n"));
  const service = { ...SERVICE, token: "secret" };
  const file = await runGet(service, "top.csv", { kind: "file" }, "blob", 60_000);
  assert.equal(await file.text(), "key,count\r\n");
  assert.equal(calls[0][0], "https://stats.test/api/stats/top.csv?kind=file");
  assert.equal(calls[0][1].headers.Authorization, "Bearer secret");
  serve(async () => answer({ error: {} }, 403));
  await assert.rejects(runGet(service, "top.xlsx", {}, "blob"), { message: "denied" });
});

test("no answer in ten seconds is the problem slow, and the request is ended", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const aborted = [];
  serve((url, { signal }) => {
    return new Promise((_, reject) => {
      signal.addEventListener("abort", () => {
        aborted.push(url);
        reject(signal.reason);
      });
    });
  });
  const asked = runGet(SERVICE, "slow");
  mock.timers.tick(9_999);
  assert.equal(aborted.length, 0);
  mock.timers.tick(1);
  await assert.rejects(asked, { message: "slow" });
  assert.equal(aborted.length, 1);
});
