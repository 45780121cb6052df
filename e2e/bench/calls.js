// @ts-check
// Calls that open pages make, counted in front of the real program while a virtual photographer shoots: connected, and
// with every socket refused. Refused upgrades count; pictures of new photos are counted apart.

import { setTimeout as pause } from "node:timers/promises";

import { door } from "../example/door.js";
import { tell, units } from "./report.js";
import { atEnd, blank, READY, site, startKilat } from "./stage.js";

/** @typedef {import("./report.js").Row} Row */
/** @typedef {{ way: Awaited<ReturnType<typeof door>>, page: import("playwright-core").Page, name: "dashboard" | "monitors" | "polling", isRefused: boolean }} World */

/** The most that is asked of both pages together, a minute. */
const MOST = { connected: 1, refused: 6 };
/** How the replaced design's monitors asked: two every 10 s, one every two minutes. Its document counts 18 a minute. */
const POLLED = /** @type {const} */ ([
  ["/api/dslr/status", 10_000],
  ["/api/admin/backup/status", 10_000],
  ["/api/admin/monitoring?type=metrics", 120_000],
]);
/** How long the page's own time goes on at once where it is set forward: shorter than anything waits for an answer. */
const STEP_MS = 2_000;

/**
 * @param {import("playwright-core").Browser} browser
 * @param {{ minutes: number, isSimulated: boolean }} options by the pages' own time, set forward, or by the world's
 * @returns {Promise<Row[]>}
 */
export async function calls(browser, { minutes, isSimulated }) {
  const studio = await site();
  const kilat = await startKilat({ kind: "demo", origin: studio.origin, flags: ["--rate", "12/min"] });
  /** @type {World[]} */
  const worlds = [];
  for (const name of /** @type {const} */ (["polling", "dashboard", "monitors"])) {
    for (const isRefused of name === "polling" ? [false] : [false, true]) {
      const way = await door(0, kilat.port);
      atEnd(() => way.close());
      const { page, context } = await blank(browser);
      atEnd(() => context.close());
      if (isSimulated) {
        await page.clock.install();
        await page.addInitScript(chance);
      }
      const origin = `http://127.0.0.1:${way.port}`;
      const addresses = {
        polling: `${origin}/health`,
        monitors: studio.monitors(way.port),
        dashboard: `${origin}/admin#in=${kilat.code}`,
      };
      await page.goto(addresses[name]);
      if (name === "polling") await poll(page);
      else await page.waitForSelector(READY[name]);
      if (isSimulated) await page.clock.pauseAt(Date.now() + 1_000);
      worlds.push({ way, page, name, isRefused });
    }
  }
  for (const { way, page, isRefused } of worlds) {
    if (isRefused) {
      if (isSimulated) await refuse(page);
      way.sockets(false);
    }
    way.counted();
  }
  /** By page and way, of each minute. @type {Map<World, Record<string, number>[]>} */
  const counted = new Map(worlds.map((world) => [world, []]));
  for (let minute = 1; minute <= minutes; minute += 1) {
    if (isSimulated) await Promise.all(worlds.map(forward));
    else await pause(60_000);
    for (const [{ way, page, isRefused }, all] of counted) {
      all.push({ ...way.counted(), ...(isRefused && isSimulated && { upgrade: await attempts(page) }) });
    }
    const now = [...counted].map(
      ([{ name, isRefused }, all]) => `${name}${isRefused ? ", refused" : ""} ${sum(all.slice(-1))}`,
    );
    tell(`calls: minute ${minute} of ${minutes}: ${now.join("; ")}`);
  }
  for (const { page } of worlds) await page.context().close();
  return [false, true].flatMap((isRefused) => rowsOf(counted, isRefused, minutes, isSimulated));
}

/** The same chances in each run: a count is the client's doing, not luck's. */
function chance() {
  let state = 1;
  Math.random = () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

/** A page that polls as the replaced one did. @param {import("playwright-core").Page} page */
async function poll(page) {
  await page.evaluate((all) => {
    for (const [path, ms] of all) setInterval(() => fetch(path), ms);
  }, POLLED);
}

/**
 * Refuses sockets within the page. A browser makes an attempt wait for seconds of the world's time after others have
 * failed, which is minutes of the page's where that is set forward: fewer would reach the door than the page makes.
 * @param {import("playwright-core").Page} page
 */
async function refuse(page) {
  await page.evaluate(() => {
    const counter = Object.assign(globalThis, { attempts: 0 });
    class Refused {
      readyState = 3;
      bufferedAmount = 0;
      /** @type {((event: object) => void) | null} */
      onclose = null;
      constructor() {
        counter.attempts += 1;
        queueMicrotask(() => this.onclose?.({ code: 1006, reason: "" }));
      }
      send() {}
      close() {}
    }
    Object.assign(globalThis, { WebSocket: Refused });
  });
}

/** Those since the last time. @param {import("playwright-core").Page} page @returns {Promise<number>} */
function attempts(page) {
  return page.evaluate(() => {
    const { attempts } = /** @type {any} */ (globalThis);
    Object.assign(globalThis, { attempts: 0 });
    return attempts;
  });
}

/** A minute of the page's time; what it asks is answered in the world's. @param {World} world */
async function forward({ page, way }) {
  for (let ms = 0; ms < 60_000; ms += STEP_MS) {
    await page.clock.runFor(STEP_MS);
    await way.quiet();
    // What came through the door is with the page, and the page has seen to it.
    await page.evaluate(
      () =>
        new Promise((seen) => {
          const { port1, port2 } = new MessageChannel();
          port1.onmessage = () => seen(undefined);
          port2.postMessage(0);
        }),
    );
  }
}

/** @param {string} what */
const isPicture = (what) => what.endsWith("/preview");
/** @param {Record<string, number>[]} minutes @param {(what: string) => boolean} [counts] */
const sum = (minutes, counts = (what) => !isPicture(what)) =>
  minutes.flatMap(Object.entries).reduce((all, [what, count]) => all + (counts(what) ? count : 0), 0);

/** @param {Map<World, Record<string, number>[]>} counted @param {boolean} isRefused @param {number} minutes @param {boolean} isSimulated @returns {Row[]} */
function rowsOf(counted, isRefused, minutes, isSimulated) {
  const own = [...counted].filter(([world]) => world.isRefused === isRefused);
  const how = isRefused ? "sockets refused" : "connected";
  const span = `${minutes} ${isSimulated ? "simulated " : ""}minutes`;
  const most = isRefused ? MOST.refused : MOST.connected;
  const polled = [...counted].find(([{ name }]) => name === "polling")?.[1] ?? [];
  const pages = own.filter(([{ name }]) => name !== "polling");
  const rows = pages.map(([{ name }, all]) => ({
    what: `${name}, ${how}, ${span}: calls (${list(all)})`,
    value: sum(all) / minutes,
    unit: units.perMinute,
    against: { what: "a page that polls as the replaced monitors did", value: sum(polled) / minutes },
    target: { most },
    isFact: true,
  }));
  const busiest = pages.map(([{ name }, all]) => ({
    what: `${name}, ${how}: calls in the busiest of these minutes`,
    value: Math.max(...all.map((minute) => sum([minute]))),
    unit: units.count,
  }));
  const pictures = pages
    .filter(([{ name }]) => name === "dashboard")
    .map(([{ name }, all]) => ({
      what: `${name}, ${how}: pictures of new photos`,
      value: sum(all, isPicture) / minutes,
      unit: units.perMinute,
    }));
  return [...rows, ...busiest, ...pictures];
}

/** What was asked, most first. @param {Record<string, number>[]} minutes */
function list(minutes) {
  /** @type {Map<string, number>} */
  const all = new Map();
  for (const [what, count] of minutes.flatMap(Object.entries))
    if (!isPicture(what)) all.set(what, (all.get(what) ?? 0) + count);
  const lines = [...all].sort(([, a], [, b]) => b - a).map(([what, count]) => `${count} × \`${what}\``);
  return lines.join(", ") || "none";
}
