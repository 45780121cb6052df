// @ts-check
// Every state of Now in every size, colour and language: it fits, it can be touched, it says what it must, and axe finds
// nothing. The screenshots are for people: e2e/shots/dashboard.

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { after, before, test } from "node:test";
import { fake } from "../fake.js";
import { launch, open } from "../open.js";
import { busy, changed, demoNow, empty, live, trouble } from "../states.js";
import { fits, hasLink, isAccessible, verdictIs } from "./page.js";

const SHOTS = new URL("../shots/dashboard/", import.meta.url);
const SIZES = [360, 390, 768, 1280];

/** @typedef {Awaited<ReturnType<typeof fake>>} Fake */
/** @typedef {import("playwright-core").Page} Page */
/**
 * @typedef {object} State
 * @property {() => import("../../contract/kilat-wire.ts").Now} now
 * @property {string} kind
 * @property {string} link
 * @property {string | RegExp} en
 * @property {string | RegExp} id
 * @property {string} [role]
 * @property {(server: Fake, page: Page) => Promise<unknown>} [bring] brings the page there once it is live
 */
/** @type {Record<string, State>} */
const STATES = {
  safe: { now: live, kind: "safe", link: "live", en: "410 photos are safe", id: "Aman: 410 foto tersimpan" },
  busy: { now: busy, kind: "busy", link: "live", en: "116 photos are on their way", id: "116 foto sedang disalin" },
  trouble: {
    now: trouble,
    kind: "trouble",
    link: "live",
    en: "Storage ssd-b/photos takes no copies",
    id: "Penyimpanan ssd-b/photos tidak menerima salinan",
  },
  refused: {
    now: trouble,
    kind: "trouble",
    link: "live",
    en: "Storage ssd-b/photos takes no copies",
    id: "Penyimpanan ssd-b/photos tidak menerima salinan",
    async bring(server, page) {
      server.refuse(true);
      await page.click(".now-problems button");
      await page.waitForSelector(".now-problems .command-word.is-refused");
    },
  },
  viewer: {
    now: trouble,
    role: "viewer",
    kind: "trouble",
    link: "live",
    en: "Storage ssd-b/photos takes no copies",
    id: "Penyimpanan ssd-b/photos tidak menerima salinan",
    bring: async (_, page) => assert.equal(await page.locator("main button:not(.tile)").count(), 0),
  },
  stale: {
    now: () => changed(live(), { maxAgeMs: 3_000 }),
    kind: "stale",
    link: "live",
    en: /^Last heard of Kilat \d+ s ago$/,
    id: /^Kabar terakhir dari Kilat \d+ dtk lalu$/,
    // Nothing new comes: the fake only speaks when it is told to.
    bring: (_, page) => page.waitForSelector("main.is-stale #verdict.is-stale"),
  },
  none: {
    now: live,
    kind: "stale",
    link: "none",
    en: /^This device lost Kilat (\d+ s ago|just now)$/,
    id: /^Perangkat ini kehilangan Kilat (\d+ dtk lalu|baru saja)$/,
    async bring(server, page) {
      server.answer(false);
      await page.waitForSelector("main.is-stale #verdict.is-stale");
    },
  },
  polling: {
    now: live,
    kind: "safe",
    link: "polling",
    en: "410 photos are safe",
    id: "Aman: 410 foto tersimpan",
    bring: async (server) => server.sockets(false),
  },
  empty: { now: empty, kind: "ready", link: "live", en: "Ready for the first photo", id: "Siap untuk foto pertama" },
  paused: {
    now: () => changed(busy(), { paused: true }),
    kind: "busy",
    link: "live",
    en: "Copying is paused",
    id: "Penyalinan dijeda",
  },
  demo: { now: demoNow, kind: "safe", link: "live", en: "410 photos are safe", id: "Aman: 410 foto tersimpan" },
};

/** @type {import("playwright-core").Browser} */
let browser;
before(async () => {
  mkdirSync(SHOTS, { recursive: true });
  browser = await launch();
});
after(() => browser.close());

test("Now as the documents show it", async () => {
  // Written into docs/img only when asked: every run has other ages.
  const folder = process.env["KILAT_BLESS"] ? new URL("../../docs/img/", import.meta.url) : SHOTS;
  const server = await fake(live());
  for (const [name, width, height, deviceScaleFactor] of /** @type {const} */ ([
    ["now-phone", 390, 844, 2],
    ["now-wide", 1280, 760, 1],
  ])) {
    const colorScheme = name === "now-wide" ? "dark" : "light";
    const { page, done } = await open(browser, server.url, {
      viewport: { width, height },
      deviceScaleFactor,
      colorScheme,
    });
    await hasLink(page, "live");
    assert.equal(await verdictIs(page, "safe"), "410 photos are safe");
    await page.waitForFunction(() => document.querySelectorAll(".tile img.is-there").length >= 6);
    await page.screenshot({ path: new URL(`${name}.png`, folder).pathname });
    await done();
  }
  await server.close();
});

for (const [name, state] of Object.entries(STATES)) {
  test(`${name}: every size, colour and language`, async () => {
    for (const language of /** @type {const} */ (["en", "id"])) {
      const server = await fake(state.now(), { ...(state.role && { role: state.role }) });
      const { page, done } = await open(browser, `${server.url}?lang=${language}`, { colorScheme: "light" });
      await hasLink(page, "live");
      await state.bring?.(server, page);
      await hasLink(page, state.link);
      const title = await verdictIs(page, state.kind);
      if (typeof state[language] === "string") assert.equal(title, state[language]);
      else assert.match(title, /** @type {RegExp} */ (state[language]));
      if (name !== "empty" && name !== "none" && name !== "stale") await page.waitForSelector(".tile img.is-there");
      for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
        await page.emulateMedia({ colorScheme });
        for (const width of SIZES) {
          await page.setViewportSize({ width, height: width < 600 ? 844 : 900 });
          await fits(page);
          await page.screenshot({ path: new URL(`${name}-${width}-${colorScheme}-${language}.png`, SHOTS).pathname });
        }
        // Wide last, then the phone: axe looks at both.
        await isAccessible(page);
        await page.setViewportSize({ width: 390, height: 844 });
        if (language === "en") await isAccessible(page);
      }
      await done();
      await server.close();
    }
  });
}
