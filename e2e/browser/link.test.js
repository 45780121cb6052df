// @ts-check
// The link: lost, half open, replaced by polling, and back.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { fake } from "../fake.js";
import { changed, live } from "../states.js";
import { hasLink, launch, open, verdictIs } from "./open.js";

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
  assert.equal(await verdictIs(page, "safe"), "410 photos are safe");
  server.sockets(true);
  await hasLink(page, "live");
  server.tell(changed(live(), { counts: { ...live().counts, held: 411, stored: 411, safe: 411 } }));
  await page.waitForFunction(() => document.querySelector("#verdict .title")?.textContent === "411 photos are safe");
  await done();
  await server.close();
});

test("a socket that ends is replaced by itself", async () => {
  const server = await fake(live());
  const { page, done } = await open(browser, server.url);
  await hasLink(page, "live");
  server.sockets(false);
  await hasLink(page, "polling");
  server.sockets(true);
  await hasLink(page, "live");
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

test("a state that grew too old loses its green", async () => {
  const server = await fake(changed(live(), { maxAgeMs: 6_000 }));
  const { page, done } = await open(browser, server.url);
  await verdictIs(page, "safe");
  // Nothing new comes: the fake only speaks when it is told to.
  assert.match(await verdictIs(page, "stale"), /This device lost Kilat/);
  assert.ok(await page.locator("#counts.is-stale").count());
  server.tell(changed(live(), { maxAgeMs: 60_000 }));
  await verdictIs(page, "safe");
  await done();
  await server.close();
});
