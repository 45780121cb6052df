// @ts-check
// The page on the real program: a photo from the folder to the screen, and the program's death.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";

import { hasLink, launch, NEVER_MS, open, verdictIs } from "./open.js";

const PROGRAM = process.env["KILAT_BIN"] ?? "";

/** @type {import("playwright-core").Browser} */
let browser;
/** @type {string} */
let folder;
/** @type {import("node:child_process").ChildProcess[]} */
const children = [];
before(async () => {
  assert.ok(existsSync(PROGRAM), "KILAT_BIN names the program");
  browser = await launch();
  folder = mkdtempSync(join(tmpdir(), "kilat-e2e-"));
  mkdirSync(join(folder, "hot"));
});
after(async () => {
  // Those that a failed test left behind would keep this process waiting.
  for (const child of children) child.kill("SIGKILL");
  await browser.close();
  rmSync(folder, { recursive: true });
});

/** @param {string} http @param {string} ws */
async function start(http, ws) {
  const ready = join(folder, "data", "ready.json");
  rmSync(ready, { force: true });
  const parts = ["data", "hot", "out"].map((name) => join(folder, name));
  const flags = ["--data", "--watch", "--to"].flatMap((flag, place) => [flag, parts[place] ?? ""]);
  const child = spawn(PROGRAM, ["serve", ...flags, "--event", "Garden wedding", "--listen", http, "--ws-listen", ws], {
    cwd: folder,
    stdio: ["ignore", "ignore", "pipe"],
  });
  children.push(child);
  let said = "";
  child.stderr.on("data", (part) => {
    said += part;
  });
  for (let waited = 0; !existsSync(ready); waited += 20) {
    assert.ok(waited < NEVER_MS && child.exitCode === null, "the program starts");
    await pause(20);
  }
  const written = JSON.parse(readFileSync(ready, "utf8"));
  for (let waited = 0; !/#in=\w+\n/.test(said); waited += 20) {
    assert.ok(waited < NEVER_MS, "the program prints a sign-in link");
    await pause(20);
  }
  const link = said.match(/http\S+#in=\w+/)?.[0] ?? "";
  return { child, link, http: new URL(written.http).host, ws: new URL(written.ws).host };
}

/** A real JPEG, painted and encoded by the browser. @param {number} hue */
async function jpeg(hue) {
  const { page, done } = await open(browser, "about:blank");
  const base64 = await page.evaluate((hue) => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [900, 600];
    const context = canvas.getContext("2d");
    if (!context) throw new Error("no canvas");
    context.fillStyle = `hsl(${hue} 60% 50%)`;
    context.fillRect(0, 0, 900, 600);
    return canvas.toDataURL("image/jpeg").split(",")[1] ?? "";
  }, hue);
  await done();
  return Buffer.from(base64, "base64");
}

test("a photo in the folder is on the page, safe, with its picture and its receipts; a dead server is noticed", async () => {
  let server = await start("127.0.0.1:0", "127.0.0.1:0");
  const { page, context, done } = await open(browser, `http://${server.http}/admin`);
  await page.waitForSelector("#door form");
  // In the same tab, as from a chat: only the address changes.
  await page.goto(server.link);
  await hasLink(page, "live");
  assert.equal(page.url(), `http://${server.http}/admin`, "the code does not stay in the address");
  const [cookie] = await context.cookies();
  assert.ok(cookie?.httpOnly && cookie.sameSite === "Strict");
  await verdictIs(page, "ready");
  writeFileSync(join(folder, "hot", "DSC_0001.JPG"), await jpeg(200));
  assert.equal(await verdictIs(page, "safe"), "1 photo is safe");
  await page.waitForSelector('.tile[data-state="stored"].has-picture');
  await page.click(".tile");
  await page.waitForSelector("dialog[open] .row.is-good");
  assert.match((await page.textContent("dialog")) ?? "", /read back/);
  await page.click("dialog .button");

  server.child.kill("SIGKILL");
  await once(server.child, "exit");
  await hasLink(page, "none");
  server = await start(server.http, server.ws);
  await hasLink(page, "live");
  writeFileSync(join(folder, "hot", "DSC_0002.JPG"), await jpeg(20));
  await page.waitForFunction(() => document.querySelector("#verdict .title")?.textContent === "2 photos are safe");

  await page.click('button:has-text("Pause copying")');
  await page.waitForFunction(() => document.querySelector("#verdict .title")?.textContent === "Copying is paused");
  await page.click('#verdict button:has-text("Copy again")');
  await verdictIs(page, "safe");
  await page.click('button:has-text("Sign out")');
  await page.waitForSelector("#door form");
  await done();
  server.child.kill("SIGTERM");
  const [code] = await once(server.child, "exit");
  assert.equal(code, 0);
});
