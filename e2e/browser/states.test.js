// @ts-check
// Every state in every size, colour and language: it fits, it can be touched, it says what it must.

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { after, before, test } from "node:test";

import { fake } from "../fake.js";
import { busy, changed, demoNow, empty, hostile, live, trouble } from "../states.js";
import { hasLink, launch, open, verdictIs } from "./open.js";

const SHOTS = new URL("../shots/", import.meta.url);
const SIZES = [360, 390, 768, 1280];
const STATES = {
  empty: { now: empty, kind: "ready", en: "Ready for the first photo", id: "Siap untuk foto pertama" },
  live: { now: live, kind: "safe", en: "410 photos are safe", id: "Aman: 410 foto tersimpan" },
  busy: { now: busy, kind: "busy", en: "116 photos are on their way", id: "116 foto sedang disalin" },
  trouble: {
    now: trouble,
    kind: "trouble",
    en: "Storage ssd-b/photos takes no copies",
    id: "Penyimpanan ssd-b/photos tidak menerima salinan",
  },
  paused: {
    now: () => changed(busy(), { paused: true }),
    kind: "busy",
    en: "Copying is paused",
    id: "Penyalinan dijeda",
  },
  demo: { now: demoNow, kind: "safe", en: "410 photos are safe", id: "Aman: 410 foto tersimpan" },
};

/** @type {import("playwright-core").Browser} */
let browser;
before(async () => {
  mkdirSync(SHOTS, { recursive: true });
  browser = await launch();
});
after(() => browser.close());

/** Fits the width, and everything that can be touched is large enough. @param {import("playwright-core").Page} page */
async function fits(page) {
  const found = await page.evaluate(() => {
    const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
    const small = [...document.querySelectorAll("button")]
      .filter((button) => button.offsetParent !== null)
      .map((button) => ({ text: button.textContent, ...button.getBoundingClientRect().toJSON() }))
      .filter(({ width, height }) => width < 44 || height < 44);
    return { wide, small };
  });
  assert.deepEqual(found, { wide: 0, small: [] });
}

for (const [name, state] of Object.entries(STATES)) {
  test(`${name}: every size, colour and language`, async () => {
    const server = await fake(state.now());
    for (const language of /** @type {const} */ (["en", "id"])) {
      for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
        const { page, done } = await open(browser, `${server.url}?lang=${language}`, { colorScheme });
        await hasLink(page, "live");
        assert.equal(await verdictIs(page, state.kind), state[language]);
        for (const width of SIZES) {
          await page.setViewportSize({ width, height: width < 600 ? 844 : 900 });
          await fits(page);
          await page.screenshot({ path: new URL(`${name}-${width}-${colorScheme}-${language}.png`, SHOTS).pathname });
        }
        await done();
      }
    }
    await server.close();
  });
}

test("at 360 × 640 the verdict, the way and the counts are seen without scrolling", async () => {
  const server = await fake(live());
  const { page, done } = await open(browser, server.url, { viewport: { width: 360, height: 640 } });
  await verdictIs(page, "safe");
  for (const part of ["#link", "#verdict", "#way", "#counts"]) {
    const box = await page.locator(part).boundingBox();
    assert.ok(box && box.y + box.height <= 640, `${part} ends at ${box && box.y + box.height}`);
  }
  await done();
  await server.close();
});

test("what cameras write stays text", async () => {
  const server = await fake(hostile());
  const { page, done } = await open(browser, server.url);
  await verdictIs(page, "busy");
  assert.equal(await page.title(), "Kilat");
  assert.equal(await page.locator("main script, main img:not(.tile img)").count(), 0);
  assert.ok((await page.textContent("#newest"))?.includes("<img src=x"));
  await fits(page);
  await done();
  await server.close();
});

test("a photo opens with its receipts and closes again", async () => {
  const server = await fake(live());
  const { page, done } = await open(browser, server.url);
  await page.click(".tile >> nth=0");
  await page.waitForSelector("dialog[open] .row.is-good");
  const text = (await page.textContent("dialog")) ?? "";
  for (const part of ["DSC_0412", "NIKON Z 9", "disk-a", "read back from the disk itself", "disk-b", "9b9b"]) {
    assert.ok(text.includes(part), part);
  }
  await fits(page);
  await page.screenshot({ path: new URL("sheet-390-light-en.png", SHOTS).pathname });
  await page.click("dialog .button");
  await page.waitForSelector("dialog", { state: "hidden" });
  await done();
  await server.close();
});

test("a command is asked once and the server's word is shown", async () => {
  const server = await fake(trouble());
  const { page, done } = await open(browser, server.url);
  await verdictIs(page, "trouble");
  await page.click("#problems .button");
  await page.waitForFunction(() => document.querySelector("#problems .answer")?.textContent === "Done");
  assert.deepEqual(server.asked, ["/api/uploads/retry 1"]);
  await done();
  await server.close();
});

test("a change is drawn without losing what stands there, and a notice passes by", async () => {
  const server = await fake(live());
  const { page, done } = await open(browser, server.url);
  await page.waitForSelector(".tile.has-picture");
  await page.evaluate(() => document.querySelector(".tile")?.setAttribute("data-kept", "yes"));
  server.tell(changed(live(), { counts: { ...live().counts, held: 411, stored: 411, safe: 411 } }));
  await page.waitForFunction(() => document.querySelector("#verdict .title")?.textContent === "411 photos are safe");
  assert.equal(await page.locator('.tile[data-kept="yes"]').count(), 1);
  server.notify({
    id: "m",
    type: "event_milestone",
    title: "Milestone",
    message: "",
    priority: "low",
    data: { photos: "250" },
    showToast: true,
    persistent: false,
  });
  await page.waitForSelector('.toast:has-text("250 photos are safe")');
  await done();
  await server.close();
});

test("language, colours and brightness stay as the viewer chose them", async () => {
  const server = await fake(live());
  const { page, done } = await open(browser, server.url);
  await verdictIs(page, "safe");
  await page.click('#more button:has-text("Bahasa")');
  await page.waitForFunction(() => document.documentElement.lang === "id");
  await page.click('#more button:has-text("Warna")');
  await page.click('#more button:has-text("Terang") >> nth=-1');
  await page.reload();
  await page.waitForFunction(() => document.documentElement.lang === "id");
  assert.equal(await page.getAttribute("html", "data-theme"), "light");
  assert.equal(await page.getAttribute("html", "class"), "is-bright");
  await fits(page);
  await done();
  await server.close();
});
