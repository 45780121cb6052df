// @ts-check
// The first load on a phone of the middle range: nothing kept, a processor four times slower, the network narrowed. The
// door as a stranger sees it, the dashboard as somebody sees it who is signed in, and beside them the smallest answer of
// the same server under the same limits.

import { percentile, tell, units } from "./report.js";
import { blank, startKilat } from "./stage.js";

/** @typedef {import("./report.js").Row} Row */
/** @typedef {{ painted: number, useful: number, scripts: number, all: number }} Loaded */

/** Lighthouse calls the processor of a phone of the middle range four times slower than a computer's. */
const SLOWER = 4;
/** Bits a second and milliseconds there and back. */
const NETWORKS = /** @type {const} */ ([
  { name: "slow 4G (1.6 Mbit/s, 150 ms)", down: 1.6e6, up: 750e3, latency: 150 },
  { name: "a venue's Wi-Fi (10 Mbit/s, 40 ms)", down: 10e6, up: 5e6, latency: 40 },
]);
const PAGES = /** @type {const} */ ([
  { name: "an empty page of the same server", path: "/health", useful: "body", isIn: false },
  { name: "the door", path: "/admin", useful: ".door form", isIn: false },
  { name: "the dashboard, signed in", path: "/admin", useful: "#verdict.is-ready, #verdict.is-safe", isIn: true },
]);
/** Of JavaScript, packed. */
const MOST_BYTES = 100 * 1_024;
const MOST_PAINTED_MS = 1_000;
const PHONE = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 3, isMobile: true, hasTouch: true };

/**
 * @param {import("playwright-core").Browser} browser
 * @param {{ rounds: number, networks: number }} options the median counts; how many of the networks
 * @returns {Promise<Row[]>}
 */
export async function load(browser, { rounds, networks }) {
  const kilat = await startKilat();
  const origin = `http://127.0.0.1:${kilat.port}`;
  const cookies = await signIn(browser, `${origin}/admin#in=${kilat.code}`);
  /** @type {Row[]} */
  const rows = [];
  for (const network of NETWORKS.slice(0, networks)) {
    /** @type {Map<string, Loaded>} */
    const found = new Map();
    for (const kind of PAGES) {
      /** @type {Loaded[]} */
      const all = [];
      for (let round = 0; round < rounds; round += 1) all.push(await once(browser, origin, kind, network, cookies));
      const median = (/** @type {keyof Loaded} */ name) =>
        percentile(
          all.map((one) => one[name]),
          0.5,
        );
      found.set(kind.name, {
        painted: median("painted"),
        useful: median("useful"),
        scripts: median("scripts"),
        all: median("all"),
      });
      tell(`load: ${kind.name} over ${network.name}`);
    }
    rows.push(...rowsOf(network, found));
  }
  return rows;
}

/** @param {import("playwright-core").Browser} browser @param {string} link */
async function signIn(browser, link) {
  const { page, context } = await blank(browser);
  await page.goto(link);
  await page.waitForSelector("#verdict");
  const cookies = await context.cookies();
  await context.close();
  return cookies;
}

/**
 * One load by a browser that has nothing of it.
 * @param {import("playwright-core").Browser} browser @param {string} origin @param {(typeof PAGES)[number]} kind
 * @param {(typeof NETWORKS)[number]} network @param {import("playwright-core").Cookie[]} cookies
 * @returns {Promise<Loaded>}
 */
async function once(browser, origin, kind, network, cookies) {
  const { page, context, wire } = await blank(browser, PHONE);
  if (kind.isIn) await context.addCookies(cookies);
  await wire.send("Network.enable");
  await wire.send("Network.emulateNetworkConditions", {
    offline: false,
    latency: network.latency,
    downloadThroughput: network.down / 8,
    uploadThroughput: network.up / 8,
  });
  await wire.send("Emulation.setCPUThrottlingRate", { rate: SLOWER });
  /** @type {Map<string, string>} */
  const asked = new Map();
  const bytes = { scripts: 0, all: 0 };
  wire.on("Network.responseReceived", ({ requestId, response }) => asked.set(requestId, response.url));
  wire.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
    bytes.all += encodedDataLength;
    if (asked.get(requestId)?.endsWith(".js")) bytes.scripts += encodedDataLength;
  });
  // Before the page: when what somebody came for is drawn.
  await page.addInitScript((selector) => {
    const look = new MutationObserver(() => {
      if (!document.querySelector(selector)) return;
      look.disconnect();
      requestAnimationFrame(() => Object.assign(globalThis, { usefulAt: performance.now() }));
    });
    look.observe(document, { subtree: true, childList: true, attributes: true });
  }, kind.useful);
  await page.goto(origin + kind.path);
  await page.waitForFunction(
    () =>
      /** @type {any} */ (globalThis).usefulAt !== undefined &&
      performance.getEntriesByName("first-contentful-paint").length > 0,
  );
  const [painted, useful] = await page.evaluate(() => [
    performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? Number.NaN,
    /** @type {number} */ (/** @type {any} */ (globalThis).usefulAt),
  ]);
  await context.close();
  return { painted: painted ?? Number.NaN, useful: useful ?? Number.NaN, ...bytes };
}

/** @param {(typeof NETWORKS)[number]} network @param {Map<string, Loaded>} found @returns {Row[]} */
function rowsOf({ name }, found) {
  const [[what, empty] = ["", undefined], ...pages] = [...found];
  if (!empty) throw new Error("nothing to compare with");
  return pages.flatMap(([page, loaded]) => [
    {
      what: `${page}, ${name}: first contentful paint`,
      value: loaded.painted,
      unit: units.ms,
      against: { what, value: empty.painted },
      target: { most: MOST_PAINTED_MS },
    },
    {
      what: `${page}, ${name}: what one came for is drawn`,
      value: loaded.useful,
      unit: units.ms,
      against: { what, value: empty.painted },
    },
    {
      what: `${page}, ${name}: JavaScript on the wire (of ${units.bytes?.(loaded.all)} in all)`,
      value: loaded.scripts,
      unit: units.bytes,
      target: { most: MOST_BYTES },
      isFact: true,
    },
  ]);
}
