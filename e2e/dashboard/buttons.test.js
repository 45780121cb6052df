// @ts-check
// The buttons of every page behind Now and Photos, pressed in the real program: after the press the server says that it
// happened, by its command line or its calls, the page says so, and a refusal brings the server's remedy.

import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, mkdirSync, renameSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { launch, open } from "../open.js";
import { fits, hasLink } from "./page.js";
import { folderOfKilat, get, jpeg, until } from "./program.js";

/** @type {import("playwright-core").Browser} */
let browser;
/** @type {ReturnType<typeof folderOfKilat>} */
let kilat;
/** @type {import("playwright-core").Page} */
let page;
/** @type {() => Promise<void>} */
let done;
/** Somebody who is told: what it was sent, and how it answers. */
const phone = { heard: /** @type {string[]} */ ([]), status: 200, url: "", server: createServer() };

before(async () => {
  kilat = folderOfKilat();
  for (const name of ["shelf", "away"]) mkdirSync(join(kilat.folder, name));
  phone.server.on("request", async (request, response) => {
    let body = "";
    for await (const part of request) body += part;
    phone.heard.push(`${request.method} ${request.url} ${body}`);
    response.writeHead(phone.status).end();
  });
  phone.server.listen(0, "127.0.0.1");
  await once(phone.server, "listening");
  phone.url = `http://127.0.0.1:${/** @type {import("node:net").AddressInfo} */ (phone.server.address()).port}`;
  browser = await launch();
  const server = await kilat.start();
  ({ page, done } = await open(browser, server.link, { viewport: { width: 360, height: 740 } }));
  await hasLink(page, "live");
  kilat.shoot("DSC_0001.JPG", await jpeg(browser, 200));
  await page.waitForSelector('.tile[data-state="stored"]');
  // Cut off: what becomes of it takes a while, and stands open until the alerts are looked at.
  kilat.shoot("DSC_0009.JPG", (await jpeg(browser, 20)).subarray(0, 2_000));
});
after(async () => {
  await browser.close();
  phone.server.close();
  kilat.remove();
});

/** @param {string} name */
async function goTo(name) {
  await page.evaluate((name) => {
    location.hash = `#/${name}`;
  }, name);
  await page.waitForSelector(`main[data-page="${name.split("/")[0]}"] > :not(.skeleton, .page-head)`);
}
/** @param {string | RegExp} name */
const press = (name, within = page.locator("body")) => within.getByRole("button", { name, exact: true }).click();
const dialog = () => page.locator("dialog[open]").last();
const closed = () => page.waitForSelector("dialog[open]", { state: "detached" });
/** @param {...string} words */
const cli = async (...words) => (await kilat.run(words)).said;

test("Storage: a disk is added, tested and removed; a refusal says why, and what was typed is not lost by a slip", async () => {
  await goTo("storage");
  await page.click('a:has-text("Add storage")');
  await dialog().getByLabel("Its name").fill("shelf");
  await dialog().getByLabel("Folder on that computer").fill("/nowhere/shelf");
  // A slip: Escape, and the way back.
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Leave it" }).click();
  await page.goBack();
  await page.getByRole("button", { name: "Leave it" }).click();
  assert.equal(await dialog().getByLabel("Its name").inputValue(), "shelf");
  await press("Test and add", dialog());
  await page.waitForSelector('.storage-answer:has-text("Refused"):has-text("/nowhere")');
  assert.doesNotMatch(await cli("destination", "list"), /shelf/);
  await dialog().getByLabel("Folder on that computer").fill(join(kilat.folder, "shelf"));
  await press("Test and add", dialog());
  await page.waitForSelector('[data-place="shelf"]:has-text("Ready")');
  await page.waitForSelector('.storage-add output:has-text("shelf was added")');
  assert.match(await cli("destination", "list"), /shelf/);
  await press("Test: shelf");
  await page.waitForSelector('[data-place="shelf"] .command-word.is-done:has-text("Answered in")');
  // One of the settings cannot be removed here, and says where.
  await page.waitForSelector('.storage-place:has-text("Named in the settings")');
  await press("Remove: shelf");
  await press("Leave it", dialog());
  await press("Remove: shelf");
  await press("Remove it, keep the copies", dialog());
  await page.waitForSelector('[data-place="shelf"]', { state: "detached" });
  assert.doesNotMatch(await cli("destination", "list"), /shelf/);
  assert.ok(existsSync(join(kilat.folder, "shelf")));
});

test("Backups: begun, paused, let go on, cancelled, read back; the venue's line is left and taken again", async () => {
  const runs = async () => (await get(page, "/api/admin/backup/status")).data.allBackups;
  /** @param {string} place @param {string} phase */
  const comes = (place, phase, kind = "copy") =>
    until(`the run at ${place} is ${phase}`, async () =>
      (await runs()).some(
        (/** @type {any} */ run) => run.destination === place && run.kind === kind && run.phase === phase,
      ),
    );
  for (const name of ["shelf", "away"]) {
    const added = await kilat.run(["destination", "add", name, join(kilat.folder, name), "--kind", "backup"]);
    assert.equal(added.code, 0, added.said);
  }
  // A disk that is pulled: its run waits, and can be steered.
  renameSync(join(kilat.folder, "away"), join(kilat.folder, "pulled"));
  await goTo("backups/start");
  await dialog().getByText("shelf", { exact: true }).waitFor();
  await press("Start", dialog());
  await closed();
  await comes("shelf", "completed");
  await comes("away", "waiting");
  await page.waitForSelector('.backups-place:has-text("shelf"):has-text("all checked")');
  await page.waitForSelector('.backups-run:has-text("Backup to away"):has-text("waits, goes on by itself")');
  await fits(page);
  await press("Pause: Backup to away");
  await comes("away", "paused");
  await press("Go on: Backup to away");
  await comes("away", "waiting");
  await press("Cancel: Backup to away");
  await press("Leave it", dialog());
  await press("Cancel: Backup to away");
  await press("Cancel the backup", dialog());
  await closed();
  await comes("away", "cancelled");
  await page.waitForSelector('.row:has-text("Backup to away"):has-text("cancelled; whole copies stay")');
  // It lies there again: asked anew from its own sheet, it is brought to its end.
  renameSync(join(kilat.folder, "pulled"), join(kilat.folder, "away"));
  await page.click('.row:has-text("Backup to away")');
  await press("Try again: Backup to away", dialog());
  await comes("away", "completed");
  await press("Close", dialog());
  await closed();

  await goTo("backups/start");
  await dialog().getByText("Only read back").click();
  for (const name of ["away", "out"]) await dialog().locator(`.switch:has-text("${name}")`).first().click();
  await press("Start", dialog());
  await closed();
  await comes("shelf", "completed", "verify");
  assert.ok(!(await runs()).some((/** @type {any} */ run) => run.kind === "verify" && run.destination !== "shelf"));
  await page.waitForSelector('.row:has-text("Read-back at shelf"):has-text("all copies read back, all whole")');

  await press("Read back: shelf");
  await page.waitForSelector('.backups-scrub .row:has-text("shelf"):has-text("1 copy whole")');
  await press("2 hours");
  await page.waitForSelector(':has-text("Left to the ceremony until")');
  assert.match(await cli("ceremony", "status"), /until/);
  await press("End it now");
  await page.waitForSelector('button:has-text("2 hours")');
  assert.doesNotMatch(await cli("ceremony", "status"), /until/);
});

test("Events: made, used and closed; a bad one is said before it is asked for", async () => {
  const states = async () =>
    Object.fromEntries(
      (await get(page, "/api/admin/events")).map((/** @type {any} */ { name, status }) => [name, status]),
    );
  // The file that was cut off belongs to the event in which it came.
  await until("it is known", async () => (await get(page, "/api/now")).problems.length > 0);
  await goTo("events");
  await press("Make the event");
  await page.waitForSelector('.field-error:has-text("Give it a name")');
  await page.getByLabel("Name").fill("Ayu & Bima");
  await press("Make the event");
  await page.waitForSelector('.command-word:has-text("Made, and in use")');
  await page.waitForSelector('.header h1:text-is("Ayu & Bima")');
  assert.deepEqual(await states(), { "Ayu & Bima": "active", "Garden wedding": "open" });
  await press("Use it: Garden wedding");
  await page.waitForSelector('.header h1:text-is("Garden wedding")');
  assert.deepEqual(await states(), { "Ayu & Bima": "open", "Garden wedding": "active" });
  await press("Close: Ayu & Bima");
  await fits(page);
  await press("Leave it", dialog());
  assert.equal((await states())["Ayu & Bima"], "open");
  await press("Close: Ayu & Bima");
  assert.ok(await dialog().getByRole("button", { name: "Close the event" }).isDisabled());
  await dialog().getByLabel("Type Ayu & Bima to confirm").fill("Ayu & Bima");
  await press("Close the event", dialog());
  await closed();
  await page.waitForSelector('.row:has-text("Ayu & Bima"):has-text("Closed")');
  // It can never be used again: then nothing offers it.
  assert.equal(await page.getByRole("button", { name: /: Ayu & Bima$/ }).count(), 0);
  assert.match(await cli("event", "list"), /Ayu & Bima.*closed|closed.*Ayu & Bima/);
});

test("Alerts: seen one by one and all at once, by everybody; somebody is told elsewhere, tested and told no more", async () => {
  const unseen = async () =>
    (await get(page, "/api/notifications")).notifications.filter((/** @type {any} */ { state }) => state === "open");
  await goTo("alerts");
  await page.evaluate(() =>
    fetch("/api/dslr/control", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: '{"action":"stop"}',
    }),
  );
  await until("both are known", async () => (await unseen()).length >= 2);
  assert.equal((await unseen()).length, 2, JSON.stringify(await unseen()));
  await page.waitForSelector('.alerts-item.is-open:has-text("paused")');
  await page.locator(".alerts-item.is-open >> nth=1").waitFor();
  await fits(page);
  await page
    .locator('.alerts-item.is-open:has-text("paused")')
    .getByRole("button", { name: /^Seen: / })
    .click();
  await page.waitForSelector('.alerts-item.is-acknowledged:has-text("paused"):has-text("seen by")');
  assert.equal((await unseen()).length, 1);
  await press("All seen");
  await page.waitForSelector('.alerts-verdict:has-text("Nothing needs you"):has-text("2 were seen")');
  assert.equal((await unseen()).length, 0);
  await press("Copy again");
  await page.waitForSelector('.alerts-past .alerts-item:has-text("Copying goes on")');
  assert.equal((await get(page, "/api/now")).paused, false);

  await page.click('a:has-text("Tell somebody")');
  await press("Test and add", dialog());
  assert.equal(await dialog().locator(".field-error").count(), 2);
  await dialog().getByLabel("Its name").fill("phone");
  await dialog().getByLabel("Address").fill(`${phone.url}/our-topic`);
  await fits(page);
  phone.status = 500;
  await press("Test and add", dialog());
  await page.waitForSelector('.alerts-answer:has-text("Refused")');
  assert.doesNotMatch(await cli("notify", "list"), /phone/);
  assert.ok(await dialog().getByRole("button", { name: "Add it all the same" }).isVisible());
  phone.status = 200;
  await press("Test and add", dialog());
  await closed();
  await page.waitForSelector('.alerts-end:has-text("phone was added")');
  assert.match(await cli("notify", "list"), /phone\s+ntfy\s+high/);
  const before = phone.heard.length;
  await press("Test: phone");
  await page.waitForSelector('.row:has-text("phone") .command-word.is-done:has-text("Took it in")');
  assert.equal(phone.heard.length, before + 1);
  phone.status = 403;
  await press("Test: phone");
  await page.waitForSelector('.row:has-text("phone") .command-word.is-refused');
  await fits(page);
  // A webhook's key is shown once.
  phone.status = 204;
  await page.click('a:has-text("Tell somebody")');
  await dialog().getByLabel("How").selectOption("webhook");
  await dialog().getByLabel("Its name").fill("site");
  await dialog().getByLabel("Address").fill(`${phone.url}/hook`);
  await press("Test and add", dialog());
  await closed();
  assert.match(await page.getByLabel("The key that signs").inputValue(), /^whsec_/);
  await fits(page);
  for (const name of ["site", "phone"]) {
    await press(`Remove: ${name}`);
    await press("Remove", dialog());
    await closed();
  }
  await page.waitForSelector(':has-text("Nobody is told beyond this page")');
  assert.doesNotMatch(await cli("notify", "list"), /phone|site/);
  // A sound of one's own is asked for once.
  await page.locator(".switch", { hasText: "Sound and vibration" }).click();
  await press("Try it");
});

test("Settings: only what was changed is saved, a draft survives, and people are let in and out", async () => {
  const settings = () => get(page, "/api/admin/system/settings");
  await goTo("settings");
  const cpu = page.getByLabel("Processors, percent");
  await cpu.fill("101");
  await page.waitForSelector('.field-error:has-text("A number from 1 to 100")');
  assert.ok(await page.getByRole("button", { name: "Save", exact: true }).isDisabled());
  await cpu.fill("81");
  // Elsewhere meanwhile, and back.
  await goTo("about");
  await goTo("settings");
  assert.equal(await cpu.inputValue(), "81");
  // Closing the tab asks.
  const asked = page.waitForEvent("dialog");
  await page.evaluate(() => setTimeout(() => location.reload(), 0));
  await (await asked).dismiss();
  await press("Take back");
  assert.notEqual(await cpu.inputValue(), "81");
  await cpu.fill("82");
  // Somebody else saves meanwhile: what was not touched here is theirs, what was is named.
  const elsewhere = await page.request.post(new URL("/api/admin/system/settings", page.url()).href, {
    headers: { origin: new URL(page.url()).origin },
    data: { alertThresholds: { cpu: 70, memory: 77 } },
  });
  assert.equal(elsewhere.status(), 200);
  await goTo("about");
  await goTo("settings");
  await page.waitForSelector('.field-error:has-text("Changed elsewhere meanwhile: 70")');
  assert.equal(await page.getByLabel("Memory, percent").inputValue(), "77");
  await page.getByText("Follow live", { exact: true }).click();
  await page.getByLabel("Ask every so many seconds").fill("5");
  await fits(page);
  await press("Save");
  // This very device follows what the studio decided, unless somebody chose otherwise on it.
  await hasLink(page, "polling");
  assert.equal(await page.textContent(".header .pill"), "Polling 5 s");
  const saved = await settings();
  assert.deepEqual(
    [saved.alertThresholds.cpu, saved.alertThresholds.memory, saved.useRealtime, saved.pollingInterval],
    [82, 77, false, 5_000],
  );
  await goTo("more");
  await page.locator(".options label", { hasText: /^Live$/ }).click();
  await hasLink(page, "live");
  await page.locator(".options label", { hasText: /^By asking$/ }).click();
  await hasLink(page, "polling");
  await page.locator(".options label", { hasText: /^As the studio says$/ }).click();
  await goTo("settings");
  await page.getByText("Follow live", { exact: true }).click();
  await press("Save");
  await hasLink(page, "live");
  assert.equal((await settings()).useRealtime, true);

  await press("Make a link");
  const link = await page.getByLabel("The link", { exact: true }).inputValue();
  await page.waitForSelector("svg.settings-code path");
  await fits(page);
  const other = await open(browser, link, { viewport: { width: 360, height: 740 } });
  await hasLink(other.page, "live");
  assert.equal((await get(other.page, "/api/session")).role, "viewer");
  assert.equal((await kilat.run(["user", "add", "bima", "--role", "operator"], "a long password\n")).code, 0);
  await page.reload();
  const viewer = page.locator(".row", { hasText: "signed in · viewer" });
  await viewer.getByRole("button", { name: /^Take away: / }).click();
  await press("Take away", dialog());
  await closed();
  await other.page.waitForSelector(".door form");
  await other.done();
  await press("Remove: bima");
  await press("Remove", dialog());
  await closed();
  await until("the account is gone", async () => !/bima/.test(await cli("user", "list")));
  assert.equal(await page.getByRole("button", { name: "Remove: bima" }).count(), 0);
});

test("Cameras, Machine, Viewers and About show what the server has; More changes this device alone, and signs out", async () => {
  await goTo("cameras");
  renameSync(join(kilat.folder, "hot"), join(kilat.folder, "cold"));
  await page.waitForSelector('.row:has-text("gone since")');
  await fits(page);
  renameSync(join(kilat.folder, "cold"), join(kilat.folder, "hot"));
  await page.waitForSelector('.row:has-text("watched, last photo")');

  await goTo("machine");
  const asked = page.waitForResponse(/type=history&minutes=10\b|minutes=10&type=history/);
  await page.locator(".options label", { hasText: /^10 min$/ }).click();
  assert.equal((await (await asked).json()).data.minutes, 10);
  // A pointer over a line reads it.
  const chart = page.locator(".machine-chart").first();
  await chart.locator("svg").hover();
  await chart.locator("figcaption", { hasText: /\d\d:\d\d · / }).waitFor();
  await page.locator("summary").first().click();
  await page.waitForSelector("details[open] table");
  await fits(page);

  await goTo("clients");
  await page.click(".row >> nth=0");
  await page.waitForSelector("dialog .clients-facts li");
  await page.waitForSelector("dialog :is(.clients-trace, .sheet-body p:last-child)");
  await fits(page);
  await press("Close", dialog());
  await closed();
  assert.equal((await get(page, "/api/admin/clients")).clients.length, 1);

  await goTo("about");
  const list = page.waitForEvent("popup");
  await page.click('a:has-text("Show the list")');
  assert.match((await (await list).textContent("body")) ?? "", /MIT/);
  assert.match((await page.textContent(".about-report")) ?? "", /^Kilat \d.*\nlink live/);

  await goTo("more");
  await press("Bahasa Indonesia");
  await page.waitForFunction(() => document.documentElement.lang === "id");
  await press("English");
  await page.locator(".options label", { hasText: /^Dark$/ }).click();
  assert.equal(await page.getAttribute("html", "data-theme"), "dark");
  await page.getByRole("button", { name: /^Sign out / }).click();
  await page.waitForSelector(".door form");
  assert.equal((await page.request.get(new URL("/api/session", page.url()).href)).status(), 401);
  await done();
});
