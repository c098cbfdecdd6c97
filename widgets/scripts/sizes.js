// What a page loads for each element, compressed. Exit 1 when one is over its budget.
// A page loads the entry, and with an element its module and all that this imports.
import { gzipSync, brotliCompressSync } from "node:zlib";
import { basename } from "node:path";
import { pathToFileURL } from "node:url";
import { runBundle } from "./bundle.js";

const KB = 1024;
const PARTS = [
  ["counter", /stats-widgets\.js$/, 7 * KB],
  ["charts", /charts-\w+\.js$/, 45 * KB],
  ["a language", /fr-\w+\.js$/, 2 * KB],
];

function closureOf(outputs, path, found = new Set()) {
  if (found.has(path)) return found;
  found.add(path);
  for (const { kind, path: next } of outputs[path].imports) {
    if (kind === "import-statement") closureOf(outputs, next, found);
  }
  return found;
}

/** Measure a build: `[{name, raw, gzip, brotli, budget}]`, in bytes. */
export function measureSizes({ files, metafile: { outputs } }) {
  const bytes = new Map([...files].map(([name, content]) => [basename(name), content]));
  return PARTS.map(([name, pattern, budget]) => {
    const root = Object.keys(outputs).find((path) => pattern.test(path));
    const contents = [...closureOf(outputs, root)].map((path) => bytes.get(basename(path)));
    const sum = (sizeOf) => contents.reduce((total, content) => total + sizeOf(content), 0);
    return {
      ...{ name, budget, files: contents.length, raw: sum((content) => content.length) },
      gzip: sum((content) => gzipSync(content, { level: 9 }).length),
      brotli: sum((content) => brotliCompressSync(content).length),
    };
  });
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const sizes = measureSizes(await runBundle());
  console.table(Object.fromEntries(sizes.map(({ name, ...size }) => [name, size])));
  process.exitCode = sizes.some(({ gzip, budget }) => gzip > budget) ? 1 : 0;
}
