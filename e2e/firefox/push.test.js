// @ts-check
// The dashboard in Firefox, and Web Push the whole way: the browser's own keys, a push service, the worker, the screen.

import assert from "node:assert/strict";
import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { folderOfKilat, NEVER_AN_ALARM } from "../dashboard/program.js";
import { launch } from "./bidi.js";
import { pushService } from "./service.js";

/** What takes longer will never happen. */
const NEVER = { timeout: 120_000 };
const WORKER = "/admin/";
const PAGES = [
  "now",
  "photos",
  "backups",
  "alerts",
  "cameras",
  "storage",
  "machine",
  "events",
  "settings",
  "clients",
  "about",
];

/** @type {ReturnType<typeof folderOfKilat>} */
let kilat;
/** @type {string} */
let link;
/** @type {Awaited<ReturnType<typeof pushService>>} */
let service;
/** @type {Awaited<ReturnType<typeof launch>>} */
let firefox;

const part = (/** @type {string} */ name) => join(kilat.folder, name);

before(async () => {
  kilat = folderOfKilat();
  writeFileSync(part("kilat.toml"), "[notifications]\npush_own_service = true\n");
  const flags = ["--config", part("kilat.toml"), "--event", "Garden wedding"];
  link = (await kilat.start({ flags })).link;
  service = await pushService();
  firefox = await launch({
    "dom.push.serverURL": service.socket,
    "dom.push.testing.allowInsecureServerURL": true,
    "dom.push.connection.enabled": true,
    "dom.push.testing.ignorePermission": true,
    "permissions.default.desktop-notification": 1,
    "alerts.useSystemBackend": false,
    "datareporting.policy.dataSubmissionEnabled": false,
    "app.update.enabled": false,
  });
});
after(async () => {
  await firefox?.close();
  await service?.close();
  kilat.remove();
});

const isLive = () => document.querySelector(".header-link")?.getAttribute("data-link") === "live";
/**
 * A notification on the screen of the device whose text has this in it, once it is there.
 * @param {string} worker @param {string} text @param {boolean} silent
 */
async function shown(worker, text, silent) {
  const registration = await navigator.serviceWorker.getRegistration(worker);
  for (;;) {
    const all = (await registration?.getNotifications()) ?? [];
    const found = all.find((one) => one.silent === silent && `${one.title} ${one.body}`.includes(text));
    if (found) return { lang: found.lang, tag: found.tag };
    await new Promise((done) => setTimeout(done, 50));
  }
}
const has = (/** @type {string} */ text) => document.querySelector("main")?.textContent?.includes(text);

test("on a phone in Firefox: the link lets in, it is live, everything fits", NEVER, async () => {
  const page = await firefox.open(link);
  await page.size(360, 640);
  await page.until(isLive);
  for (const name of PAGES) {
    await page.evaluate((/** @type {string} */ name) => {
      location.hash = `#/${name}`;
    }, name);
    await page.until(
      (/** @type {string} */ name) => document.querySelector(`a[aria-current="page"][href="#/${name}"]`),
      name,
    );
    assert.equal(
      await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth),
      0,
      name,
    );
  }
  assert.deepEqual(firefox.errors, []);
  await page.close();
});

test(
  "a device that signed up is told in its language while no page is open, told of the end, and then no more",
  NEVER,
  async () => {
    const page = await firefox.open(link.replace(/#.*/, "#/alerts"));
    await page.until(isLive);
    // Each push that comes is of what this test does.
    await page.evaluate(async (/** @type {object} */ settings) => {
      const headers = { "content-type": "application/json" };
      const given = { method: "POST", headers, body: JSON.stringify(settings) };
      const answer = await fetch("/api/admin/system/settings", given);
      if (!answer.ok) throw new Error(await answer.text());
    }, NEVER_AN_ALARM);
    await page.until(has, "Tell this device");
    await page.press("Tell this device");
    await page.until(has, "This device is told");
    assert.equal(service.signedUp(), 1);
    assert.match((await kilat.run(["notify", "list"])).said, /push-/, "the program knows the device");

    await page.press("Send a test");
    await page.until(has, "Sent, it took");
    const { tag } = await page.evaluate(shown, WORKER, "test", false);
    assert.ok(tag);
    await page.press("Bahasa Indonesia");
    // Chosen only once Kilat has it.
    await page.until(() => document.querySelector("label:has(:checked)")?.textContent?.includes("Bahasa Indonesia"));
    await page.evaluate(() => location.assign("about:blank"));

    const before = service.pushed.length;
    renameSync(part("hot"), part("unplugged"));
    await service.until(before + 1);
    renameSync(part("unplugged"), part("hot"));
    await service.until(before + 2);
    assert.ok(!service.pushed.some(({ body }) => body.includes("hot")), "nobody on the way can read it");

    const back = await firefox.open(link.replace(/#.*/, "#/alerts"));
    // In the device's language, and over without a sound.
    assert.equal((await back.evaluate(shown, WORKER, "hot", true)).lang, "id");
    await back.until(has, "Tell it no more");
    await back.press("Tell it no more");
    await back.until(has, "Tell this device");
    assert.equal(service.signedUp(), 0);
    assert.doesNotMatch((await kilat.run(["notify", "list"])).said, /push-/);
    assert.deepEqual(firefox.errors, []);
    await back.close();
  },
);
