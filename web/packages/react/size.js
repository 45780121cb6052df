// The sizes as a page loads them, held against their budgets: the hooks, and what the monitors add to them.
// The client and React are not counted.

import { gzipSync } from "node:zlib";
import { build } from "esbuild";

async function sizeOf(entry) {
  const bundle = await build({
    entryPoints: [entry],
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    write: false,
    packages: "external",
    legalComments: "none",
    logLevel: "error",
  });
  return gzipSync(bundle.outputFiles[0]?.contents ?? new Uint8Array(), { level: 9 }).length;
}

function hold(name, size, budget) {
  process.stdout.write(`${name}: ${size} bytes gzipped of ${budget}\n`);
  // Nothing at all would be a mistake of this script.
  if (size > 500 && size <= budget) return;
  console.error(`${name}: larger than the budget, or nothing: make it smaller, a budget is a promise`);
  process.exitCode = 1;
}

const hooks = await sizeOf("dist/index.js");
hold("hooks", hooks, 3 * 1024);
hold("monitors, beside the hooks", (await sizeOf("dist/monitors/index.js")) - hooks, 12 * 1024);
