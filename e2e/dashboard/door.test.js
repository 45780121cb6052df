// @ts-check
// The way in and out, as somebody with a phone goes through it.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fake } from "../fake.js";
import { launch, open } from "../open.js";
import { live } from "../states.js";
import { fits, hasLink, isAccessible } from "./page.js";

/** @type {import("playwright-core").Browser} */
let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

test("who is not signed in sees the way in, on a phone, in both languages, and nothing else", async () => {
  const server = await fake(live());
  server.signOut();
  for (const [language, title] of /** @type {const} */ ([
    ["en", "Sign in"],
    ["id", "Masuk"],
  ])) {
    const viewport = { width: 360, height: 640 };
    const { page, done } = await open(browser, `${server.url}?lang=${language}`, { viewport });
    await page.waitForSelector(".door form");
    assert.equal(await page.textContent(".door h1"), title);
    assert.equal(await page.locator(".header, .tabs, [data-page]").count(), 0, "nothing is shown that was not told");
    await fits(page);
    await isAccessible(page);
    const bottom = await page.locator(".door form button").evaluate((button) => button.getBoundingClientRect().bottom);
    assert.ok(bottom <= 640, `the button ends at ${bottom}`);
    await done();
  }
  await server.close();
});

test("a name and its password let in, a wrong one says so, and one signs out again", async () => {
  const server = await fake(live());
  server.signOut();
  const { page, done } = await open(browser, server.url);
  await page.fill(".door input[autocomplete=username]", "ayu");
  await page.fill(".door input[type=password]", "wrong");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => /wrong/.test(document.querySelector(".door-answer")?.textContent ?? ""));
  await page.fill(".door input[type=password]", "a long password");
  await page.click(".door form button");
  await hasLink(page, "live");
  await page.click('.tabs a:has-text("More")');
  await page.click('button:has-text("Sign out ayu")');
  await page.waitForSelector(".door form");
  await done();
  await server.close();
});

test("a link lets in and leaves the address; an old one says so", async () => {
  const server = await fake(live());
  server.signOut();
  const { page, done } = await open(browser, `${server.url}#in=good`);
  await hasLink(page, "live");
  assert.equal(page.url(), server.url);
  await done();
  server.signOut();
  const old = await open(browser, `${server.url}#in=old`);
  await old.page.waitForFunction(() => /not valid/.test(document.querySelector(".door-answer")?.textContent ?? ""));
  await old.done();
  await server.close();
});

test("who is signed out while looking sees the way in, by the socket and by polling", async () => {
  const server = await fake(live());
  const { page, done } = await open(browser, server.url);
  await hasLink(page, "live");
  server.signOut();
  await page.waitForSelector(".door form");
  assert.equal(await page.locator("[data-page]").count(), 0);
  // The same tab comes in again, and is live again.
  await page.fill(".door input[autocomplete=username]", "ayu");
  await page.fill(".door input[type=password]", "a long password");
  await page.click(".door form button");
  await hasLink(page, "live");
  await done();
  await server.close();

  const polled = await fake(live());
  polled.sockets(false);
  const second = await open(browser, polled.url);
  await hasLink(second.page, "polling");
  polled.signOut();
  await second.page.evaluate(() => {
    dispatchEvent(new Event("online"));
  });
  await second.page.waitForSelector(".door form");
  await second.done();
  await polled.close();
});

test("a server that does not answer is said, and the page comes in by itself once it does", async () => {
  const server = await fake(live());
  const { page, context, done } = await open(browser, server.url);
  await hasLink(page, "live");
  await context.route("**/api/session", (route) => route.abort());
  server.sockets(false);
  await page.reload();
  await hasLink(page, "polling");
  server.sockets(true);
  await hasLink(page, "live");
  await done();
  await server.close();
});
