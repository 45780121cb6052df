// @ts-check
// `node e2e/bench/main.js [--quick] [--only NAME]… [--planted] [--profile DIR] [--strict]`: how fast and how quiet the
// pages are, as a table. KILAT_BIN names the program, CHROMIUM the browser, BENCH_PAGES the folder of the built page.

import { parseArgs } from "node:util";

import { calls } from "./calls.js";
import { frames } from "./frames.js";
import { load } from "./load.js";
import { memory } from "./memory.js";
import { Report, tell } from "./report.js";
import { screen } from "./screen.js";
import { endAll, jpeg, launch } from "./stage.js";

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    only: { type: "string", multiple: true, default: [] },
    planted: { type: "boolean", default: false },
    strict: { type: "boolean", default: false },
    profile: { type: "string" },
  },
});
const { quick, profile } = values;
const isPlanted = values.planted ?? false;

/** @typedef {import("playwright-core").Browser} Browser */
/** Those that need a quiet machine stand last. @type {Record<string, (browser: Browser, picture: Buffer) => Promise<import("./report.js").Row[]>>} */
const MEASURES = {
  calls: (browser) => calls(browser, { minutes: 10, isSimulated: quick }),
  memory: (browser, picture) =>
    memory(browser, {
      stretches: quick ? [3, 5] : [5, 10, 20, 30],
      stepMs: quick ? 5_000 : 1_000,
      picture,
      isPlanted,
    }),
  frames: (browser, picture) =>
    frames(browser, { seconds: quick ? 1 : 30, settleMs: quick ? 300 : 2_000, picture, profile }),
  screen: (browser, picture) => screen(browser, { photos: quick ? 5 : 50, picture }),
  load: (browser) => load(browser, { rounds: quick ? 1 : 5, networks: quick ? 1 : 2 }),
};
for (const name of values.only) if (!(name in MEASURES)) throw new Error(`--only ${Object.keys(MEASURES).join("|")}`);

const report = new Report();
const judged = quick ? "facts" : "all";
process.on("SIGINT", () => endAll().then(() => process.exit(130)));
try {
  const browser = await launch();
  const picture = await jpeg(browser);
  for (const [name, measure] of Object.entries(MEASURES)) {
    if (values.only.length > 0 && !values.only.includes(name)) continue;
    const begunAt = performance.now();
    report.add(...(await measure(browser, picture)));
    tell(`${name}: ${Math.round((performance.now() - begunAt) / 1000)} s`);
  }
} finally {
  await endAll();
}
process.stdout.write(`\n${report.table(judged)}\n`);
const missed = report.missed(values.strict ? "all" : "facts");
if (missed.length > 0) {
  process.stderr.write(`missed: ${missed.join("; ")}\n`);
  process.exitCode = 1;
}
