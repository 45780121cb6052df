// @ts-check
// The scenarios of docs/WEBSOCKET_REALTIME_IMPLEMENTATION.md, walked through: what a page shows, and after how long.
// SHOTS names a folder for pictures. Says what it sees, asserts nothing: that is nextjs.test.js.

import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

import { launch, open } from "../open.js";
import { DOOR_PORT, hot, PAGE_PORT, startKilat, startPage, stopAll, temporary } from "./site.js";

const SHOTS = process.env["SHOTS"];
const { folder, remove } = temporary();
let stopKilat = await startKilat(folder, DOOR_PORT);
const stopPage = await startPage();
const browser = await launch();
/** @type {number} */
let begun = Date.now();
const say = (/** @type {string} */ text) =>
  process.stdout.write(`${((Date.now() - begun) / 1000).toFixed(2).padStart(7)} s  ${text}\n`);
try {
  const { page, done } = await open(browser, `http://localhost:${PAGE_PORT}/admin`, {
    viewport: { width: 1280, height: 900 },
  });
  page.on("console", (message) => say(`console ${message.type()}: ${message.text().slice(0, 120)}`));
  const pills = () =>
    page.$$eval(".kl-head .kl-pill", (all) => all.map((one) => one.textContent?.trim() ?? "").join(" | "));
  const notes = () => page.$$eval(".kl-note", (all) => all.map((one) => one.textContent?.trim() ?? ""));
  const shoot = async (/** @type {string} */ name) => {
    if (!SHOTS) return;
    mkdirSync(SHOTS, { recursive: true });
    await page.screenshot({ path: join(SHOTS, `${name}.png`), fullPage: true });
  };
  /** Says every change of the pills until they are so, and the time it took. @param {RegExp} wanted */
  async function until(wanted) {
    let before = "";
    for (let waited = 0; waited < 100_000; waited += 20) {
      const now = await pills();
      if (now !== before) say(`pills: ${now}`);
      before = now;
      if (wanted.test(now)) return;
      await pause(20);
    }
    say("never");
  }
  const uploaded = async (/** @type {string} */ count) => {
    const wanted = `${Number(count)}`;
    await page.waitForFunction(
      (wanted) => document.querySelector(".kl-card .kl-count .kl-figure")?.textContent === wanted,
      wanted,
    );
    say(`uploaded: ${wanted}`);
  };
  say("1. opened");
  await until(/^Live.* \| Live/);
  const file = async (/** @type {string} */ name) => {
    writeFileSync(join(folder, name), `no picture: ${name}`);
    begun = Date.now();
    renameSync(join(folder, name), join(hot(folder), name));
    await uploaded(name.replace(/\D/g, ""));
  };
  await file("DSC_0001.JPG");
  await file("DSC_0002.JPG");
  await shoot("1-live");
  begun = Date.now();
  const stopped = stopKilat();
  say("2. Kilat is told to stop");
  await until(/^No link \| No link/);
  await stopped;
  say(`notes: ${(await notes()).join(" / ")}`);
  await pause(35_000);
  say(
    `later: ${await pills()}; notes: ${(await notes()).join(" / ")}; grey: ${await page.locator(".kl-is-stale").count()}`,
  );
  await shoot("2-stopped");
  writeFileSync(join(hot(folder), "DSC_0003.JPG"), "while it was away");
  begun = Date.now();
  stopKilat = await startKilat(folder, DOOR_PORT);
  say("3. Kilat answers again");
  await until(/^Live.* \| Live/);
  await uploaded("3");
  await shoot("3-back");
  for (const width of [360, 412]) {
    await page.setViewportSize({ width, height: 780 });
    await pause(300);
    await shoot(`4-phone-${width}`);
  }
  await page.emulateMedia({ colorScheme: "dark" });
  await shoot("4-phone-dark");
  await done().catch((error) => say(`errors: ${error.message}`));
} finally {
  await browser.close();
  await stopPage();
  await stopKilat();
  stopAll();
  remove();
}
