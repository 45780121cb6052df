// Against the real program: its death, a proxy that refuses WebSockets, its return. Nothing missed, nothing twice.

import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import WebSocket from "ws";
import { call } from "../src/call.js";
import { type Client, createClient, type Socket, type Status } from "../src/index.js";

const PROGRAM = process.env["KILAT_BIN"] ?? "";
const NEVER_MS = 60_000;
const folder = mkdtempSync(join(tmpdir(), "kilat-client-"));
const children: ChildProcess[] = [];
after(() => {
  for (const child of children) child.kill("SIGKILL");
  rmSync(folder, { recursive: true });
});

async function start(http: string) {
  const ready = join(folder, "data", "ready.json");
  rmSync(ready, { force: true });
  mkdirSync(join(folder, "hot"), { recursive: true });
  const flags = ["--data", "data", "--watch", "hot", "--to", "out", "--listen", http, "--ws-listen", "127.0.0.1:0"];
  const child = spawn(PROGRAM, ["serve", ...flags], { cwd: folder, stdio: "ignore" });
  children.push(child);
  for (let waited = 0; !existsSync(ready); waited += 20) {
    assert.ok(waited < NEVER_MS && child.exitCode === null, "the program starts");
    await pause(20);
  }
  return { child, host: new URL(JSON.parse(readFileSync(ready, "utf8")).http).host };
}

/** Forwards HTTP to where the program is, and refuses every upgrade while it is told to. */
async function proxy() {
  const way = { host: "", refuses: false };
  const server = createServer((asked, answer) => {
    const [hostname, port] = way.host.split(":");
    const headers = { ...asked.headers, host: way.host };
    const on = request({ hostname, port, path: asked.url, method: asked.method, headers }, (said) => {
      answer.writeHead(said.statusCode ?? 502, said.headers);
      said.pipe(answer);
    });
    on.on("error", () => answer.destroy());
    asked.pipe(on);
  });
  server.on("upgrade", (_asked, socket) => socket.end("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n"));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { way, server, at: `127.0.0.1:${(server.address() as AddressInfo).port}` };
}

function until(client: Client, is: (status: Status) => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`never: ${JSON.stringify(client.getStatus())}`)), NEVER_MS);
    const look = () => {
      if (!is(client.getStatus())) return;
      clearTimeout(timer);
      leave();
      resolve();
    };
    const leave = client.watch(look);
    look();
  });
}

function publish(numbers: number[]): void {
  const input = numbers.map((n) => `${JSON.stringify({ n })}\n`).join("");
  const done = spawnSync(PROGRAM, ["publish", "upload", "thing", "--data", "data", "--quiet"], { cwd: folder, input });
  assert.equal(done.status, 0, String(done.stderr));
}

test("the program dies and returns, and a proxy refuses WebSockets meanwhile: nothing is missed, nothing comes twice", async () => {
  assert.ok(existsSync(PROGRAM), "KILAT_BIN names the program");
  const forwards = await proxy();
  let { child, host } = await start("127.0.0.1:0");
  forwards.way.host = host;
  const key = readFileSync(join(folder, "data", "key"), "utf8").trim();
  const headers = { authorization: `Bearer ${key}` };
  const client = createClient({
    url: () => `ws://${forwards.way.refuses ? forwards.at : host}/ws`,
    httpUrl: `http://${forwards.at}`,
    headers: () => headers,
    env: { connect: (url) => new WebSocket(url, { headers }).on("error", () => {}) as unknown as Socket },
  });
  const told: number[] = [];
  const missed: unknown[] = [];
  const links: string[] = [];
  client.on("thing", (payload) => told.push((payload as { n: number }).n));
  client.on("@missed", (one) => missed.push(one));
  client.on("@status", ({ link }) => links.at(-1) !== link && links.push(link));
  const heard = (count: number) => until(client, () => told.length >= count);

  client.subscribe(["dslr", "upload", "system"]);
  await until(client, ({ link }) => link === "live");
  publish([1, 2, 3]);
  await heard(3);
  assert.equal(client.getStatus().source.state, "up");

  forwards.way.refuses = true;
  child.kill("SIGKILL");
  await once(child, "exit");
  await until(client, ({ link }) => link === "none");
  assert.equal(client.getStatus().isConnected, false);
  ({ child, host } = await start(host));
  publish([4, 5]);
  client.refresh();
  await until(client, ({ link }) => link === "polling");
  await heard(5);
  publish([6]);

  forwards.way.refuses = false;
  await until(client, ({ link }) => link === "live");
  publish([7]);
  await heard(7);
  assert.deepEqual([told, missed], [[1, 2, 3, 4, 5, 6, 7], []]);
  assert.deepEqual(links, ["connecting", "live", "connecting", "none", "polling", "live"]);

  const answer = await call(client, "POST /api/uploads/retry");
  assert.equal(answer.success, true);
  const refusal = await call(client, "GET /api/photos/{id}", { path: { id: "../x" } }).catch((error) => error);
  assert.deepEqual([refusal.name, refusal.status], ["KilatError", 404]);
  client.close();
  forwards.server.close();
  forwards.server.closeAllConnections();
  child.kill("SIGTERM");
  await once(child, "exit");
});
