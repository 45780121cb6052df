// @ts-check
// What people do with a tab, on the real program and in a browser as they have it: behind another one, frozen, left and
// come back to, twice; and a device whose clock is wrong.

import assert from "node:assert/strict";
import { renameSync } from "node:fs";
import { after, before, test } from "node:test";

import { hasLink, titleIs, verdictIs } from "./page.js";
import { plain } from "./plain.js";
import { until } from "./program.js";
import { proxy } from "./proxy.js";
import { watch } from "./truth.js";
import { counted, heard, world } from "./world.js";

/** @type {import("./world.js").World} */
let kilat;
/** @type {Awaited<ReturnType<typeof proxy>>} */
let way;
/** @type {Awaited<ReturnType<typeof plain>>} */
let browser;
before(async () => {
  [kilat, way] = await Promise.all([world(), proxy()]);
  browser = await plain(way.server);
});
after(async () => {
  await browser.end();
  way.close();
  await kilat.end();
});

/** @param {number} n */
const safe = (n) => `${n} ${n === 1 ? "photo is" : "photos are"} safe`;

test("hidden for five minutes it lets go, frozen for ten more it is still; seen again, nothing is missed and nothing twice", async () => {
  const { page, context } = browser;
  const flow = await counted(page);
  const truth = await watch(page, kilat.dropped);
  await page.clock.install();
  await page.goto(kilat.link());
  await hasLink(page, "live");
  const told = await heard(page);
  const names = [kilat.drop()];
  await titleIs(page, safe(1));
  const wire = await context.newCDPSession(page);
  const other = await context.newPage();
  await other.bringToFront();
  assert.equal(await page.evaluate(() => document.visibilityState), "hidden");

  await flow.live(290);
  assert.equal(await kilat.viewers(), 1, "nobody is let go too early");
  names.push(kilat.drop());
  await truth.shows({ title: safe(2), link: "live" });
  await flow.live(15);
  await truth.shows({ link: "connecting" });
  await until("nobody is connected", async () => (await kilat.viewers()) === 0);
  const before = await flow.read();
  names.push(kilat.drop(), kilat.drop());
  await kilat.stored();
  await flow.live(60);
  await wire.send("Page.setWebLifecycleState", { state: "frozen" });
  await page.clock.setSystemTime((await truth.nowMs()) + 600_000);
  await wire.send("Page.setWebLifecycleState", { state: "active" });
  assert.deepEqual(await flow.read(), before, "it asks for nothing while nobody sees it");

  // Whoever looks sees at once that it is old, before anybody answers.
  way.pass("cut");
  await truth.lost(0, 1_500);
  await page.bringToFront();
  assert.match(await verdictIs(page, "stale"), /^(Last heard of|This device lost) Kilat 11 min ago$/);
  await truth.found();
  way.pass("open");
  await flow.live(20, "live");
  await titleIs(page, safe(4));
  await told.once(names);
  await truth.check();
  await other.close();
});

test("left for another page and come back to, it is the same page again, live, and nothing is missed", async () => {
  const { page } = browser;
  way.pass("open");
  await page.bringToFront();
  await page.goto(`${kilat.home()}#/photos`);
  await hasLink(page, "live");
  await page.waitForFunction((n) => document.querySelectorAll(".grid .tile").length === n, kilat.dropped());
  await page.evaluate(() => {
    addEventListener("pageshow", ({ persisted }) => Object.assign(globalThis, { persisted }));
  });
  const sockets = way.sockets();
  await page.goto("data:text/html,<p>elsewhere");
  await until("nobody is connected", async () => (await kilat.viewers()) === 0);
  assert.equal(way.sockets(), sockets - 1, "a page that lies in the cache holds nothing open");
  kilat.drop();
  kilat.drop();
  await kilat.stored();
  // It loads nothing: there is nothing to wait for but the page itself.
  await page.goBack({ waitUntil: "commit" });
  await hasLink(page, "live");
  assert.equal(await page.evaluate(() => /** @type {any} */ (globalThis).persisted), true, "out of the cache");
  await page.waitForFunction((n) => document.querySelectorAll(".grid .tile").length === n, kilat.dropped());
  await page.click('a[href="#/now"]:visible');
  await titleIs(page, safe(kilat.dropped()));
  await page.goto("about:blank");
});

test("two tabs of one browser: both right, a notice seen in one is seen in the other, signed out of one is out of both", async () => {
  const { page: one, context, done } = await kilat.enter();
  const two = await context.newPage();
  await two.goto(`${kilat.home()}#/alerts`);
  await hasLink(two, "live");
  await two.waitForSelector(".alerts-verdict.is-safe");
  renameSync(kilat.hot, `${kilat.hot}-away`);
  await two.waitForSelector(".alerts-item.is-open");
  await verdictIs(one, "trouble");
  const badge = (/** @type {RegExp} */ count) =>
    one.waitForFunction(
      (count) => new RegExp(count).test(document.querySelector('a[href="#/alerts"]')?.textContent ?? ""),
      count.source,
    );
  await badge(/1/);
  await one.click('a[href="#/alerts"]:visible');
  await one.click('.alerts-item.is-open button:has-text("Seen")');
  await two.waitForSelector(".alerts-item.is-acknowledged");
  assert.equal(await two.locator(".alerts-item.is-open").count(), 0);
  renameSync(`${kilat.hot}-away`, kilat.hot);
  await Promise.all([one, two].map((page) => page.waitForSelector(".alerts-verdict.is-safe")));
  kilat.drop();
  await Promise.all([one, two].map((page) => page.click('a[href="#/now"]:visible')));
  await Promise.all([one, two].map((page) => titleIs(page, safe(kilat.dropped()))));

  await one.goto(`${kilat.home()}#/more`);
  await one.click('button:has-text("Sign out")');
  await Promise.all([one, two].map((page) => page.waitForSelector(".door form")));
  assert.equal(
    await two.locator("[data-page], .header").count(),
    0,
    "nothing stays that only those who are in may see",
  );
  await until("nobody is connected", async () => (await kilat.viewers()) === 0);
  await done();
});

for (const hours of [-3, 3]) {
  test(`a device whose clock is ${Math.abs(hours)} hours ${hours < 0 ? "behind" : "ahead"} shows every age as the server has it`, async () => {
    const { page, done } = await kilat.open();
    await page.addInitScript((ms) => {
      const Real = globalThis.Date;
      const now = () => Real.now() + ms;
      globalThis.Date = /** @type {any} */ (
        new Proxy(Real, {
          construct: (_, given) => (given.length ? Reflect.construct(Real, given) : new Real(now())),
          apply: () => new Real(now()).toString(),
          get: (of, name) => (name === "now" ? now : Reflect.get(of, name)),
        })
      );
    }, hours * 3_600_000);
    const truth = await watch(page, kilat.dropped);
    await page.goto(kilat.link());
    await hasLink(page, "live");
    kilat.drop();
    await titleIs(page, safe(kilat.dropped()));
    // Just now, or some seconds ago where the machine is slow; never hours, and never in the future.
    const recent = /(just now|\b\d+ s ago)/;
    assert.match((await page.textContent(".header-link .second")) ?? "", recent);
    assert.match((await page.textContent(".verdict-detail")) ?? "", recent);
    assert.doesNotMatch((await page.textContent("main")) ?? "", /\b[23] h\b/);
    // The server's moment, as a clock here shows it.
    const { newest } = await kilat.ask("/api/now");
    const at = new Date(newest[0].filedAt).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
    assert.match((await page.textContent(".tile .unseen")) ?? "", new RegExp(`, ${at}$`));
    await page.goto(`${kilat.home()}#/cameras`);
    await page.waitForSelector('main[data-page="cameras"] .row');
    assert.match((await page.textContent("main .row")) ?? "", recent);
    renameSync(kilat.hot, `${kilat.hot}-away`);
    await page.goto(`${kilat.home()}#/alerts`);
    await page.waitForSelector(".alerts-item.is-open");
    assert.match((await page.textContent(".alerts-item.is-open")) ?? "", recent);
    renameSync(`${kilat.hot}-away`, kilat.hot);
    await truth.check();
    await done();
  });
}
