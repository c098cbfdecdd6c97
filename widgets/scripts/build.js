// Write the build to stats/widgets/static/, the files that the Python package ships.
import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { runBundle, SHIPPED } from "./bundle.js";
import { COMPRESSIONS, isSent } from "./compress.js";

const { files } = await runBundle();
await rm(SHIPPED, { recursive: true, force: true });
for (const [name, bytes] of files) {
  await mkdir(dirname(join(SHIPPED, name)), { recursive: true });
  await writeFile(join(SHIPPED, name), bytes);
  for (const [ending, { compress }] of Object.entries(COMPRESSIONS)) {
    if (isSent(name)) await writeFile(join(SHIPPED, name + ending), compress(bytes));
  }
}
console.log(`${files.size} files in stats/widgets/static/`);
