// @ts-check
// 200 messages a second for a while: does the page go on drawing 60 frames a second, and how busy is its thread? Beside
// it, in the same run: the same page with nothing to say, and a page without a framework under the same messages.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { feed } from "./feed.js";
import { percentile, tell, units } from "./report.js";
import { blank, READY } from "./stage.js";
import { FLOOD, story } from "./story.js";

/** @typedef {import("./report.js").Row} Row */
/** @typedef {{ intervals: number[], busy: number, script: number, layout: number, received: number }} Seen */

/** Of a screen with 60 frames a second. */
const FRAME_MS = 1_000 / 60;
/** So often is something told: in the bunches in which a server writes. */
const BEAT_MS = 20;
const PAGES = /** @type {const} */ ([
  ["the naive page", "/naive", "p"],
  ["dashboard", "/admin", READY.dashboard],
  ["monitors", "/monitors", READY.monitors],
]);

/**
 * @param {import("playwright-core").Browser} browser
 * @param {{ seconds: number, settleMs: number, picture: Buffer, profile: string | undefined }} options until what opening the
 * page cost is over; where profiles go
 * @returns {Promise<Row[]>}
 */
export async function frames(browser, { seconds, settleMs, picture, profile }) {
  const told = story(FLOOD, Date.now);
  const server = await feed({ states: told.states, clock: Date.now, picture });
  /** @type {Map<string, { idle: Seen, flooded: Seen }>} */
  const seen = new Map();
  for (const [name, path, ready] of PAGES) {
    const { page, context, wire } = await blank(browser);
    await page.goto(server.origin + path);
    await page.waitForSelector(ready);
    await wire.send("Performance.enable");
    await page.evaluate((ms) => new Promise((done) => setTimeout(done, ms)), settleMs);
    const idle = await watch(page, wire, Math.max(1, seconds / 3));
    if (profile) await begin(wire);
    let sent = 0;
    let passedAt = performance.now();
    const beat = setInterval(() => {
      const at = performance.now();
      const news = told.pass(at - passedAt);
      passedAt = at;
      sent += news.length;
      server.tell(news);
    }, BEAT_MS);
    const flooded = await watch(page, wire, seconds);
    clearInterval(beat);
    if (profile) await end(wire, profile, name);
    tell(`frames: ${name}, ${Math.round(sent / seconds)} messages a second told`);
    seen.set(name, { idle, flooded: { ...flooded, received: sent / seconds } });
    await context.close();
  }
  const naive = seen.get(PAGES[0][0])?.flooded;
  return [...seen].flatMap(([name, { idle, flooded }]) => rowsOf(name, idle, flooded, naive));
}

/** @param {import("playwright-core").Page} page @param {import("playwright-core").CDPSession} wire @param {number} seconds */
async function watch(page, wire, seconds) {
  const of = async () => {
    const { metrics } = await wire.send("Performance.getMetrics");
    return new Map(metrics.map(({ name, value }) => [name, value]));
  };
  const before = await of();
  const intervals = await page.evaluate(
    (ms) =>
      /** @type {Promise<number[]>} */ (
        new Promise((done) => {
          const intervals = /** @type {number[]} */ ([]);
          const begunAt = performance.now();
          let last = 0;
          const frame = (/** @type {number} */ at) => {
            if (last > 0) intervals.push(at - last);
            last = at;
            if (performance.now() - begunAt < ms) requestAnimationFrame(frame);
            else done(intervals);
          };
          requestAnimationFrame(frame);
        })
      ),
    seconds * 1_000,
  );
  const after = await of();
  const wall = (after.get("Timestamp") ?? 0) - (before.get("Timestamp") ?? 0);
  const share = (/** @type {string} */ name) => ((after.get(name) ?? 0) - (before.get(name) ?? 0)) / wall;
  return {
    intervals,
    busy: share("TaskDuration"),
    script: share("ScriptDuration"),
    layout: share("LayoutDuration") + share("RecalcStyleDuration"),
    received: 0,
  };
}

/** @param {string} name @param {Seen} idle @param {Seen} flooded @param {Seen | undefined} naive @returns {Row[]} */
function rowsOf(name, idle, flooded, naive) {
  const isNaive = flooded === naive;
  const { intervals } = flooded;
  const fps = (/** @type {number[]} */ all) => (all.length * 1_000) / all.reduce((sum, one) => sum + one, 0);
  const dropped = (/** @type {number[]} */ all) =>
    all.reduce((sum, one) => sum + Math.max(0, Math.round(one / FRAME_MS) - 1), 0) / Math.max(1, all.length);
  const at = `${name}, ${Math.round(flooded.received)} messages a second`;
  const idly = { what: "the same page idle", value: idle.busy };
  const parts = `script ${units.share?.(flooded.script)}, style and layout ${units.share?.(flooded.layout)}`;
  const times = [0.5, 0.95, 1].map((share) => percentile(intervals, share).toFixed(1)).join(", ");
  /** @type {Row[]} */
  const rows = [
    {
      what: `${at}: frames (between them, p50, p95, longest: ${times} ms)`,
      value: fps(intervals),
      unit: units.rate,
      against: { what: "the same page idle", value: fps(idle.intervals) },
      ...(!isNaive && { target: { least: 59 } }),
    },
    {
      what: `${at}: frames dropped`,
      value: dropped(intervals),
      unit: units.share,
      against: { what: "the same page idle", value: dropped(idle.intervals) },
    },
    {
      what: `${at}: main thread busy (${parts})`,
      value: flooded.busy,
      unit: units.share,
      against: idly,
      ...(!isNaive && { target: { most: 0.2 } }),
    },
  ];
  if (!isNaive && naive)
    rows.push({
      what: `${at}: main thread busy`,
      value: flooded.busy,
      unit: units.share,
      against: { what: "the naive page under the same", value: naive.busy },
    });
  return rows;
}

/** @param {import("playwright-core").CDPSession} wire */
async function begin(wire) {
  await wire.send("Profiler.enable");
  await wire.send("Profiler.setSamplingInterval", { interval: 200 });
  await wire.send("Profiler.start");
}

/** A CPU profile as a file that a browser's tools open. @param {import("playwright-core").CDPSession} wire @param {string} folder @param {string} name */
async function end(wire, folder, name) {
  const { profile } = await wire.send("Profiler.stop");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${name.replaceAll(" ", "-")}.cpuprofile`), JSON.stringify(profile));
}
