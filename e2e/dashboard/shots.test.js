// @ts-check
// The pages from Backups to About as the real program fills them, when all is well and when it is not: in both sizes,
// colours and languages they fit, can be touched, and axe finds nothing. The screenshots are for people:
// e2e/shots/dashboard.

import assert from "node:assert/strict";
import { mkdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { launch, open } from "../open.js";
import { fits, hasLink, isAccessible } from "./page.js";
import { folderOfKilat, get, jpeg, NEVER_AN_ALARM, set, until } from "./program.js";

const SHOTS = new URL("../shots/dashboard/", import.meta.url);
const SIZES = /** @type {const} */ ([
  [360, 740],
  [1280, 900],
]);
/** What each page shows when it is there, in any language. */
const WELL = {
  backups: ".backups-safety, .backups-places",
  alerts: ".alerts-verdict.is-safe",
  storage: ".storage-verdict.is-safe",
  cameras: ".cameras .row",
  machine: ".machine-past :is(.empty, .machine-chart)",
  events: ".events .row",
  settings: ".settings .field",
  clients: ".clients-summary",
  about: ".about-report",
  more: ".more-look",
  photos: ".photos-pace",
};
const TROUBLE = {
  backups: ".backups-run .progress",
  alerts: ".alerts-verdict:is(.is-busy, .is-trouble)",
  storage: ".storage-verdict.is-trouble",
  cameras: ".cameras .row",
};
/** What lies over a page. */
const SHEETS = {
  "backups/start": "dialog .switch",
  "storage/add": "dialog .storage-form",
  "alerts/add": "dialog .alerts-form",
};

/** @type {import("playwright-core").Browser} */
let browser;
/** @type {ReturnType<typeof folderOfKilat>} */
let kilat;
/** @type {Awaited<ReturnType<ReturnType<typeof folderOfKilat>["start"]>>} */
let server;
/** @type {import("playwright-core").Page} */
let page;
/** @type {() => Promise<void>} */
let done;
before(async () => {
  mkdirSync(SHOTS, { recursive: true });
  kilat = folderOfKilat();
  mkdirSync(join(kilat.folder, "shelf"));
  browser = await launch();
  server = await kilat.start();
  await kilat.run(["destination", "add", "shelf", join(kilat.folder, "shelf"), "--kind", "backup"]);
  await kilat.run(["event", "create", "Ayu & Bima", "--date", "2026-11-22"]);
  ({ page, done } = await open(browser, server.link));
  await hasLink(page, "live");
  await set(page, NEVER_AN_ALARM);
  for (const [place, hue] of [20, 90, 200].entries()) kilat.shoot(`DSC_000${place}.JPG`, await jpeg(browser, hue));
  await until("three photos are safe", async () => (await get(page, "/api/now")).counts.stored === 3);
  const begun = await kilat.run(["backup", "start", "Garden wedding", "--wait"]);
  assert.equal(begun.code, 0, begun.said);
});
after(async () => {
  await browser.close();
  kilat.remove();
});

/** @param {string} state @param {Record<string, string>} pages @param {readonly (readonly [number, number])[]} sizes */
async function show(state, pages, sizes) {
  for (const language of ["en", "id"]) {
    await page.goto(`http://${server.http}/admin?lang=${language}`);
    await hasLink(page, "live");
    for (const [name, there] of Object.entries(pages)) {
      await page.evaluate((name) => {
        location.hash = `#/${name}`;
      }, name);
      await page.waitForSelector(there);
      for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
        await page.emulateMedia({ colorScheme });
        for (const [width, height] of sizes) {
          await page.setViewportSize({ width, height });
          await fits(page);
          const file = `${name.replace("/", "-")}-${state}-${width}-${colorScheme}-${language}.png`;
          await page.screenshot({ path: new URL(file, SHOTS).pathname, fullPage: !name.includes("/") });
        }
        // Each colour once, each language once, each size once.
        if ((colorScheme === "light") === (language === "en")) await isAccessible(page);
      }
      if (!name.includes("/")) continue;
      await page.goBack();
      await page.waitForSelector("dialog", { state: "detached" });
    }
  }
}

test("all is well: every page in every size, colour and language", async () => {
  await show("well", WELL, SIZES);
  await show("sheet", SHEETS, SIZES.slice(0, 1));
});

test("it is not: a disk is away, a file is cut off, a backup waits", async () => {
  renameSync(join(kilat.folder, "shelf"), join(kilat.folder, "pulled"));
  kilat.shoot("DSC_0009.JPG", (await jpeg(browser, 50)).subarray(0, 2_000));
  kilat.shoot("DSC_0010.JPG", await jpeg(browser, 60));
  await kilat.run(["backup", "start", "Garden wedding"]);
  await until("it stands open", async () => {
    const { notifications } = await get(page, "/api/notifications");
    return notifications.filter((/** @type {any} */ { state }) => state === "open").length >= 2;
  });
  await show("trouble", TROUBLE, SIZES);
  await done();
});
