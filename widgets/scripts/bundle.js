// In: src/. Out: the files of the build, in memory, as a map of name to bytes.
// Always: the same sources and lock file give the same bytes, whatever machine builds.
import { readFile } from "node:fs/promises";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build, transform } from "esbuild";

export const ROOT = fileURLToPath(new URL("..", import.meta.url));
export const SHIPPED = fileURLToPath(new URL("../../stats/widgets/static/", import.meta.url));
const ENTRIES = ["src/stats-widgets.js", "src/frame.js"];
const FRAME_STYLE = "src/frame.css";

async function minify(path) {
  const { code } = await transform(await readFile(path, "utf8"), { loader: "css", minify: true });
  return code.trim();
}

const styles = {
  name: "styles",
  setup({ onLoad }) {
    onLoad({ filter: /\.css$/ }, async ({ path }) => {
      return { contents: await minify(path), loader: "text" };
    });
  },
};

function packagesOf({ inputs }) {
  const names = Object.keys(inputs)
    .map((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1])
    .filter(Boolean);
  return [...new Set(names)].sort();
}

async function buildNotices(metafile) {
  const parts = [...packagesOf(metafile), "world-atlas"].map(async (name) => {
    const text = await readFile(`${ROOT}node_modules/${name}/LICENSE`, "utf8");
    return `${name}\n${"-".repeat(name.length)}\n${text.trim()}\n`;
  });
  return Buffer.from((await Promise.all(parts)).join("\n"));
}

/** Build everything that the package ships. */
export async function runBundle() {
  const { outputFiles, metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: ENTRIES,
    outdir: SHIPPED,
    chunkNames: "chunks/[name]-[hash]",
    ...{ bundle: true, splitting: true, minify: true, write: false, metafile: true },
    format: "esm",
    target: "es2022",
    charset: "utf8",
    legalComments: "none",
    plugins: [styles],
  });
  const files = outputFiles.map((file) => [relative(SHIPPED, file.path), file.contents]);
  files.push(["frame.css", Buffer.from(await minify(ROOT + FRAME_STYLE))]);
  const notices = ["NOTICES.txt", await buildNotices(metafile)];
  return { files: new Map([...files, notices].sort(([a], [b]) => (a < b ? -1 : 1))), metafile };
}
