// @ts-check
// The real program for a test: started in a folder of its own, called by its command line and over HTTP.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

import { NEVER_MS, open } from "../open.js";

const PROGRAM = process.env["KILAT_BIN"] ?? "";

/** A folder with `hot` for photos in it, and what was started there. */
export function folderOfKilat() {
  assert.ok(existsSync(PROGRAM), "KILAT_BIN names the program");
  const folder = mkdtempSync(join(tmpdir(), "kilat-e2e-"));
  mkdirSync(join(folder, "hot"));
  /** @type {import("node:child_process").ChildProcess[]} */
  const children = [];
  /** Its command line, against the server that runs there. @param {string[]} words @param {string} [input] */
  async function run(words, input = "") {
    const child = spawn(PROGRAM, ["--data", join(folder, "data"), ...words], { cwd: folder });
    let said = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (part) => {
        said += part;
      });
    // A command that ends before it has read all is judged by its end.
    child.stdin.on("error", () => {});
    child.stdin.end(input);
    const [code] = await once(child, "close");
    return { code, said };
  }
  /**
   * `under`: a program that starts it, with its words.
   * @param {{ http?: string, ws?: string, flags?: string[], under?: string[] }} [options]
   */
  async function start({ http = "127.0.0.1:0", ws = "127.0.0.1:0", flags, under = [] } = {}) {
    const ready = join(folder, "data", "ready.json");
    rmSync(ready, { force: true });
    const parts = ["data", "hot", "out"].map((name) => join(folder, name));
    const own = ["--data", "--watch", "--to"].flatMap((flag, place) => [flag, parts[place] ?? ""]);
    const words = ["serve", ...own, "--listen", http, "--ws-listen", ws, ...(flags ?? ["--event", "Garden wedding"])];
    const [program = PROGRAM, ...all] = [...under, PROGRAM, ...words];
    const child = spawn(program, all, { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
    children.push(child);
    let said = "";
    child.stderr.on("data", (part) => {
      said += part;
    });
    for (let waited = 0; !existsSync(ready) || !/#in=\w+\n/.test(said); waited += 20) {
      assert.ok(waited < NEVER_MS && child.exitCode === null, `the program starts and prints a sign-in link: ${said}`);
      await pause(20);
    }
    const written = JSON.parse(readFileSync(ready, "utf8"));
    const link = said.match(/http\S+#in=\w+/)?.[0] ?? "";
    return { child, link, http: new URL(written.http).host, ws: new URL(written.ws).host };
  }
  /** A photo as a camera closes it. @param {string} name @param {Buffer} bytes */
  const shoot = (name, bytes) => writeFileSync(join(folder, "hot", name), bytes);
  const remove = () => {
    // Those that a failed test left behind would keep this process waiting.
    for (const child of children) child.kill("SIGKILL");
    rmSync(folder, { recursive: true });
  };
  return { folder, start, run, shoot, remove };
}

/** A real JPEG, painted and encoded by the browser. @param {import("playwright-core").Browser} browser @param {number} hue */
export async function jpeg(browser, hue) {
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

/**
 * A GET of whoever is signed in there. @param {import("playwright-core").Page} page @param {string} path
 * @returns {Promise<any>}
 */
export async function get(page, path) {
  const answer = await page.request.get(new URL(path, page.url()).href);
  assert.ok(answer.ok(), `${path}: ${answer.status()} ${await answer.text()}`);
  return answer.json();
}

/** Whatever else runs on this machine is no notice. */
export const NEVER_AN_ALARM = { alertThresholds: { cpu: 100, memory: 100, storage: 100 } };

/** Saves settings, as somebody else's screen would. @param {import("playwright-core").Page} page @param {object} settings */
export async function set(page, settings) {
  const { href, origin } = new URL("/api/admin/system/settings", page.url());
  const answer = await page.request.post(href, { headers: { origin }, data: settings });
  assert.equal(answer.status(), 200, await answer.text());
}

/**
 * Asks until it is so: for what no screen tells. @param {string} what @param {() => Promise<unknown>} isSo
 */
export async function until(what, isSo) {
  for (const before = performance.now(); !(await isSo()); await pause(50))
    assert.ok(performance.now() - before < NEVER_MS, what);
}
