// @ts-check
// From the cause to the screen: photos are written into the hot folder of the real program, and the clock runs from just
// before the writer's `close` until after the first frame in which the page shows the photo. A plain client in this
// process hears of the same photos over a socket of its own: what lies between is the page's share.

import { closeSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { WebSocket } from "ws";

import { percentile, tell, units } from "./report.js";
import { atEnd, blank, NEVER_MS, READY, site, startKilat } from "./stage.js";

/** @typedef {import("./report.js").Row} Row */

/** Where a photo is shown, and as what: its name on the dashboard, how many there are on the monitors. */
const SHOWN = {
  dashboard: { selector: ".tile-name", text: (/** @type {number} */ place) => stem(place) },
  monitors: { selector: ".kl-figure", text: (/** @type {number} */ place) => String(place) },
};
/** @param {number} place */
const stem = (place) => `DSC_${String(place).padStart(4, "0")}`;
/** A photographer who looks before the next: never in step with anything that is told ten times a second. */
const calm = (/** @type {number} */ place) => 300 + ((place * 97) % 400);
/** One who keeps the shutter pressed. */
const HURRIED_MS = 100;

/**
 * @param {import("playwright-core").Browser} browser
 * @param {{ photos: number, picture: Buffer }} options
 * @returns {Promise<Row[]>}
 */
export async function screen(browser, { photos, picture }) {
  /** @type {Row[]} */
  const rows = [];
  const studio = await site();
  for (const name of /** @type {const} */ (["dashboard", "monitors"])) {
    const kilat = await startKilat({ origin: studio.origin });
    const { page, context } = await blank(browser);
    const home = `http://127.0.0.1:${kilat.port}/admin#in=${kilat.code}`;
    await page.goto(name === "monitors" ? studio.monitors(kilat.port) : home);
    await page.waitForSelector(READY[name]);
    const { selector, text } = SHOWN[name];
    await watch(page, selector);
    const heard = await listen(kilat.port);
    /** @type {Map<number, number>} */
    const closed = new Map();
    const write = (/** @type {number} */ place) => {
      const file = openSync(join(kilat.hot, `${stem(place)}.JPG`), "w");
      writeSync(file, picture);
      // After the end: another content, and so another photo.
      writeSync(file, `${place}`);
      closed.set(place, Date.now());
      closeSync(file);
    };
    for (let place = 1; place <= photos; place += 1) {
      write(place);
      await pause(calm(place));
      if (place % 10 === 0) tell(`screen: ${name}, ${place} of ${photos} photos`);
    }
    for (let place = photos + 1; place <= 2 * photos; place += 1) {
      write(place);
      await pause(HURRIED_MS);
    }
    const seen = await shown(page, text(2 * photos));
    const span = (/** @type {number} */ from, /** @type {(place: number) => number | undefined} */ when) =>
      Array.from({ length: photos }, (_, place) => from + place).flatMap((place) => {
        const at = when(place);
        return at === undefined ? [] : [at - (closed.get(place) ?? 0)];
      });
    const onScreen = (/** @type {number} */ from) => span(from, (place) => seen.get(text(place)));
    const atClient = (/** @type {number} */ from) => span(from, (place) => heard.get(`${stem(place)}.JPG`));
    rows.push(
      ...rowsOf(`close → on the ${name}'s screen, ${photos} photos, some 2 a second`, onScreen(1), atClient(1), true),
      ...rowsOf(
        `close → on the ${name}'s screen, ${photos} photos, 10 a second`,
        onScreen(photos + 1),
        atClient(photos + 1),
        false,
      ),
    );
    if (name === "dashboard")
      rows.push({
        what: `${name}: photos of ${2 * photos} that never had a frame of their own`,
        value: 2 * photos - onScreen(1).length - onScreen(photos + 1).length,
        unit: units.count,
        target: { most: 0 },
        isFact: true,
      });
    await context.close();
  }
  return rows;
}

/** Notes when each text first stood there, after the frame that drew it. @param {import("playwright-core").Page} page @param {string} selector */
async function watch(page, selector) {
  await page.evaluate((selector) => {
    const shown = /** @type {Record<string, number>} */ ({});
    Object.assign(globalThis, { shown });
    const known = new Set();
    new MutationObserver(() => {
      const fresh = [...document.querySelectorAll(selector)].map((one) => one.textContent ?? "");
      const first = fresh.filter((text) => !known.has(text));
      for (const text of first) known.add(text);
      if (first.length === 0) return;
      requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => {
          for (const text of first) shown[text] = Date.now();
        };
        port2.postMessage(0);
      });
    }).observe(document.body, { subtree: true, childList: true, characterData: true });
  }, selector);
}

/** What was shown when, once the last one is. @param {import("playwright-core").Page} page @param {string} last */
async function shown(page, last) {
  await page.waitForFunction((last) => /** @type {any} */ (globalThis).shown[last] !== undefined, last, {
    polling: 200,
    timeout: NEVER_MS,
  });
  const all = await page.evaluate(() => /** @type {Record<string, number>} */ (/** @type {any} */ (globalThis).shown));
  return new Map(Object.entries(all));
}

/** When a plain client first heard of each file. @param {number} port */
async function listen(port) {
  /** @type {Map<string, number>} */
  const heard = new Map();
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`);
  atEnd(() => socket.terminate());
  socket.on("open", () =>
    socket.send(JSON.stringify({ type: "subscribe", payload: { channels: ["dslr", "upload"] } })),
  );
  await new Promise((told, failed) => {
    socket.on("error", failed);
    socket.on("message", (data) => {
      const at = Date.now();
      const { type, payload } = JSON.parse(String(data));
      if (type === "subscribed") told(undefined);
      if (payload.fileName && !heard.has(payload.fileName)) heard.set(payload.fileName, at);
    });
  });
  return heard;
}

/** @param {string} what @param {number[]} page @param {number[]} client @param {boolean} isAsked @returns {Row[]} */
function rowsOf(what, page, client, isAsked) {
  const rival = "a plain client of the same socket";
  return /** @type {[string, number, number | undefined][]} */ ([
    ["p50", 0.5, undefined],
    ["p95", 0.95, isAsked ? 100 : undefined],
    ["most", 1, undefined],
  ]).map(([name, share, most]) => ({
    what: `${what}: ${name}`,
    value: percentile(page, share),
    unit: units.ms,
    against: { what: rival, value: percentile(client, share) },
    ...(most !== undefined && { target: { most } }),
  }));
}
