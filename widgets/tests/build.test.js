import assert from "node:assert/strict";
import { test } from "node:test";
import { runBundle } from "../scripts/bundle.js";
import { measureSizes } from "../scripts/sizes.js";

const bundle = await runBundle();

test("the same sources give the same bytes", async () => {
  const again = await runBundle();
  assert.deepEqual([...again.files.keys()], [...bundle.files.keys()]);
  for (const [name, bytes] of bundle.files) {
    assert.deepEqual(Buffer.from(bytes), Buffer.from(again.files.get(name)), name);
  }
});

for (const { name, gzip, budget } of measureSizes(bundle)) {
  test(`${name} loads ${gzip} bytes, at most ${budget}`, () => assert.ok(gzip <= budget));
}

test("the entry needs no other file, and no file names a host", () => {
  const entry = Buffer.from(bundle.files.get("stats-widgets.js")).toString();
  assert.doesNotMatch(entry, /(^|;)import\s*["{*]/);
  for (const [name, bytes] of bundle.files) {
    if (!name.endsWith(".js")) continue;
    const hosts =
      Buffer.from(bytes)
        .toString()
        .match(/https?:\/\/[\w.]+/g) ?? [];
    assert.deepEqual(
      [...new Set(hosts)].filter((host) => host !== "http://www.w3.org"),
      [],
      name,
    );
  }
});
