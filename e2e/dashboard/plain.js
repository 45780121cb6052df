// @ts-check
// A browser as people have it: a tab behind another one is hidden, a page that was left stays in the back/forward cache.
// A driver usually takes both away; so this one is started by hand, and looked at from outside.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { chromium } from "playwright-core";

import { NEVER_MS } from "../open.js";

const PROGRAM = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
/** It calls nobody but who is asked for. */
const QUIET = ["background-networking", "component-update", "default-apps", "extensions", "sync"].map(
  (name) => `--disable-${name}`,
);

/** With one tab; `server` is the proxy before everything. @param {string} server */
export async function plain(server) {
  const folder = mkdtempSync(join(tmpdir(), "kilat-browser-"));
  const flags = ["--headless", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--no-first-run", ...QUIET];
  const ways = [`--proxy-server=${server}`, "--proxy-bypass-list=<-loopback>", "--remote-debugging-port=0"];
  // Tests say how time passes, in hidden tabs too.
  const look = ["--lang=en-GB", "--window-size=1280,900", "--disable-background-timer-throttling"];
  const child = spawn(PROGRAM, [...flags, ...ways, ...look, `--user-data-dir=${folder}`, "about:blank"], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  child.stderr.on("data", (part) => {
    said += part;
  });
  for (let waited = 0; !/listening on ws:\S+\n/.test(said); waited += 20) {
    assert.ok(waited < NEVER_MS && child.exitCode === null, `the browser starts: ${said}`);
    await pause(20);
  }
  const browser = await chromium.connectOverCDP(said.match(/ws:\S+/)?.[0] ?? "", { noDefaults: true });
  const [context] = browser.contexts();
  const [page] = context?.pages() ?? [];
  assert.ok(context && page, "it has a tab");
  page.setDefaultTimeout(NEVER_MS);
  return {
    context,
    page,
    async end() {
      const gone = once(child, "exit");
      // By its own word, with all its processes.
      const wire = await browser.newBrowserCDPSession();
      await wire.send("Browser.close");
      await gone;
      rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
    },
  };
}
