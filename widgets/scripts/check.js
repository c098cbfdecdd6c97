// Is the shipped build the build of these sources? Exit 1 and name the files, if not.
import { readdir, readFile } from "node:fs/promises";
import { extname, join, relative } from "node:path";
import { runBundle, SHIPPED } from "./bundle.js";
import { COMPRESSIONS, isSent } from "./compress.js";

async function readShipped() {
  const entries = await readdir(SHIPPED, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const pairs = paths.map(async (path) => [relative(SHIPPED, path), await readFile(path)]);
  return new Map((await Promise.all(pairs)).map(readWhole));
}

/** Compare what compressed files hold: their own bytes differ from one zlib to the next. */
function readWhole([name, bytes]) {
  const expand = COMPRESSIONS[extname(name)]?.expand;
  return [name, expand ? expand(bytes) : bytes];
}

const { files } = await runBundle();
for (const [name, bytes] of [...files].filter(([name]) => isSent(name))) {
  for (const ending of Object.keys(COMPRESSIONS)) files.set(name + ending, Buffer.from(bytes));
}
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
