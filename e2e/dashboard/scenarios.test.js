// @ts-check
// The five scenarios of the live screens, on the real program: normal, stopped, restarted, on a phone, fewer calls.

import assert from "node:assert/strict";
import { renameSync } from "node:fs";
import { after, before, test } from "node:test";

import { hasLink, titleIs, verdictIs } from "./page.js";
import { proxy } from "./proxy.js";
import { watch } from "./truth.js";
import { counted, heard, world } from "./world.js";

/** @type {import("./world.js").World} */
let kilat;
before(async () => {
  kilat = await world();
});
after(() => kilat.end());

/** @param {number} n */
const safe = (n) => `${n} ${n === 1 ? "photo is" : "photos are"} safe`;

/** Attempts follow each other quickly, and each time alike. @param {import("playwright-core").Page} page @param {number} part */
const steady = (page, part) =>
  page.addInitScript((part) => {
    let at = 0;
    // Never the same twice: keys of commands are made of it.
    Math.random = () => {
      at += 1e-9;
      return part + at;
    };
  }, part);

test("1, 2 and 3: live; stopped, and said; back, with nothing missed and nothing twice", async () => {
  /** @type {Awaited<ReturnType<typeof watch>> | undefined} */
  let truth;
  const { page, done } = await kilat.enter({}, async (page) => {
    truth = await watch(page, kilat.dropped);
    await steady(page, 0.2);
  });
  assert.ok(truth);
  const told = await heard(page);
  const names = [kilat.drop(), kilat.drop()];
  await titleIs(page, safe(2));
  assert.equal(await page.textContent(".header .pill"), "Live");
  // Something that stands open, and ends.
  renameSync(kilat.hot, `${kilat.hot}-away`);
  await verdictIs(page, "trouble");
  await page.waitForFunction(() => /1/.test(document.querySelector('.tabs a[href="#/alerts"]')?.textContent ?? ""));

  // In the middle of it: what arrives is not copied yet.
  renameSync(`${kilat.hot}-away`, kilat.hot);
  for (let n = 0; n < 3; n += 1) names.push(kilat.drop());
  await truth.lost(5_000);
  await kilat.stop("SIGKILL");
  await hasLink(page, "none");
  assert.match(await verdictIs(page, "stale"), /^This device lost Kilat/);
  assert.equal(await page.textContent(".header .pill"), "No link");
  names.push(kilat.drop());
  await truth.found();
  await kilat.start();
  await hasLink(page, "live");
  await titleIs(page, safe(names.length));
  names.push(kilat.drop());
  await titleIs(page, safe(names.length));

  // The page, the server and the folder agree.
  await page.click('.tabs a[href="#/photos"]');
  await page.waitForFunction((n) => document.querySelectorAll(".grid .tile").length === n, names.length);
  const shown = await page.locator(".grid .tile-name").allTextContents();
  assert.deepEqual(shown.sort(), names.map((name) => name.replace(".JPG", "")).sort());
  const { counts } = await kilat.ask("/api/now");
  assert.deepEqual([counts.held, counts.stored, counts.safe], [names.length, names.length, names.length]);
  await page.click('.tabs a[href="#/alerts"]');
  await page.waitForSelector(".alerts-verdict.is-safe");
  const { notifications } = await kilat.ask("/api/notifications");
  await page.waitForFunction((n) => document.querySelectorAll(".alerts-item").length === n, notifications.length);
  await told.once(names);
  await truth.check();
  await done();
});

test("2, through a proxy that lets no WebSocket pass: polling, and no link once nothing answers; live when it may", async () => {
  kilat.drop();
  await kilat.stored();
  const way = await proxy();
  way.pass("no-upgrade");
  const { page, done } = await kilat.open({ proxy: { server: way.server } });
  const flow = await counted(page);
  const truth = await watch(page, kilat.dropped);
  await steady(page, 0.5);
  await page.clock.install();
  await page.goto(kilat.link());
  await hasLink(page, "polling");
  assert.equal(await page.textContent(".header .pill"), "Polling 30 s");
  await titleIs(page, safe(kilat.dropped()));
  const before = kilat.dropped();
  kilat.drop();
  await kilat.stored();
  // Nobody told it; it asks.
  assert.equal(await page.textContent(".verdict-title"), safe(before));
  await flow.live(30);
  await titleIs(page, safe(before + 1));
  assert.equal(way.counted.upgrades, way.counted.refused, "no WebSocket was let through");

  // The browser itself holds back attempts that follow failures, by seconds; counted is what the page wishes for.
  const restore = await flow.refuse();
  const asked = await flow.read();
  way.counted.calls.length = 0;
  await flow.live(600);
  const then = await flow.read();
  await restore();
  const [calls, attempts] = [(then.fetches - asked.fetches) / 10, (then.sockets - asked.sockets) / 10];
  process.stdout.write(`# without a WebSocket: ${calls} calls and ${attempts} attempts at one, a minute\n`);
  const more = Math.abs(way.counted.calls.length - (then.fetches - asked.fetches));
  // On their way at either end, and one that the page's quick clock gave up: a busy machine has all of them.
  assert.ok(more <= 3, `the proxy counted the same, but for those on their way: ${more}`);
  assert.ok(calls >= 2 && calls <= 3, `${calls} calls a minute: ${way.counted.calls}`);
  assert.ok(attempts >= 1 && calls + attempts <= 6, `${calls} calls and ${attempts} attempts a minute`);

  way.pass("cut");
  await truth.lost(0);
  await flow.live(30);
  await hasLink(page, "none");
  assert.match(await verdictIs(page, "stale"), /^This device lost Kilat/);
  way.pass("open");
  await truth.found();
  await flow.live(20, "live");
  await hasLink(page, "live");
  await titleIs(page, safe(kilat.dropped()));
  await truth.check();
  await done();
  way.close();
});

test("5: ten minutes of a page that looks on cost a call a minute at most, over one WebSocket", async () => {
  kilat.drop();
  await kilat.stored();
  const { page, done } = await kilat.open();
  const flow = await counted(page);
  await page.clock.install();
  await page.goto(kilat.link());
  await hasLink(page, "live");
  await titleIs(page, safe(kilat.dropped()));
  await flow.live(5);
  const before = await flow.read();
  for (let minute = 0; minute < 10; minute += 1) {
    kilat.drop();
    // By its count: the page's minutes pass faster than the server's, so that it may take what it hears for old.
    await page.waitForFunction(
      (n) => document.querySelectorAll("#counts b")[3]?.textContent === n,
      `${kilat.dropped()}`,
    );
    await flow.live(60);
  }
  await hasLink(page, "live");
  const { fetches, sockets } = await flow.read();
  process.stdout.write(`# connected: ${(fetches - before.fetches) / 10} calls a minute\n`);
  assert.equal(sockets, 1, "one WebSocket, and never another");
  assert.ok(fetches - before.fetches <= 10, `${fetches - before.fetches} calls in ten minutes`);
  await done();
});
