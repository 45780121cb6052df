// What the bundle contains of others may be given away with Kilat: the build lists it, this holds it against a list.

import { readFileSync } from "node:fs";

const PERMISSIVE = ["MIT", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "0BSD", "MIT OR Apache-2.0"];

const listed = readFileSync("dist/assets/licences.txt", "utf8");
const found = [...listed.matchAll(/^## (\S+) - (\S+) \((.+)\)$/gm)];
if (!found.some(([, name]) => name === "react-dom"))
  throw new Error("the list of licences is not what it was: read it");
for (const [, name, version, licence] of found) {
  process.stdout.write(`${name} ${version}: ${licence}\n`);
  if (PERMISSIVE.includes(licence)) continue;
  console.error(`${name} ${version} is under ${licence}: it cannot be given away with Kilat`);
  process.exitCode = 1;
}
