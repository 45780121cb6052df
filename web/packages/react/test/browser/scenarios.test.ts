// What an operator does, and what the monitors say to it: commands, switch, keyboard, errors, and a flood of updates.

import assert from "node:assert/strict";
import { after, before, type TestContext, test } from "node:test";
import type { Browser, Locator, Page } from "playwright-core";
import { fake } from "../server.js";
import * as states from "../states.js";
import { FILES, has, launch, monitors, open } from "./open.js";

let browser: Browser;
before(async () => {
  browser = await launch();
});
after(() => browser.close());

async function begin(t: TestContext, world: states.World, version: 18 | 19 = 19) {
  const server = await fake(world, FILES[version]);
  t.after(server.close);
  const { page, done } = await open(browser, server.url);
  await monitors(page, "live");
  const card = (place: number) => page.locator(".kl-card").nth(place);
  return { server, page, done, cameras: card(0), backups: card(1), machine: card(2) };
}

const button = (card: Locator, name: string | RegExp) => card.getByRole("button", { name, exact: true });
const said = (page: Page, text: string) =>
  page.waitForFunction(
    (text) => [...document.querySelectorAll(".kl-said")].some((one) => one.textContent?.includes(text)),
    text,
  );

for (const version of [18, 19] as const)
  test(`commands say asked, done, or why they were refused; React ${version}`, async (t) => {
    const { server, page, done, cameras, backups } = await begin(t, states.partial(), version);
    assert.equal(server.opened, 1, "one socket for all three");
    await button(cameras, "Resume").click();
    await button(cameras, "Pause").waitFor();
    await said(page, "Done");
    assert.deepEqual(server.commands.splice(0), ['POST /api/dslr/status {"action":"resume"}']);

    await button(cameras, "Settings").click();
    await cameras.getByLabel("Photographer’s name").fill("Ayu");
    // What comes in meanwhile does not eat what is typed.
    server.tell();
    await button(cameras, "Save").click();
    await cameras.getByLabel("Photographer’s name").waitFor({ state: "detached" });
    assert.match(server.commands.pop() ?? "", /update_settings.*"uploaderName":"Ayu"/);

    await button(backups, "Try again").first().click();
    await said(page, "Refused: another run is under way there. wait for its end");
    await backups
      .getByRole("button", { name: /^Cancel/ })
      .first()
      .click();
    assert.ok(!server.commands.some((command) => /cancel/.test(command)), "it asks before it ends a run");
    await button(backups, "End it").click();
    await said(page, "Done");
    assert.ok(server.commands.some((command) => /^POST \/api\/admin\/backups\/b-2\/cancel/.test(command)));

    await button(backups, "Start a backup").click();
    await backups.getByLabel("Event").selectOption("ayu-bima");
    await backups.getByLabel(/^r2/).uncheck();
    await backups.locator("form").getByRole("button", { name: "Start a backup" }).click();
    await backups.locator("form").waitFor({ state: "detached" });
    assert.deepEqual(server.commands.pop(), 'POST /api/admin/events/ayu-bima/backup {"destinations":["red-ssd"]}');

    server.role = "viewer";
    await button(cameras, "Pause").click();
    await said(page, "you may only look");
    server.mode = "gone";
    await button(cameras, "Pause").click();
    await said(page, "No answer from Kilat");
    await done();
  });

test("notifications are cleared one by one or all, with an undo; the focus stays near", async (t) => {
  const { page, done, cameras } = await begin(t, states.partial());
  const notes = cameras.locator(".kl-notices .kl-note");
  await notes.nth(1).waitFor();
  assert.equal(await notes.count(), 2);
  await cameras
    .getByRole("button", { name: /^Clear: / })
    .first()
    .click();
  await page.waitForFunction(
    () => document.querySelectorAll(".kl-card")[0]?.querySelectorAll(".kl-notices .kl-note").length === 1,
  );
  assert.ok(await page.evaluate(() => document.activeElement?.classList.contains("kl-notices")));
  await button(cameras, "Undo").click();
  await notes.nth(1).waitFor();
  await button(cameras, "Clear").click();
  await notes.first().waitFor({ state: "detached" });
  await button(cameras, "Undo").click();
  await notes.nth(1).waitFor();
  await done();
});

test("the switch: off, the monitor asks every 30 s and says so, over no socket; on, it is live again", async (t) => {
  const { server, page, done, cameras, backups, machine } = await begin(t, states.live());
  const pill = (card: Locator, text: RegExp) => card.locator(".kl-pill").filter({ hasText: text }).waitFor();
  server.asked.length = 0;
  for (const card of [cameras, backups]) await card.getByRole("switch").click();
  await pill(cameras, /Polling 30 s/);
  await pill(backups, /Polling 30 s/);
  assert.ok(server.asked.length <= 3, `${server.asked}`);
  server.world.dslr = { ...server.world.dslr, totalUploaded: 411 };
  await button(cameras, "Refresh").click();
  await cameras.locator(".kl-figure", { hasText: "411" }).waitFor();
  for (const card of [cameras, backups, machine]) await card.getByRole("switch").click();
  for (const card of [cameras, backups, machine]) await pill(card, /Live/);
  server.world.system = { ...server.world.system, data: { machine: { ...states.summary, cpu: 61 } } };
  server.tell();
  await machine.locator(".kl-gauge-text", { hasText: "61 %" }).waitFor();
  await page.waitForFunction(() => document.querySelectorAll('[role="switch"][aria-checked="true"]').length === 3);
  await done();
});

const pills = (page: Page, text: RegExp, count: number) =>
  page.waitForFunction(
    ([text, count]) =>
      [...document.querySelectorAll(".kl-pill")].filter((pill) => new RegExp(text).test(pill.textContent ?? ""))
        .length === count,
    [text.source, count] as const,
  );

test("what stood open before the page was there stands on it; all monitors ask for it once", async (t) => {
  const server = await fake(states.live(), FILES[19]);
  server.world.open = [
    states.notice({ id: "o-1", type: "camera_disconnected", priority: "critical", title: "The camera is away" }),
    states.notice({ id: "o-2", type: "storage_warning", title: "Little room" }),
  ].map(({ texts: _, ...rest }) => rest);
  t.after(server.close);
  const { page, done } = await open(browser, server.url);
  await page.locator(".kl-card").nth(0).getByText("The camera is away").waitFor();
  await page.locator(".kl-card").nth(2).getByText("Little room").waitFor();
  await monitors(page, "live");
  const calls = server.asked.map((url) => url.replace(/\?.*/, "")).sort();
  assert.deepEqual(calls, ["/api/admin/monitoring", "/api/admin/system/settings", "/api/notifications"]);
  await done();
});

test("the machine's monitor knows at once when another one finds the server gone, and that it is back", async (t) => {
  const { server, page, done, machine } = await begin(t, states.live());
  await pills(page, /Polling 2 min/, 1);
  server.mode = "gone";
  server.cut();
  await pills(page, /No link/, 3);
  await machine.getByText(/This page lost Kilat \d+ s ago/).waitFor();
  await machine.getByText(/measured/).waitFor();
  // Its own question fails too.
  await button(machine, "Refresh").click();
  await said(page, "No answer from Kilat");
  server.asked.length = 0;
  server.mode = "all";
  await page.evaluate(() => (window as unknown as { kilat: { reconnect(): void } }).kilat.reconnect());
  await pills(page, /Live/, 2);
  await pills(page, /Polling 2 min/, 1);
  assert.ok(
    server.asked.some((url) => url.startsWith("/api/admin/monitoring")),
    "asked again at once, not when its turn comes",
  );
  await done();
});

test("the studio's settings are the default; what the page says goes before them, and the viewer before both", async (t) => {
  const server = await fake(states.live(), FILES[19]);
  server.world.settings = { ...server.world.settings, useRealtime: false, pollingInterval: 20_000 };
  t.after(server.close);
  const asked = await open(browser, server.url);
  await pills(asked.page, /Polling 20 s/, 3);
  assert.equal(await asked.page.locator('[role="switch"][aria-checked="true"]').count(), 0);
  await asked.page.getByRole("switch").first().click();
  await pills(asked.page, /Live/, 1);
  await pills(asked.page, /Polling 20 s/, 2);
  await asked.done();
  const own = await open(browser, `${server.url}?realtime=on`);
  await pills(own.page, /Live/, 1);
  await pills(own.page, /Polling 20 s/, 2);
  await own.page.getByRole("switch").first().click();
  await pills(own.page, /Polling 45 s/, 1);
  await own.done();
});

test("with the keyboard alone: every control is reached in order and shows where it is", async (t) => {
  const { server, page, done } = await begin(t, states.live());
  const names: string[] = [];
  const want = await page.locator("button").count();
  for (let n = 0; n < want; n += 1) {
    await page.keyboard.press("Tab");
    const { name, outline } = await page.evaluate(() => {
      const at = document.activeElement as HTMLElement;
      const label = document.getElementById(at.getAttribute("aria-labelledby") ?? "") ?? at;
      return { name: label.textContent ?? "", outline: getComputedStyle(at).outlineWidth };
    });
    assert.equal(outline, "3px", name);
    names.push(name);
  }
  assert.deepEqual(names.slice(0, 4), ["Real-time updates", "Pause", "Settings", "Refresh"]);
  assert.equal(names.length, 3 + 3 + 3 + 1, `${names}`);
  await page.locator("button", { hasText: "Pause" }).focus();
  await page.keyboard.press("Enter");
  await page.locator("button", { hasText: "Resume" }).waitFor();
  assert.equal(server.commands.length, 1);
  await done();
});

test("a part that breaks breaks alone, and comes back when it is loaded again", async (t) => {
  const server = await fake(states.live(), FILES[19]);
  t.after(server.close);
  const { page, context, errors } = await open(browser, server.url);
  await monitors(page, "live");
  const { cameras } = server.world.now;
  server.world.now = { ...server.world.now, cameras: [null as never] };
  server.tell();
  await has(page, '[role="alert"]');
  assert.equal(await page.locator('.kl-body[data-state="live"]').count(), 2, "the others go on");
  const report = (await page.locator('[role="alert"]').innerText()).match(/To report it: (\w+)/)?.[1] ?? "none";
  assert.ok(
    errors.some((error) => error.includes(`kilat ${report}`)),
    "the console has it under the same name",
  );
  server.world.now = { ...server.world.now, cameras };
  server.tell();
  // Watched all the while: what is newer is known before the part is loaded again.
  await page.waitForFunction(() => {
    type Known = { kilat: { getSnapshot(): { now: { value: { cameras: unknown[] } } } } };
    return (window as unknown as Known).kilat.getSnapshot().now.value.cameras[0] !== null;
  });
  await page.getByRole("button", { name: "Reload this part" }).click();
  await monitors(page, "live");
  await context.close();
});

test("live regions say what changed, not the numbers that tick", async (t) => {
  const { server, page, done } = await begin(t, states.busy());
  await page.evaluate(() => {
    const spoken: string[] = [];
    Object.assign(window, { spoken });
    for (const region of document.querySelectorAll("output"))
      new MutationObserver(() => spoken.push(region.textContent ?? "")).observe(region, {
        childList: true,
        characterData: true,
        subtree: true,
      });
  });
  const spoken = () => page.evaluate(() => (window as unknown as { spoken: string[] }).spoken);
  for (let n = 0; n < 5; n += 1) {
    server.world.dslr = { ...server.world.dslr, totalUploaded: 500 + n };
    server.world.runs = server.world.runs.map((run) => ({ ...run, processedPhotos: run.processedPhotos + 1 }));
    server.tell();
    await page.locator(".kl-figure", { hasText: String(500 + n) }).waitFor();
  }
  assert.deepEqual(await spoken(), []);
  server.world.now = {
    ...server.world.now,
    links: { ...server.world.now.links, storage: { state: "down", since: states.ago(5), what: "red-ssd" } },
  };
  server.tell();
  await page.getByText("Storage takes no copies: red-ssd").last().waitFor();
  assert.match((await spoken()).join("|"), /Storage takes no copies: red-ssd/);
  await done();
});

test("200 updates a second render nothing that did not change, and hold no memory", async (t) => {
  const { server, page, done } = await begin(t, states.live());
  type Counted = { renders: Record<string, number>; kilat: { getSnapshot(): { upload_progress: unknown[] } } };
  const renders = () => page.evaluate(() => ({ ...(window as unknown as Counted).renders }));
  const before = await renders();
  const begun = Date.now();
  // By the clock of the test alone: what is told is counted, not how fast a busy machine tells it.
  for (let n = 0; n < 400; n += 1) {
    const name = `DSC_${n % 250}.JPG`;
    server.send("upload_progress", states.upload(name, { progress: n / 4 }), ["dslr", "upload"]);
    await new Promise((next) => setTimeout(next, 5));
  }
  const last = states.upload("DSC_LAST.JPG", { progress: 55 });
  server.send("upload_progress", last, ["dslr", "upload"]);
  await has(page, '[role=progressbar][aria-label="DSC_LAST.JPG"]');
  const seconds = (Date.now() - begun) / 1000;
  const now = await renders();
  const grown = (name: string) => (now[name] ?? 0) - (before[name] ?? 0);
  // Backups and the machine: their ages tick, and nothing else.
  assert.ok(grown("backups") <= seconds * 2 + 3, `backups rendered ${grown("backups")} times in ${seconds} s`);
  assert.ok(grown("machine") <= seconds * 2 + 3, `machine rendered ${grown("machine")} times in ${seconds} s`);
  assert.ok(grown("dslr") <= seconds * 14 + 10, `cameras rendered ${grown("dslr")} times in ${seconds} s`);
  const kept = await page.evaluate(() => (window as unknown as Counted).kilat.getSnapshot().upload_progress.length);
  assert.equal(kept, 200);
  await done();
});
