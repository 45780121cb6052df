// Builds and runs the tests: units under React 18.2 and 19, then the monitors in a real browser, against a fake server
// and the real program. `node test/run.js [unit|browser]`; CHROMIUM names the browser, KILAT_BIN the program.

import { spawnSync } from "node:child_process";
import { readdirSync, rmSync } from "node:fs";
import { resolve } from "node:path";
import { build } from "esbuild";

const [only] = process.argv.slice(2);
if (only !== "unit" && !process.env["CHROMIUM"]) throw new Error("CHROMIUM names the browser");
process.env["NODE_ENV"] = "test";

const react = { 18: { react: "react-18", "react-dom": "react-dom-18" }, 19: {} };
const filesOf = (folder) =>
  readdirSync(folder)
    .filter((name) => /\.test\.tsx?$/.test(name))
    .map((name) => `${folder}/${name}`);
const common = { bundle: true, logLevel: "warning", target: "es2022", jsx: "automatic", sourcemap: "inline" };
const node = {
  ...common,
  platform: "node",
  format: "esm",
  // CommonJS inside asks for Node's own modules.
  banner: {
    js: 'import { createRequire as requireOf } from "node:module"; const require = requireOf(import.meta.url);',
  },
};

rmSync("build", { recursive: true, force: true });
for (const [version, alias] of Object.entries(react)) {
  await build({
    ...node,
    entryPoints: filesOf("test/unit"),
    outdir: `build/${version}`,
    outExtension: { ".js": ".mjs" },
    alias,
    external: ["happy-dom"],
    define: { REACT: JSON.stringify(version) },
  });
  await build({
    ...common,
    format: "esm",
    minify: true,
    sourcemap: false,
    entryPoints: { page: "test/page/main.tsx" },
    outdir: `build/page-${version}`,
    alias,
    // The page that Profiler counts renders of needs the build that profiles, which is the development one.
    define: { "process.env.NODE_ENV": '"development"' },
  });
}
await build({
  ...node,
  entryPoints: filesOf("test/browser"),
  outdir: "build/browser",
  outExtension: { ".js": ".mjs" },
  packages: "external",
});

const folders = only === "browser" ? ["browser"] : only === "unit" ? ["18", "19"] : ["18", "19", "browser"];
const tests = folders.flatMap((name) => readdirSync(`build/${name}`).map((file) => resolve("build", name, file)));
const { status } = spawnSync(
  process.execPath,
  ["--test", "--test-concurrency=2", "--test-reporter=tap", ...tests.filter((file) => file.endsWith(".test.mjs"))],
  { stdio: "inherit" },
);
process.exitCode = status ?? 1;
