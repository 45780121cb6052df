// @ts-check
// What a venue's network does to a page, on the real program: it swallows, it changes, the device sleeps; nothing is
// missed, nothing is told twice, and at no moment does the page say more than it can know.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { hasLink, titleIs, verdictIs } from "./page.js";
import { proxy } from "./proxy.js";
import { watch } from "./truth.js";
import { counted, heard, world } from "./world.js";

/** The heartbeat's rhythm, looked at every 5 s, and its deadline: a dead connection is known by then. */
const NOTICED_MS = 30_000 + 5_000 + 10_000 + 1_500;
/** The deadline for somebody who looks, after the clocks are compared. */
const AWAKE_MS = 5_000 + 3_000 + 1_500;

/** @type {import("./world.js").World} */
let kilat;
before(async () => {
  kilat = await world();
});
after(() => kilat.end());

/** @param {number} n */
const safe = (n) => `${n} ${n === 1 ? "photo is" : "photos are"} safe`;

/** A page behind a network of its own, live, with a clock that the test moves. */
async function begin() {
  const way = await proxy();
  const { page, context, done } = await kilat.open({ proxy: { server: way.server } });
  const flow = await counted(page);
  const truth = await watch(page, kilat.dropped);
  await page.clock.install();
  await page.goto(kilat.link());
  await hasLink(page, "live");
  const told = await heard(page);
  const names = [kilat.drop()];
  await titleIs(page, safe(kilat.dropped()));

  /** Nobody answers meanwhile. @param {number} seconds */
  async function pass(seconds) {
    for (let left = seconds; left > 0; left -= 1) await page.clock.runFor(1_000);
  }
  /** Photos arrive, and are copied, while the page cannot know. */
  async function meanwhile() {
    names.push(kilat.drop(), kilat.drop());
    await kilat.stored();
  }
  /** All is well again: what is shown, what the server says and what was dropped agree; each copy was told once. */
  async function end() {
    await hasLink(page, "live");
    await titleIs(page, safe(kilat.dropped()));
    assert.equal((await kilat.ask("/api/now")).counts.safe, kilat.dropped());
    await told.once(names);
    await truth.check();
    await done();
    way.close();
  }
  return { page, context, way, flow, truth, pass, meanwhile, end };
}

test("half open both ways, and nobody new gets through: grey before anybody is misled, back by itself", async () => {
  const { page, way, flow, truth, pass, meanwhile, end } = await begin();
  way.pass("hole");
  way.swallow();
  await truth.lost(NOTICED_MS);
  await meanwhile();
  await pass(60);
  await hasLink(page, "none");
  assert.match(await verdictIs(page, "stale"), /^This device lost Kilat/);
  way.pass("open");
  way.cut();
  await truth.found();
  await flow.live(30, "live");
  await end();
});

test("from Wi-Fi to mobile: the old way is dead without a word, the new one is taken as soon as it is announced", async () => {
  const { context, page, way, flow, meanwhile, end } = await begin();
  const wire = await context.newCDPSession(page);
  /** @param {boolean} offline @param {"wifi" | "cellular4g"} connectionType */
  const network = (offline, connectionType) =>
    wire.send("Network.emulateNetworkConditions", {
      offline,
      connectionType,
      latency: 0,
      downloadThroughput: -1,
      uploadThroughput: -1,
    });
  const { sockets } = await flow.read();
  way.swallow();
  await meanwhile();
  await network(true, "wifi");
  await network(false, "cellular4g");
  // Somebody may look: three seconds for a word on the old way, half a second at most before the next attempt.
  await flow.live(5);
  assert.equal((await flow.read()).sockets, sockets + 1, "one attempt was enough");
  await end();
});

test("ten minutes of sleep, the lid closed: the wall clock alone goes on, the connection dies; nothing old is shown as new", async () => {
  const { page, way, flow, truth, pass, meanwhile, end } = await begin();
  // The Wi-Fi, too, takes a moment to come back.
  way.pass("hole");
  way.swallow();
  await meanwhile();
  // As Linux and Windows do it: no timer runs, no event tells of it, and the monotonic clock stands still.
  await page.clock.setSystemTime((await truth.nowMs()) + 600_000);
  await truth.lost(AWAKE_MS, 1_500);
  await pass(2);
  assert.match(await verdictIs(page, "stale"), /^Last heard of Kilat 10 min ago/);
  await pass(8);
  await hasLink(page, "connecting");
  way.pass("open");
  way.cut();
  await truth.found();
  await flow.live(20, "live");
  await end();
});
