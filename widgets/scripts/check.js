// Is the shipped build the build of these sources? Exit 1 and name the files, if not.
import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { runBundle, SHIPPED } from "./bundle.js";

async function readShipped() {
  const entries = await readdir(SHIPPED, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const pairs = paths.map(async (path) => [relative(SHIPPED, path), await readFile(path)]);
  return new Map(await Promise.all(pairs));
}

const { files } = await runBundle();
const shipped = await readShipped();
const names = new Set([...files.keys(), ...shipped.keys()]);
const same = (name) =>
  files.has(name) && shipped.has(name) && shipped.get(name).equals(files.get(name));
const different = [...names].filter((name) => !same(name));
for (const name of different) console.error(`not the build of these sources: ${name}`);
if (different.length) {
  console.error("run `npm run build` in widgets/ and commit stats/widgets/static/");
  process.exitCode = 1;
} else console.log(`${files.size} shipped files are the build of these sources`);
