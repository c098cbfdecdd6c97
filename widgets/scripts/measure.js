// The same strip of 365 days by three chart libraries: bytes to load, and milliseconds to
// draw it in Chromium, if one is there. The decision that rests on it: docs/decisions.
import { execFileSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { ROOT } from "./bundle.js";

const LIBRARIES = ["d3", "uplot", "plot"];
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const FLAGS =
  "--headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking";

async function runBuild(library) {
  const options = { bundle: true, minify: true, write: false, format: "iife", globalName: "chart" };
  const entryPoints = [`${ROOT}measure/${library}.js`];
  const { outputFiles } = await build({ ...options, entryPoints });
  return outputFiles[0].contents;
}

function buildPage(code) {
  return `<!doctype html><body><script>${Buffer.from(code)}</script><script>
    const day = (i) => new Date(Date.UTC(2025, 0, 1 + i));
    const rows = Array.from({ length: 365 }, (_, i) => ({ date: day(i), count: 20 + (i % 7) }));
    const times = Array.from({ length: 30 }, () => {
      const root = document.body.appendChild(document.createElement("div"));
      const start = performance.now();
      chart.draw(root, rows, { width: 800, height: 120 });
      root.getBoundingClientRect();
      return performance.now() - start;
    });
    document.title = times.sort((a, b) => a - b)[15].toFixed(2);</script>`;
}

function runDraw(code) {
  const folder = mkdtempSync(join(tmpdir(), "measure-"));
  writeFileSync(join(folder, "page.html"), buildPage(code));
  const page = [`--user-data-dir=${folder}`, "--dump-dom", `file://${folder}/page.html`];
  try {
    const html = execFileSync(CHROMIUM, [...FLAGS.split(" "), ...page], { stdio: "pipe" });
    return Number(/<title>([\d.]+)/.exec(html)[1]);
  } catch {
    return "no Chromium";
  }
}

const rows = {};
for (const library of LIBRARIES) {
  const code = await runBuild(library);
  const gzip = gzipSync(code, { level: 9 }).length;
  rows[library] = { minified: code.length, gzip, "median draw, ms": runDraw(code) };
}
console.table(rows);
