// @ts-check
// What every measure needs: the browser, the real program, the pages as files, and an end to all of it.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { chromium } from "playwright-core";

/** What takes longer will never happen. */
export const NEVER_MS = 60_000;
const PROGRAM = process.env["KILAT_BIN"] ?? "";
const BROWSER = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
/** Where `monitors.js` and `monitors.css` were built. */
const BUILT = process.env["BENCH_PAGES"] ?? "";

/** Undone at the end, the last first. @type {(() => unknown)[]} */
const undo = [];

/** @param {() => unknown} end */
export function atEnd(end) {
  undo.push(end);
}

export async function endAll() {
  for (let end = undo.pop(); end; end = undo.pop()) await end();
}

export async function launch() {
  const browser = await chromium.launch({
    executablePath: BROWSER,
    args: ["--no-sandbox", "--disable-dev-shm-usage"],
  });
  atEnd(() => browser.close());
  return browser;
}

/**
 * A page in a context of its own, with the debugger's wire to it.
 * @param {import("playwright-core").Browser} browser @param {import("playwright-core").BrowserContextOptions} [options]
 */
export async function blank(browser, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: "en-GB", ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(NEVER_MS);
  const wire = await context.newCDPSession(page);
  return { page, context, wire };
}

export function temporary() {
  const folder = mkdtempSync(join(tmpdir(), "kilat-bench-web-"));
  mkdirSync(join(folder, "data"), { mode: 0o700 });
  mkdirSync(join(folder, "hot"));
  atEnd(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A free port: nobody else here takes it within the moment. */
async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const port = portOf(server);
  server.close();
  await once(server, "close");
  return port;
}

/** @param {import("node:http").Server} server */
export function portOf(server) {
  return /** @type {import("node:net").AddressInfo} */ (server.address()).port;
}

/**
 * The real program, page and socket on one port, so that whatever stands in front of it sees both.
 * `origin` is another site whose pages may ask, as an operator who signed in.
 * @param {{ kind?: "serve" | "demo", origin?: string, flags?: string[] }} [options]
 */
export async function startKilat({ kind = "serve", origin, flags = [] } = {}) {
  assert.ok(existsSync(PROGRAM), "KILAT_BIN names the program");
  const folder = temporary();
  const port = await freePort();
  const address = `127.0.0.1:${port}`;
  const places = kind === "serve" ? ["--watch", join(folder, "hot"), "--to", join(folder, "out")] : [];
  const own = [
    "--data",
    join(folder, "data"),
    "--event",
    "Garden wedding",
    "--listen",
    address,
    "--ws-listen",
    address,
  ];
  const open = origin ? ["--anonymous", "operator"] : [];
  const child = spawn(PROGRAM, [kind, ...own, ...places, ...open, ...flags], {
    cwd: folder,
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...process.env, ...(origin && { KILAT_ORIGINS: origin }) },
  });
  const ended = once(child, "exit");
  atEnd(() => {
    child.kill("SIGTERM");
    return ended;
  });
  let said = "";
  child.stderr.on("data", (part) => {
    said += part;
  });
  for (let waited = 0; !/#in=\w+\n/.test(said); waited += 20) {
    assert.ok(waited < NEVER_MS && child.exitCode === null, `the program starts: ${said}`);
    await pause(20);
  }
  return { port, hot: join(folder, "hot"), code: said.match(/#in=(\w+)/)?.[1] ?? "" };
}

/** @type {Record<string, string>} */
const TYPES = { js: "text/javascript", css: "text/css", html: "text/html" };

/** The pages of the bench by their addresses. @param {string} path @returns {{ type: string, body: Buffer | string } | undefined} */
export function pageAt(path) {
  const type = TYPES[path.split(".").at(-1) ?? ""] ?? "text/plain";
  if (path === "/monitors") return { type: "text/html", body: shell("monitors") };
  if (path === "/naive") return { type: "text/html", body: shell("naive") };
  if (path === "/naive.js") return { type, body: readFileSync(new URL("naive.js", import.meta.url)) };
  const file = join(BUILT, path);
  return /^\/monitors\.(js|css)$/.test(path) && existsSync(file) ? { type, body: readFileSync(file) } : undefined;
}

/** @param {"monitors" | "naive"} name */
function shell(name) {
  const style = name === "monitors" ? '<link rel="stylesheet" href="/monitors.css">' : "";
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${name}</title><link rel="icon" href="data:,">${style}</head><body><div id="root"></div><script type="module" src="/${name}.js"></script></body></html>`;
}

/** A studio's own site with the monitors page. */
export async function site() {
  const server = createServer((request, response) => {
    const found = pageAt(new URL(request.url ?? "/", "http://x").pathname);
    response.writeHead(found ? 200 : 404, { "content-type": found?.type ?? "text/plain" });
    response.end(found?.body ?? "nothing is here");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  atEnd(() => server.close());
  const origin = `http://127.0.0.1:${portOf(server)}`;
  return {
    origin,
    /** The address of the monitors page that asks the server at this port. @param {number} port */
    monitors: (port) =>
      `${origin}/monitors?${new URLSearchParams({ http: `http://127.0.0.1:${port}`, ws: `ws://127.0.0.1:${port}/ws` })}`,
  };
}

/** Both pages, and when they show what the server told. */
export const READY = {
  dashboard: '.header-link[data-link="live"]',
  monitors: '.kl-body[data-state="live"] >> nth=2',
};

/** A real JPEG of 900 × 600, painted and encoded by the browser. @param {import("playwright-core").Browser} browser */
export async function jpeg(browser) {
  const { page, context } = await blank(browser);
  const base64 = await page.evaluate(() => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [900, 600];
    const brush = canvas.getContext("2d");
    if (!brush) throw new Error("no canvas");
    const sky = brush.createLinearGradient(0, 0, 900, 600);
    sky.addColorStop(0, "#2b5876");
    sky.addColorStop(1, "#f9d976");
    brush.fillStyle = sky;
    brush.fillRect(0, 0, 900, 600);
    return canvas.toDataURL("image/jpeg").split(",")[1] ?? "";
  });
  await context.close();
  return Buffer.from(base64, "base64");
}
