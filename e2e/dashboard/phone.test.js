// @ts-check
// Scenario 4 on the real program: phones of 360 and 412 px, by touch alone, upright and on their side.

import assert from "node:assert/strict";
import { renameSync } from "node:fs";
import { after, before, test } from "node:test";

import { fits, hasLink, titleIs, verdictIs } from "./page.js";
import { watch } from "./truth.js";
import { counted, world } from "./world.js";

const PHONE = { isMobile: true, hasTouch: true, deviceScaleFactor: 2 };
const BEHIND_MORE = ["Cameras", "Storage", "Machine", "Events", "Settings", "Viewers", "About"];

/** @type {import("./world.js").World} */
let kilat;
before(async () => {
  kilat = await world();
  for (let n = 0; n < 8; n += 1) kilat.drop();
  await kilat.stored();
});
after(() => kilat.end());

/** Buttons of one group stand in one line where they fit, else each in a line of its own, and none is cut. @param {import("playwright-core").Page} page */
async function stacks(page) {
  const wrong = await page.evaluate(() => {
    const groups = document.querySelectorAll(".verdict-words, .alerts-do, .now-pause, .row-action, .sheet-foot, form");
    return [...groups].flatMap((group) => {
      const boxes = [...group.querySelectorAll("button, a.button")].map((one) => one.getBoundingClientRect());
      return boxes
        .filter(({ width, left, right }) => width > 0 && (left < 0 || right > innerWidth + 0.5))
        .map(({ left, right }) => `${group.className}: ${left} to ${right} of ${innerWidth}`);
    });
  });
  assert.deepEqual(wrong, []);
}

for (const width of [360, 412]) {
  test(`${width} px: every page is reached by touch, and every target is as large as a finger`, async () => {
    const { page, done } = await kilat.enter({ ...PHONE, viewport: { width, height: 740 } });
    await titleIs(page, "8 photos are safe");
    // Something to do stands there, too.
    renameSync(kilat.hot, `${kilat.hot}-away`);
    await verdictIs(page, "trouble");
    await fits(page);
    await stacks(page);
    const action = page.locator("#verdict .button");
    const words = page.locator(".verdict-detail");
    const [under, above] = await Promise.all([action.boundingBox(), words.boundingBox()]);
    assert.ok(under && above && under.y >= above.y + above.height, "what to do stands below the words");

    for (const name of ["Photos", "Backups", "Alerts", "More"]) {
      await page.tap(`.tabs a:has-text("${name}")`);
      await page.waitForSelector(`main[data-page="${name.toLowerCase()}"] > :not(.skeleton)`);
      if (name === "Alerts") await page.waitForSelector(".alerts-item.is-open");
      if (name === "Photos") await page.waitForSelector(".grid .tile");
      await fits(page);
      await stacks(page);
    }
    for (const name of BEHIND_MORE) {
      await page.tap(`.more-pages .row:has-text("${name}")`);
      await page.waitForSelector("main > :not(.skeleton, .page-head)");
      await fits(page);
      await stacks(page);
      await page.tap(".page-back");
      await page.waitForSelector('main[data-page="more"]');
    }
    renameSync(`${kilat.hot}-away`, kilat.hot);
    await page.tap('.tabs a:has-text("Photos")');
    await page.tap(".grid .tile");
    await page.waitForSelector("dialog[open] .copy.is-stored");
    await fits(page);
    await done();
  });
}

test("turned on its side and back, it keeps what was open, chosen and typed, and its one WebSocket", async () => {
  const upright = { width: 360, height: 740 };
  const { page, done } = await kilat.open({ ...PHONE, viewport: upright });
  const flow = await counted(page);
  const truth = await watch(page, kilat.dropped);
  await page.goto(kilat.link());
  await hasLink(page, "live");
  const aside = async () => {
    await page.setViewportSize({ width: upright.height, height: upright.width });
    await page.waitForFunction(() => matchMedia("(orientation: landscape)").matches && screen.orientation.angle === 90);
    await fits(page);
  };
  const back = async () => {
    await page.setViewportSize(upright);
    await page.waitForFunction(() => matchMedia("(orientation: portrait)").matches);
    await fits(page);
  };
  /** The thing itself, not one that was drawn anew. @param {string} selector */
  const mark = (selector) =>
    page.evaluate(
      (selector) => Object.assign(document.querySelector(selector) ?? {}, { isMarked: true }) && undefined,
      selector,
    );
  const isMarked = (/** @type {string} */ selector) =>
    page.evaluate((selector) => /** @type {any} */ (document.querySelector(selector))?.isMarked === true, selector);

  await page.tap('.tabs a:has-text("Photos")');
  await page.tap(".grid .tile >> nth=3");
  await page.waitForSelector("dialog[open] .copy.is-stored");
  const title = await page.textContent("dialog[open] h2");
  await mark("dialog[open]");
  await aside();
  // What arrives meanwhile does not take it away either.
  kilat.drop();
  await kilat.stored();
  await back();
  assert.equal(await page.textContent("dialog[open] h2"), title);
  assert.ok(await isMarked("dialog[open]"));
  await page.tap("dialog[open] .sheet-head button");
  await page.waitForSelector("dialog", { state: "detached" });
  await page.waitForFunction((n) => document.querySelectorAll(".grid .tile").length === n, kilat.dropped());

  await page.tap('.tabs a:has-text("More")');
  await page.tap('.more-pages .row:has-text("Events")');
  const field = 'main[data-page="events"] input:not([type=date])';
  await page.fill(field, "Ayu & Bima");
  await mark(field);
  await aside();
  await back();
  assert.equal(await page.inputValue(field), "Ayu & Bima");
  assert.ok(await isMarked(field));
  assert.equal((await flow.read()).sockets, 1);
  await hasLink(page, "live");
  await truth.check();
  await done();
});
