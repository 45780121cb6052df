// @ts-check
// Memory: both pages are left open for half an hour of a busy event. Time is the page's own, set forward second by
// second, and the server tells the time by it; after each stretch the garbage is collected and what is left is counted.

import { feed } from "./feed.js";
import { tell, units } from "./report.js";
import { atEnd, blank, READY } from "./stage.js";
import { BUSY, story } from "./story.js";

/** @typedef {import("./report.js").Row} Row */
/** @typedef {{ heap: number, nodes: number, listeners: number }} Left */

/**
 * What may be left more at the end than after the warm-up. By then every list has reached its bound: the copies, notices
 * and photos that a page keeps. 512 KB and 50 nodes are more than two readings of the same page differ by what is drawn
 * at that moment; a page that kept its messages would be far above them.
 */
const MOST = { heap: 512 * 1024, nodes: 50, listeners: 10 };
/** Where the story's clock begins: any evening. */
const EVENING = Date.parse("2026-11-21T17:00:00Z");

/**
 * @param {import("playwright-core").Browser} browser
 * @param {{ stretches: number[], stepMs: number, picture: Buffer, isPlanted: boolean }} options minutes at which is counted
 * @returns {Promise<Row[]>}
 */
export async function memory(browser, { stretches, stepMs, picture, isPlanted }) {
  let timeMs = EVENING;
  const told = story(BUSY, () => timeMs);
  const server = await feed({ states: told.states, clock: () => timeMs, picture });
  const pages = await Promise.all(
    /** @type {const} */ ([
      ["dashboard", "/admin"],
      ["monitors", "/monitors"],
    ]).map(async ([name, path]) => {
      const { page, context, wire } = await blank(browser);
      atEnd(() => context.close());
      /** @type {string[]} */
      const errors = [];
      page.on("pageerror", (error) => errors.push(error.message));
      await page.clock.install({ time: timeMs });
      await page.goto(server.origin + path);
      await page.waitForSelector(READY[name]);
      await page.clock.pauseAt(timeMs + 2_000);
      if (isPlanted) await plant(page);
      await wire.send("Performance.enable");
      return { name, page, context, wire, errors, left: /** @type {Left[]} */ ([]) };
    }),
  );
  timeMs += 2_000;
  const begunAt = timeMs;
  let messages = 0;
  for (const minute of stretches) {
    while (timeMs < begunAt + minute * 60_000) {
      timeMs += stepMs;
      const news = told.pass(stepMs);
      messages += news.length;
      server.tell(news);
      await server.drained();
      await Promise.all(pages.map(({ page }) => page.clock.runFor(stepMs)));
    }
    for (const { wire, left, name, errors } of pages) {
      if (errors.length > 0) throw new Error(`the ${name} page failed: ${errors[0]}`);
      left.push(await leftOf(wire));
    }
    const { arrived, noticed } = told.counts();
    tell(`memory: minute ${minute}, ${messages} messages, ${arrived} photos, ${noticed} notices`);
  }
  const minutes = stretches.at(-1) ?? 0;
  const rows = pages.flatMap(({ name, left }) => rowsOf(name, left, stretches));
  const asked = Object.entries(server.calls).filter(([path]) => path !== "/api/session");
  rows.push({
    what: `calls of both pages together in those ${minutes} minutes (${asked.map(([path, n]) => `${path} ${n}`).join(", ")})`,
    value: asked.reduce((sum, [, count]) => sum + count, 0) / minutes,
    unit: units.perMinute,
  });
  for (const { context } of pages) await context.close();
  return rows;
}

/** @param {import("playwright-core").CDPSession} wire @returns {Promise<Left>} */
async function leftOf(wire) {
  // What finalisers let go of is collected by the second.
  await wire.send("HeapProfiler.collectGarbage");
  await wire.send("HeapProfiler.collectGarbage");
  const { metrics } = await wire.send("Performance.getMetrics");
  const of = (/** @type {string} */ name) => metrics.find((metric) => metric.name === name)?.value ?? Number.NaN;
  return { heap: of("JSHeapUsedSize"), nodes: of("Nodes"), listeners: of("JSEventListeners") };
}

/** @param {"dashboard" | "monitors"} name @param {Left[]} left @param {number[]} stretches @returns {Row[]} */
function rowsOf(name, left, stretches) {
  const [warm, end] = [left[0], left.at(-1)];
  if (!warm || !end) throw new Error("nothing was counted");
  const span = `minutes ${stretches.join(", ")}`;
  const all = (/** @type {keyof Left} */ kind) =>
    left.map((one) => (kind === "heap" ? units.bytes?.(one.heap) : one[kind])).join(", ");
  const row = (/** @type {keyof Left} */ kind, /** @type {string} */ what, /** @type {Row["unit"]} */ unit) => ({
    what: `${name}, ${what} from minute ${stretches[0]} to ${stretches.at(-1)} of a busy event (${span}: ${all(kind)})`,
    value: end[kind] - warm[kind],
    unit,
    target: { most: MOST[kind] },
    isFact: true,
  });
  return [
    row("heap", "growth of the heap", units.change),
    row("nodes", "more nodes", units.count),
    row("listeners", "more listeners", units.count),
  ];
}

/** A leak as one would write it: each message is kept, with a node that shows it. @param {import("playwright-core").Page} page */
async function plant(page) {
  await page.evaluate(() => {
    const kept = /** @type {unknown[]} */ ([]);
    Object.assign(globalThis, { kept });
    new MutationObserver((changes) => {
      const node = document.createElement("p");
      node.addEventListener("click", () => kept.push(changes));
      kept.push(node, changes);
    }).observe(document.body, { subtree: true, childList: true, characterData: true });
  });
}
