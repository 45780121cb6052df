// What a phone loads before it sees the first page, gzipped, held against its budget: the entry, what it imports, and
// the page "Now". Then every other chunk.

import { readdirSync, readFileSync } from "node:fs";

const BUDGET = 100 * 1_024;
/** Another page, when somebody goes there. */
const PAGE_BUDGET = 20 * 1_024;

const gzipped = (name) => readFileSync(`dist/assets/${name}.gz`).length;
const imports = (name) => {
  const code = readFileSync(`dist/assets/${name}`, "utf8");
  return [...code.matchAll(/(?:import|from)\s*["']\.\/([\w.-]+\.js)["']/g)].map(([, found]) => found);
};

const html = readFileSync("dist/index.html", "utf8");
const first = new Set();
const add = (name) => {
  if (first.has(name)) return;
  first.add(name);
  for (const next of imports(name)) add(next);
};
for (const [, name] of html.matchAll(/\/admin\/assets\/([\w.-]+\.js)/g)) add(name);
if (first.size === 0) throw new Error("dist/index.html names no script: build first");
const entry = [...first][0];
const manifest = readFileSync(`dist/assets/${entry}`, "utf8");
// The page that everybody sees first, whatever chunks it is in: what its own dynamic import names.
const files = readdirSync("dist/assets");
const page = files.find(
  (name) =>
    name.endsWith(".js") && !first.has(name) && readFileSync(`dist/assets/${name}`, "utf8").includes("verdict.safe"),
);
if (!page || !manifest.includes(page)) throw new Error("the first page is not among the chunks");
add(page);

let total = 0;
for (const name of first) {
  total += gzipped(name);
  process.stdout.write(`${name}: ${gzipped(name)} bytes gzipped\n`);
}
process.stdout.write(`first load: ${total} of ${BUDGET} bytes gzipped\n`);
if (total > BUDGET) {
  console.error("the first load is larger than its budget: a budget is a promise");
  process.exitCode = 1;
}
for (const name of files.filter((name) => name.endsWith(".js") && !first.has(name))) {
  if (gzipped(name) <= PAGE_BUDGET) continue;
  console.error(`${name}: ${gzipped(name)} bytes gzipped, a page may have ${PAGE_BUDGET}`);
  process.exitCode = 1;
}
