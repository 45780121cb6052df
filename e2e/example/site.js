// @ts-check
// The example as a developer starts it: its own scripts, on other ports.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

import { NEVER_MS } from "../open.js";

/** Where the built example lies. */
export const EXAMPLE = process.env["EXAMPLE"] ?? "";
/** Both stand in the built page: the door's port in `NEXT_PUBLIC_WS_URL`. */
export const PAGE_PORT = Number(process.env["EXAMPLE_PORT"]);
export const DOOR_PORT = Number(process.env["EXAMPLE_WS_PORT"]);

/** @type {Set<import("node:child_process").ChildProcess>} */
const running = new Set();

export function temporary() {
  const folder = mkdtempSync(join(tmpdir(), "kilat-example-"));
  mkdirSync(join(folder, "data"), { mode: 0o700 });
  return { folder, remove: () => rmSync(folder, { recursive: true }) };
}

/** @param {string} folder @param {string[]} args @param {Record<string, string>} env */
function run(folder, args, env) {
  const child = spawn(process.execPath, [join(EXAMPLE, "scripts/run.mjs"), ...args], {
    cwd: folder,
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...process.env, PORT: `${PAGE_PORT}`, ...env },
  });
  let said = "";
  child.stderr?.on("data", (part) => {
    said += part;
  });
  running.add(child);
  child.on("exit", () => running.delete(child));
  return { child, said: () => said };
}

/** @param {string} url @param {ReturnType<typeof run>} of */
async function answers(url, { child, said }) {
  for (let waited = 0; ; waited += 50) {
    try {
      if ((await fetch(url)).ok) return;
    } catch {
      // Not yet.
    }
    assert.ok(waited < NEVER_MS && child.exitCode === null, `${url} answers: ${said()}`);
    await pause(50);
  }
}

/** `pnpm run start` */
export async function startPage() {
  const started = run(EXAMPLE, ["next", "start"], {});
  await answers(`http://localhost:${PAGE_PORT}/admin`, started);
  return () => stop(started.child);
}

/** `pnpm run ws:start`; photos go into `hot`. @param {string} folder @param {number} port @param {string[]} [args] */
export async function startKilat(folder, port, args = ["serve"]) {
  const started = run(folder, ["kilat", ...args], { WS_PORT: `${port}`, KILAT_EVENT: "Garden wedding" });
  await answers(`http://127.0.0.1:${port}/health`, started);
  return () => stop(started.child);
}

/** @param {import("node:child_process").ChildProcess} child */
async function stop(child) {
  if (child.exitCode !== null) return;
  child.kill("SIGTERM");
  await once(child, "exit");
}

/** A free port: nobody else here takes it within the moment. */
export async function freePort() {
  const { createServer } = await import("node:net");
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  server.close();
  await once(server, "close");
  return port;
}

export function stopAll() {
  for (const child of running) child.kill("SIGTERM");
}

export const hot = (/** @type {string} */ folder) => join(folder, "data", "hot");
export const isBuilt = () => existsSync(join(EXAMPLE, ".next", "BUILD_ID"));
