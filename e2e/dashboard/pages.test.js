// @ts-check
// What one does with the dashboard: photos and their receipts, commands, pages by keyboard, choices that stay.

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { after, before, test } from "node:test";
import { fake } from "../fake.js";
import { launch, open } from "../open.js";
import { account, changed, hostile, importing, live, trouble } from "../states.js";
import { fits, hasLink, isAccessible, titleIs, verdictIs } from "./page.js";

const SHOTS = new URL("../shots/dashboard/", import.meta.url);
const PAGES = "now photos backups alerts more cameras storage machine events settings clients about".split(" ");

/** @type {import("playwright-core").Browser} */
let browser;
before(async () => {
  mkdirSync(SHOTS, { recursive: true });
  browser = await launch();
});
after(() => browser.close());

/** An event of many photos, newest first. @param {number} count */
function many(count) {
  const [first] = live().newest;
  if (!first) throw new Error("a photo");
  const newest = Array.from({ length: count }, (_, place) => ({
    ...first,
    id: `p${count - place}`,
    name: `IMG_${String(count - place).padStart(5, "0")}.JPG`,
    photoUrl: `/api/photos/p${count - place}/preview`,
    state: place === 900 ? /** @type {const} */ ("failed") : /** @type {const} */ ("stored"),
  }));
  const counts = { ...live().counts, held: count, stored: count - 1, safe: count - 1, failed: 1 };
  return changed(live(), { newest, counts });
}

test("at 360 × 640 the verdict, the way and the counts are seen without scrolling, in every state", async () => {
  for (const state of [live(), trouble()]) {
    const server = await fake(state);
    for (const language of ["en", "id"]) {
      const { page, done } = await open(browser, `${server.url}?lang=${language}`, {
        viewport: { width: 360, height: 640 },
      });
      await page.waitForSelector("#counts");
      const bar = (await page.locator(".tabs").boundingBox())?.y ?? 0;
      for (const part of [".header-link", "#verdict", "#way", "#counts"]) {
        const box = await page.locator(part).boundingBox();
        assert.ok(
          box && box.y + box.height <= bar,
          `${part} ends at ${box && box.y + box.height}, the tabs begin at ${bar}`,
        );
      }
      await done();
    }
    await server.close();
  }
});

test("what cameras and operators write stays text, on every page that shows it", async () => {
  const server = await fake(hostile());
  const { page, done } = await open(browser, server.url);
  await verdictIs(page, "busy");
  for (const name of ["now", "photos", "cameras"]) {
    await page.evaluate((name) => {
      location.hash = `#/${name}`;
    }, name);
    await page.waitForSelector(`[data-page="${name}"] :is(.tile, .row)`);
    assert.doesNotMatch(await page.title(), /owned(?!')/);
    assert.equal(await page.locator("main script, main img:not(.tile img), h1 *").count(), 0);
    assert.ok((await page.textContent("body"))?.includes("<img src=x"));
    await fits(page);
  }
  await done();
  await server.close();
});

test("a photo opens with its receipts, turns by keys, by swipe and by buttons, and closes by the way back", async () => {
  const server = await fake(live());
  const { page, done } = await open(browser, server.url, { hasTouch: true });
  await page.click(".tile >> nth=0");
  await page.waitForSelector("dialog[open] .copy.is-stored");
  const text = (await page.textContent("dialog")) ?? "";
  for (const part of ["DSC_0412", "NIKON Z 9", "disk-a", "read back from the disk itself", "disk-b", "9b9b", "1 of 24"])
    assert.ok(text.includes(part), part);
  await page.waitForSelector("dialog img.is-there");
  await fits(page);
  await isAccessible(page);
  await page.screenshot({ path: new URL("photo-390-light-en.png", SHOTS).pathname });
  const shows = (/** @type {string} */ name) =>
    page.waitForFunction((name) => document.querySelector("dialog h2")?.textContent?.startsWith(name), name);
  await page.keyboard.press("ArrowRight");
  await shows("DSC_0411");
  await page.keyboard.press("ArrowLeft");
  await shows("DSC_0412");
  await page.click("dialog .photo-turn.is-right");
  await shows("DSC_0411");
  await page.evaluate(() => {
    const frame = document.querySelector(".photo-frame");
    if (!frame) throw new Error("no photo");
    const touch = (/** @type {number} */ clientX) => [
      new Touch({ identifier: 1, target: frame, clientX, clientY: 200 }),
    ];
    frame.dispatchEvent(
      new TouchEvent("touchstart", { bubbles: true, touches: touch(300), changedTouches: touch(300) }),
    );
    frame.dispatchEvent(new TouchEvent("touchend", { bubbles: true, touches: [], changedTouches: touch(120) }));
  });
  await shows("DSC_0410");
  await page.goBack();
  await page.waitForSelector("dialog", { state: "detached" });
  assert.ok(await page.isVisible("#verdict"));
  // By its own address, and out of it without leaving the dashboard.
  await page.goto(`${server.url}#/photos/photo-405`);
  await shows("DSC_0405");
  await page.keyboard.press("Escape");
  await page.waitForSelector("dialog", { state: "detached" });
  assert.equal(new URL(page.url()).hash, "#/photos");
  await done();
  await server.close();
});

test("of very many photos only what is seen is drawn, and arrow keys and filters reach all of them", async () => {
  const server = await fake(many(1_600));
  const { page, done } = await open(browser, "about:blank");
  await page.addInitScript(() => {
    new MutationObserver(() => {
      if (document.querySelector(".photos .empty")) Object.assign(globalThis, { saidEmpty: true });
    }).observe(document, { childList: true, subtree: true });
  });
  await page.goto(`${server.url}#/photos`);
  await page.waitForSelector('.grid-rows > li[aria-setsize="200"] .tile');
  assert.ok(!(await page.evaluate(() => "saidEmpty" in globalThis)), "never empty while there are photos");
  const drawn = () => page.locator(".grid .tile").count();
  assert.ok((await drawn()) > 9 && (await drawn()) < 90, `${await drawn()} tiles`);
  await fits(page);
  await page.screenshot({ path: new URL("photos-390-light-en.png", SHOTS).pathname });
  await page.focus(".grid .tile");
  await page.keyboard.press("ArrowDown");
  const focused = () => page.evaluate(() => document.activeElement?.querySelector(".tile-name")?.textContent);
  assert.equal(await focused(), "IMG_01597");
  await page.keyboard.press("ArrowRight");
  assert.equal(await focused(), "IMG_01596");
  // To the end of what was read, again and again, until everything was.
  for (let last = ""; ; ) {
    await page.keyboard.press("End");
    // Where it goes is not drawn yet: for a moment nothing has the focus.
    await page.waitForFunction((last) => {
      const tile = document.activeElement?.closest(".tile");
      return tile && (tile.textContent !== last || /IMG_00001/.test(last));
    }, last);
    last = (await page.evaluate(() => document.activeElement?.textContent)) ?? "";
    if (/IMG_00001/.test(last)) break;
    // More is read when the end is near.
    await page.waitForFunction(
      (last) => {
        const places = document.querySelectorAll(".grid-rows > li");
        return Number(places[0]?.getAttribute("aria-setsize")) > last;
      },
      await page.evaluate(() => Number(document.activeElement?.closest("li")?.getAttribute("aria-posinset"))),
    );
  }
  assert.ok((await drawn()) < 90, `${await drawn()} tiles`);
  await page.evaluate(() => scrollTo(0, 0));
  await page.click('.options label:has-text("Failed 1")');
  await page.waitForSelector('.tile[data-state="failed"]');
  assert.equal(await drawn(), 1);
  await page.click('.options label:has-text("Waiting 0")');
  await page.waitForSelector('.empty:has-text("Nothing waits")');
  await done();
  await server.close();
});

test("a copy on its way is shown with its progress above the photos", async () => {
  const server = await fake(live());
  const { page, done } = await open(browser, `${server.url}#/photos`);
  await hasLink(page, "live");
  await page.waitForSelector(".grid .tile");
  const copy = {
    status: "uploading",
    fileName: "DSC_0412.JPG",
    photoId: "photo-412",
    destination: "r2",
    timestamp: new Date().toISOString(),
    progress: 62,
    total: 11_400_000,
  };
  server.say("upload_progress", "upload", copy);
  await page.waitForSelector('.photos-way .row:has-text("62%")');
  assert.match((await page.textContent(".photos-way")) ?? "", /to r2 · 7\.1 MB \/ 11 MB/);
  await fits(page);
  await done();
  await server.close();
});

test("a command is asked once and the server's word is shown, also a refusal with what to do", async () => {
  const server = await fake(trouble());
  const { page, done } = await open(browser, server.url);
  await verdictIs(page, "trouble");
  await page.click(".now-problems button");
  await page.waitForSelector('.now-problems .command-word:has-text("Done")');
  assert.deepEqual(server.asked, ["/api/uploads/retry once"]);
  server.refuse(true);
  await page.click(".now-problems button");
  await page.waitForSelector('.command-word:has-text("Refused: another copy goes there; wait a moment")');
  await done();
  await server.close();
});

test("a change is drawn without losing what stands there, and a notice passes by", async () => {
  const server = await fake(live());
  const { page, done } = await open(browser, server.url);
  await page.waitForSelector(".tile img.is-there");
  await page.evaluate(() => document.querySelector(".tile")?.setAttribute("data-kept", "yes"));
  server.tell(changed(live(), { counts: { ...live().counts, held: 411, stored: 411, safe: 411 } }));
  await titleIs(page, "411 photos are safe");
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

test("language, colours and brightness stay as the viewer chose them, and still fit", async () => {
  const server = await fake(trouble());
  const { page, done } = await open(browser, `${server.url}#/more`, { viewport: { width: 360, height: 740 } });
  await page.click('button:has-text("Bahasa")');
  await page.waitForFunction(() => document.documentElement.lang === "id");
  await page.click('.options label:has-text("Gelap")');
  await page.click('.switch:has-text("Terang")');
  await fits(page);
  await page.goto(`${server.url}#/now`);
  await page.reload();
  await verdictIs(page, "trouble");
  assert.equal(await page.getAttribute("html", "lang"), "id");
  assert.equal(await page.getAttribute("html", "data-theme"), "dark");
  assert.equal(await page.getAttribute("html", "class"), "is-bright");
  await fits(page);
  await isAccessible(page);
  await page.screenshot({ path: new URL("bright-360-dark-id.png", SHOTS).pathname });
  await done();
  await server.close();
});

test("every page is reached by keyboard alone, fits, and axe finds nothing", async () => {
  const server = await fake(live());
  const { page, done } = await open(browser, server.url, { viewport: { width: 1280, height: 900 } });
  await hasLink(page, "live");
  const links = await page.locator(".sidebar a").count();
  const seen = [];
  for (let tab = 0; tab < links; tab += 1) {
    await page.keyboard.press("Tab");
    const href = await page.evaluate(() => document.activeElement?.getAttribute("href") ?? "");
    seen.push(href.slice(2));
  }
  assert.deepEqual([...seen].sort(), [...PAGES].sort());
  for (const name of PAGES) {
    await page.focus(`.sidebar a[href="#/${name}"]`);
    await page.keyboard.press("Enter");
    await page.waitForSelector(`main[data-page="${name}"] > :not(.skeleton, .page-head)`);
    // Whoever listens is told of another page.
    if (name !== "now") await page.waitForFunction(() => document.activeElement?.id === "main");
    for (const width of [1280, 360]) {
      await page.setViewportSize({ width, height: 844 });
      await fits(page);
      await isAccessible(page);
    }
    await page.setViewportSize({ width: 1280, height: 900 });
  }
  await done();
  await server.close();
});

test("each camera says whether its card may be formatted, and names what is missing when somebody asks", async () => {
  const list = account();
  const lost = /** @type {import("../../contract/kilat-wire.ts").CameraRow} */ (list.cameras[1]);
  const names = { missingNames: ["IMG_0399.CR3", "IMG_0413.CR3", "IMG_0414.CR3"], lostNames: ["IMG_0399.CR3"] };
  const detail = { ...lost, ...names, cutOffNames: [], notSafeNames: [], receipts: [] };
  const server = await fake(live(), { answers: { "GET /api/cameras": list, "GET /api/cameras/r6": detail } });
  const { page, done } = await open(browser, `${server.url}#/cameras`);
  await page.waitForSelector(".cameras-format");
  const verdicts = await page.locator(".cameras-format b").allTextContents();
  const not = "Do not format yet";
  assert.deepEqual(verdicts, [not, "Do not format: nobody can tell", "Safe to format", not, not], "failures first");
  await page.locator("summary").first().click();
  await page.waitForSelector('.cameras-list:has-text("IMG_0399.CR3")');
  for (const width of [1280, 360]) {
    await page.setViewportSize({ width, height: 844 });
    await fits(page);
    await isAccessible(page);
  }
  await done();
  await server.close();
});

test("a card that holds what is not here is imported by a press, followed to its end, and never done before that", async () => {
  const path = "/api/admin/cameras/card-1/import";
  const all = account();
  const list = { ...all, cameras: all.cameras.filter(({ kind }) => kind === "card") };
  /** @type {Record<string, unknown>} */
  const answers = { "GET /api/cameras": list, [`GET ${path}`]: importing("idle") };
  const server = await fake(live(), { answers });
  const { page, done } = await open(browser, `${server.url}?lang=en#/cameras`, {
    viewport: { width: 360, height: 740 },
  });
  const card = page.locator(".cameras-card");
  const button = card.getByRole("button", { name: "Import: NIKON Z 9 card" });
  await button.waitFor();
  /** @param {string} name */
  const shoot = async (name) => {
    for (const colorScheme of /** @type {const} */ (["light", "dark"])) {
      await page.emulateMedia({ colorScheme });
      await fits(page);
      await isAccessible(page);
      await card.screenshot({ path: new URL(`card-${name}-360-${colorScheme}.png`, SHOTS).pathname });
    }
  };
  await shoot("offer");
  // Refused: the server's own words, and the button stays.
  server.refuse(true);
  await button.click();
  await card.locator('.command-word.is-refused:has-text("another copy goes there")').waitFor();
  server.refuse(false);
  const progress = {
    doneFiles: 5,
    totalFiles: 17,
    doneBytes: 90e6,
    totalBytes: 200e6,
    fileName: "DCIM/1/DSC_0504.NEF",
  };
  const tally = {
    frames: 320,
    held: 303,
    imported: 0,
    cutOff: 0,
    unreadable: 0,
    left: 17,
    leftBytes: 200e6,
    older: 0,
    names: [],
  };
  answers[`POST ${path}`] = importing("asked");
  answers[`GET ${path}`] = importing("asked");
  await button.click();
  await card.locator('.cameras-offer:has-text("Being looked at")').waitFor();
  assert.ok(server.asked.includes(`POST ${path}`), `${server.asked}`);
  answers[`GET ${path}`] = importing("reading", { progress, tally });
  await card.locator('.cameras-offer:has-text("Importing: 5 of 17 photos, 90")').waitFor();
  assert.equal(await card.getByRole("progressbar").getAttribute("aria-valuenow"), "45");
  assert.equal(await button.count(), 0, "it goes already");
  await shoot("reading");
  const torn = { ...tally, imported: 16, unreadable: 1, left: 0, leftBytes: 0, names: ["DCIM/1/DSC_0510.NEF"] };
  answers[`GET ${path}`] = importing("done", { tally: torn });
  await card
    .locator('[role="status"]:has-text("1 file on this card could not be read: DCIM/1/DSC_0510.NEF")')
    .waitFor();
  await shoot("torn");
  answers[`GET ${path}`] = importing("reading", { progress, tally });
  await button.click();
  await card.getByRole("progressbar").waitFor();
  const [first] = list.cameras;
  answers["GET /api/cameras"] = { ...list, cameras: [{ ...first, held: 320, missing: 0, offer: null }] };
  answers[`GET ${path}`] = importing("done", { tally: { ...tally, imported: 17, left: 0, leftBytes: 0 } });
  await card.locator('[role="status"]:has-text("Every photo on this card is here")').waitFor();
  assert.equal(await button.count(), 0);
  // What the card says of itself is drawn up anew: the two never contradict each other for long.
  await card.locator("summary").waitFor({ state: "detached" });
  await shoot("done");
  await done();
  await server.close();
});

test("who only looks sees what a card holds, and how its import goes, and cannot begin one", async () => {
  const path = "/api/admin/cameras/card-1/import";
  /** @type {Record<string, unknown>} */
  const answers = { "GET /api/cameras": account(), [`GET ${path}`]: importing("idle") };
  const server = await fake(live(), { answers, role: "viewer" });
  const { page, done } = await open(browser, `${server.url}?lang=id#/cameras`);
  await page.locator('.cameras-offer:has-text("17 foto")').waitFor();
  assert.equal(await page.locator(".cameras-offer button").count(), 0);
  await done();
  answers[`GET ${path}`] = importing("asked");
  const again = await open(browser, `${server.url}?lang=id#/cameras`);
  await again.page.locator('.cameras-offer:has-text("Sedang dilihat")').waitFor();
  await again.done();
  await server.close();
});

test("a part that breaks takes no other along, and comes back", async () => {
  const broken = changed(live(), {
    cameras: /** @type {any} */ ([{ make: "x", model: "X", serial: null, held: null, lastAt: "" }]),
  });
  const server = await fake(broken);
  const context = await browser.newContext({ viewport: { width: 390, height: 844 } });
  const page = await context.newPage();
  await page.goto(server.url);
  await page.waitForSelector('main [role="alert"]');
  assert.equal(await verdictIs(page, "safe"), "410 photos are safe");
  assert.match((await page.textContent("main [role=alert]")) ?? "", /This part is broken.*number: \w+/s);
  await fits(page);
  server.tell(live());
  await page.click("main [role=alert] button");
  await page.waitForSelector(".now-cameras .row");
  await context.close();
  await server.close();
});
