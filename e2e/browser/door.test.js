// @ts-check
// The way in and out, as somebody with a phone goes through it.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { fake } from "../fake.js";
import { live } from "../states.js";
import { hasLink, launch, open } from "./open.js";

/** @type {import("playwright-core").Browser} */
let browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

test("who is not signed in sees the way in, on a phone, in both languages", async () => {
  const server = await fake(live());
  server.signOut();
  for (const [language, title] of /** @type {const} */ ([
    ["en", "Sign in"],
    ["id", "Masuk"],
  ])) {
    const viewport = { width: 360, height: 640 };
    const { page, done } = await open(browser, `${server.url}?lang=${language}`, { viewport });
    await page.waitForSelector("#door form");
    assert.equal(await page.textContent("#door h2"), title);
    assert.ok(await page.isHidden("#main"), "nothing is shown that was not told");
    const found = await page.evaluate(() => ({
      wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
      small: [...document.querySelectorAll("#door input, #door button")]
        .map((element) => element.getBoundingClientRect())
        .filter(({ width, height, bottom }) => width < 44 || height < 44 || bottom > innerHeight).length,
    }));
    assert.deepEqual(found, { wide: 0, small: 0 });
    await done();
  }
  await server.close();
});

test("a name and its password let in, a wrong one says so", async () => {
  const server = await fake(live());
  server.signOut();
  const { page, done } = await open(browser, server.url);
  await page.fill("#door input[autocomplete=username]", "ayu");
  await page.fill("#door input[type=password]", "wrong");
  await page.click("#door button");
  await page.waitForFunction(() => /wrong/.test(document.querySelector("#door .answer")?.textContent ?? ""));
  await page.fill("#door input[type=password]", "a long password");
  await page.click("#door button");
  await hasLink(page, "live");
  await page.click('button:has-text("Sign out ayu")');
  await page.waitForSelector("#door form");
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
  await old.page.waitForFunction(() => /not valid/.test(document.querySelector("#door .answer")?.textContent ?? ""));
  await old.done();
  await server.close();
});

test("who is signed out while looking sees the way in, by the socket and by polling", async () => {
  const server = await fake(live());
  const { page, done } = await open(browser, server.url);
  await hasLink(page, "live");
  server.signOut();
  await page.waitForSelector("#door form");
  assert.ok(await page.isHidden("#main"));
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
  await second.page.waitForSelector("#door form");
  await second.done();
  await polled.close();
});
