// The monitors on the real program, from another origin as a studio's own site would: live, killed, back.

import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import type { Browser } from "playwright-core";
import { fake } from "../server.js";
import * as states from "../states.js";
import { FILES, launch, monitors, NEVER_MS, open } from "./open.js";

const PROGRAM = process.env["KILAT_BIN"] ?? "";
let browser: Browser;
let folder = "";
const children: ChildProcess[] = [];
before(async () => {
  assert.ok(existsSync(PROGRAM), "KILAT_BIN names the program");
  browser = await launch();
  folder = mkdtempSync(join(tmpdir(), "kilat-react-"));
  mkdirSync(join(folder, "hot"));
});
after(async () => {
  // Those that a failed test left behind would keep this process waiting.
  for (const child of children) child.kill("SIGKILL");
  await browser.close();
  rmSync(folder, { recursive: true });
});

async function start(origin: string, http: string, ws: string) {
  const ready = join(folder, "data", "ready.json");
  rmSync(ready, { force: true });
  const parts = ["data", "hot", "out"].map((name) => join(folder, name));
  const flags = ["--data", "--watch", "--to"].flatMap((flag, place) => [flag, parts[place] ?? ""]);
  const more = ["--event", "Garden wedding", "--listen", http, "--ws-listen", ws, "--anonymous", "operator", "--quiet"];
  const child = spawn(PROGRAM, ["serve", ...flags, ...more], {
    cwd: folder,
    stdio: "ignore",
    env: { ...process.env, KILAT_ORIGINS: origin },
  });
  children.push(child);
  for (let waited = 0; !existsSync(ready); waited += 20) {
    assert.ok(waited < NEVER_MS && child.exitCode === null, "the program starts");
    await pause(20);
  }
  const written = JSON.parse(readFileSync(ready, "utf8"));
  return { child, http: new URL(written.http).host, ws: new URL(written.ws).host };
}

/** The smallest JPEG that a reader takes for one. */
const jpeg = (mark: string) =>
  Buffer.concat([
    Buffer.from(
      "ffd8ffe000104a46494600010100000100010000ffdb004300080606070605080707070909080a0c140d0c0b0b0c1912130f141d1a1f1e1d1a1c1c20242e2720222c231c1c2837292c30313434341f27393d38323c2e333432ffc0000b080001000101011100ffc4001f0000010501010101010100000000000000000102030405060708090a0bffc400b5100002010303020403050504040000017d01020300041105122131410613516107227114328191a1082342b1c11552d1f02433627282090a161718191a25262728292a3435363738393a434445464748494a535455565758595a636465666768696a737475767778797a838485868788898a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae1e2e3e4e5e6e7e8e9eaf1f2f3f4f5f6f7f8f9faffda0008010100003f00fbd3ffd9",
      "hex",
    ),
    // After the end: another content, and so another photo.
    Buffer.from(mark),
  ]);

test("live; killed, no link and said so; back, live again with nothing missed and nothing twice", async (t) => {
  // Serves the page alone.
  const site = await fake(states.live(), FILES[19]);
  t.after(site.close);
  const origin = site.url.replace(/\/$/, "");
  let server = await start(origin, "127.0.0.1:0", "127.0.0.1:0");
  const address = new URLSearchParams({ http: `http://${server.http}`, ws: `ws://${server.ws}/ws` });
  const { page, done } = await open(browser, `${site.url}?${address}`);
  await monitors(page, "live");
  await page.evaluate(() => {
    type Kilat = {
      kilat: { on(type: string, listener: (payload: { status: string; fileName: string }) => void): void };
    };
    const heard: string[] = [];
    Object.assign(window, { heard });
    (window as unknown as Kilat).kilat.on("upload_progress", ({ status, fileName }) => {
      if (status === "completed") heard.push(fileName);
    });
  });
  const heard = () => page.evaluate(() => (window as unknown as { heard: string[] }).heard);
  const uploaded = (count: number) =>
    page.waitForFunction((count) => document.querySelector(".kl-figure")?.textContent === String(count), count);
  writeFileSync(join(folder, "hot", "DSC_0001.JPG"), jpeg("1"));
  await uploaded(1);

  server.child.kill("SIGKILL");
  await once(server.child, "exit");
  await page.waitForFunction(() => document.querySelectorAll(".kl-pill.kl-trouble").length === 3);
  await page
    .getByText(/This page lost Kilat/)
    .first()
    .waitFor();
  // It comes while nobody listens, and is stored before the page is back.
  writeFileSync(join(folder, "hot", "DSC_0002.JPG"), jpeg("2"));
  server = await start(origin, server.http, server.ws);
  await page.waitForFunction(() => document.querySelectorAll(".kl-pill.kl-safe").length === 2);
  await uploaded(2);
  writeFileSync(join(folder, "hot", "DSC_0003.JPG"), jpeg("3"));
  await uploaded(3);
  await page.waitForFunction(() => (window as unknown as { heard: string[] }).heard.length >= 3);
  assert.deepEqual(await heard(), ["DSC_0001.JPG", "DSC_0002.JPG", "DSC_0003.JPG"]);

  await page.getByRole("button", { name: "Pause", exact: true }).first().click();
  await page.getByText("Copying is paused. Photos wait here.", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Resume", exact: true }).click();
  await page.getByRole("button", { name: "Pause", exact: true }).waitFor();
  // The machine was asked, from another origin too: a number stands there.
  await page.waitForFunction(() => /\d %/.test(document.querySelectorAll(".kl-card")[2]?.textContent ?? ""));
  await done();
  server.child.kill("SIGTERM");
  const [code] = await once(server.child, "exit");
  assert.equal(code, 0);
});
