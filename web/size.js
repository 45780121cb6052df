// The size of a package as a page loads it: bundled, minified, gzipped, held against its budget.
// `node ../../size.js BYTES [ENTRY]` in a package's folder; what is not its own (peers) is left out.

import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const [budget, entry = "dist/index.js"] = process.argv.slice(2);
const bundle = await build({
  entryPoints: [entry],
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  write: false,
  packages: "external",
  legalComments: "none",
});
const bytes = bundle.outputFiles[0]?.contents ?? new Uint8Array();
const size = gzipSync(bytes, { level: 9 }).length;
process.stdout.write(`${entry}: ${size} bytes gzipped of ${budget} (${bytes.length} minified)\n`);
if (bytes.length === 0 || !(size <= Number(budget))) {
  console.error(`${entry} is larger than its budget: make it smaller, a budget is a promise`);
  process.exitCode = 1;
}
