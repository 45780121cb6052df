// @ts-check
// The link: lost, half open, replaced by polling, and back with nothing missed and nothing twice.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fake } from "../fake.js";
import { launch, open } from "../open.js";
import { changed, live } from "../states.js";
import { hasLink, launchedToasts, titleIs, verdictIs } from "./page.js";

const more = (/** @type {number} */ n) =>
  changed(live(), { counts: { ...live().counts, held: n, stored: n, safe: n } });

/** @type {import("playwright-core").Browser} */
let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

test("without a socket the page polls, and goes over to the socket when there is one", async () => {
  const server = await fake(live());
  server.sockets(false);
  const { page, done } = await open(browser, server.url);
  await hasLink(page, "polling");
  assert.equal(await page.textContent(".header .pill"), "Polling 30 s");
  assert.equal(await verdictIs(page, "safe"), "410 photos are safe");
  server.sockets(true);
  await hasLink(page, "live");
  server.tell(more(411));
  await titleIs(page, "411 photos are safe");
  await done();
  await server.close();
});

test("a server that is gone is said, nothing stays green, and what came meanwhile is told once", async () => {
  const server = await fake(live());
  const { page, done } = await open(browser, server.url);
  await hasLink(page, "live");
  const toasts = await launchedToasts(page);
  const notice = (/** @type {string} */ id) => ({
    id,
    type: "camera_disconnected",
    title: `Notice ${id}`,
    message: "look",
    priority: "high",
    showToast: true,
    persistent: false,
  });
  server.notify(notice("one"));
  await page.waitForSelector(".toast");
  server.answer(false);
  await hasLink(page, "none");
  assert.match(await verdictIs(page, "stale"), /This device lost Kilat/);
  const greens = await page.evaluate(() => {
    const green = ["rgb(11, 107, 58)", "rgb(91, 208, 138)", "rgb(228, 243, 234)"];
    return [...document.querySelectorAll("main *")].filter((element) => {
      const { color, backgroundColor, borderTopColor, borderTopWidth } = getComputedStyle(element);
      return (
        green.includes(color) ||
        green.includes(backgroundColor) ||
        (borderTopWidth !== "0px" && green.includes(borderTopColor))
      );
    }).length;
  });
  assert.equal(greens, 0);
  server.notify(notice("two"));
  server.answer(true);
  await page.click("#verdict button");
  await hasLink(page, "live");
  // It may be gone again by the time that anybody looks.
  await page.waitForFunction(() =>
    /** @type {any} */ (globalThis).seenToasts.some((/** @type {string} */ told) => told.includes("Notice two")),
  );
  assert.deepEqual(await toasts(), ["Notice one: look", "Notice two: look"]);
  await verdictIs(page, "safe");
  await done();
  await server.close();
});

test("a socket that hangs half open is noticed, and the page comes back by itself", async () => {
  const server = await fake(live());
  const { page, context, done } = await open(browser, server.url);
  await hasLink(page, "live");
  // The socket stays open and hears nothing any more.
  await context.setOffline(true);
  await hasLink(page, "none");
  await context.setOffline(false);
  await hasLink(page, "live");
  await done();
  await server.close();
});

test("a state that grew too old loses its green, and gets it back", async () => {
  const server = await fake(changed(live(), { maxAgeMs: 3_000 }));
  const { page, done } = await open(browser, server.url);
  await verdictIs(page, "safe");
  // Nothing new comes: the fake only speaks when it is told to.
  assert.match(await verdictIs(page, "stale"), /Last heard of Kilat/);
  await page.waitForSelector("main.is-stale");
  server.tell(changed(live(), { maxAgeMs: 60_000 }));
  await verdictIs(page, "safe");
  assert.equal(await page.locator("main.is-stale").count(), 0);
  await done();
  await server.close();
});
