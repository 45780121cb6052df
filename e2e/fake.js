// @ts-check
// A server that says what a test tells it to, with the dashboard as the real one serves it.

import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { WebSocketServer } from "ws";
import { bodies, importing } from "./states.js";

/** @typedef {import("../contract/kilat-wire.ts").Now} Now */

const DASHBOARD = new URL("../web/apps/dashboard/dist/", import.meta.url);
/** The one history that the fake tells of. */
const EPOCH = "e1";
// Read from the server's source, so that the page is tested under the policy that it will have.
const HEADERS = readFileSync(new URL("../crates/kilat-server/src/headers.rs", import.meta.url), "utf8");
const POLICY = (HEADERS.match(/const CSP: &str = "([^;]+;[\s\S]*?)";/)?.[1] ?? "").replaceAll(/\\\n\s*/g, "");
/** @type {Record<string, string>} */
const TYPES = { js: "text/javascript", css: "text/css", svg: "image/svg+xml" };

/** @typedef {(type: string, body: string, status?: number) => void} Send */

/** @param {string} id */
function picture(id) {
  const hue = ([...id].reduce((sum, c) => sum + c.charCodeAt(0), 0) * 47) % 360;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="480" height="320"><defs><radialGradient id="g" cx="50%" cy="55%"><stop offset="0" stop-color="hsl(${hue} 45% 62%)"/><stop offset="1" stop-color="hsl(${hue + 30} 50% 14%)"/></radialGradient></defs><rect width="480" height="320" fill="url(#g)"/></svg>`;
}

/**
 * Starts a fake. `now` may be changed at any time; `tell` sends it. `answers` are bodies of calls, by `GET /api/…`.
 * @param {Now} first
 * @param {{ role?: string, answers?: Record<string, unknown> }} [options]
 */
export async function fake(first, { role = "admin", answers = {} } = {}) {
  if (!existsSync(new URL("index.html", DASHBOARD)))
    throw new Error(`${DASHBOARD} is not built: pnpm --dir web run build`);
  let now = first;
  let isAnswering = true;
  let isRefusing = false;
  /** Entries of the log, oldest first. @type {{ seq: number, payload: Record<string, unknown> }[]} */
  const log = [];
  let hasSocket = true;
  let isSignedIn = true;
  /** @type {string[]} */
  const asked = [];
  /** Ayu's password, and one code. @param {import("node:http").IncomingMessage} request @param {Send} send */
  async function enter(request, send) {
    let text = "";
    for await (const part of request) text += part;
    if (request.method === "DELETE") isSignedIn = false;
    if (request.method === "POST") {
      const { code, name, password } = JSON.parse(text);
      isSignedIn = code === "good" || (name === "ayu" && password === "a long password");
      const refused = { code: code === undefined ? "bad_password" : "bad_code", error: "no", remedy: "" };
      if (!isSignedIn) return send("application/json", JSON.stringify(refused), 401);
    }
    const known = { success: true, name: "ayu", role };
    const nobody = { code: "not_signed_in", error: "nobody", remedy: "" };
    return send("application/json", JSON.stringify(isSignedIn ? known : nobody), isSignedIn ? 200 : 401);
  }
  const http = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://x");
    if (!isAnswering) return request.socket.destroy();
    response.setHeader("content-security-policy", POLICY);
    const send = (/** @type {string} */ type, /** @type {string} */ body, status = 200) => {
      response.writeHead(status, { "content-type": type });
      response.end(body);
    };
    if (pathname === "/admin") {
      return send("text/html", readFileSync(new URL("index.html", DASHBOARD), "utf8").replace("__KILAT_WS__", ""));
    }
    if (pathname.startsWith("/admin/assets/")) {
      const name = pathname.split("/").at(-1) ?? "";
      const file = new URL(`assets/${name}`, DASHBOARD);
      if (!existsSync(file)) return send("text/plain", "there is no such file", 404);
      return send(TYPES[name.split(".").at(-1) ?? ""] ?? "text/plain", readFileSync(file, "utf8"));
    }
    if (pathname === "/api/session") return enter(request, send);
    if (!isSignedIn) return send("application/json", JSON.stringify({ code: "not_signed_in", error: "nobody" }), 401);
    if (pathname === "/api/now") return send("application/json", JSON.stringify(state()));
    if (pathname === "/api/channels") {
      const channels = (searchParams.get("channels") ?? "").split(",");
      const since = Number(searchParams.get("since")?.split(":")[1] ?? log.length);
      const missed = log.filter(({ seq }) => seq > since).map(entry);
      const messages = [...states(channels), ...missed];
      const told = { epoch: EPOCH, seq: log.length, recovered: true, replayed: missed.length, more: false };
      return send("application/json", JSON.stringify({ channel: channels[0], channels, messages, ...told }));
    }
    const answer = answers[`${request.method} ${pathname}`];
    if (answer !== undefined) {
      if (request.method !== "GET") asked.push(`${request.method} ${pathname}`);
      return send("application/json", JSON.stringify(answer));
    }
    if (request.method === "GET" && pathname === "/api/cameras")
      return send("application/json", JSON.stringify(bodies(now, state().asOf)));
    if (request.method === "GET" && /^\/api\/admin\/cameras\/[^/]+\/import$/.test(pathname))
      return send("application/json", JSON.stringify(importing("idle")));
    if (request.method === "GET" && pathname === "/api/notifications")
      return send("application/json", JSON.stringify({ notifications: [], open: now.problems.length }));
    if (request.method === "GET" && pathname === "/api/photos") {
      const before = searchParams.get("before");
      const limit = Number(searchParams.get("limit") ?? 60);
      const from = before === null ? 0 : now.newest.findIndex(({ id }) => id === before) + 1;
      const photos = now.newest.slice(from, from + limit);
      const next = photos.length === limit ? photos.at(-1)?.id : null;
      return send("application/json", JSON.stringify({ photos, next }));
    }
    if (pathname.endsWith("/preview")) return send("image/svg+xml", picture(pathname));
    if (request.method === "POST") {
      asked.push(`${pathname} ${request.headers["idempotency-key"] ? "once" : ""}`);
      const refused = { success: false, code: "busy", error: "another copy goes there", remedy: "wait a moment" };
      if (isRefusing) return send("application/json", JSON.stringify(refused), 409);
      return send("application/json", JSON.stringify({ success: true }));
    }
    const photo = now.newest.find((photo) => pathname === `/api/photos/${photo.id}`);
    if (photo) {
      const copies = [
        {
          destination: "disk-a",
          state: "stored",
          key: `Garden wedding/${photo.name}`,
          at: now.serverTime,
          readBack: "device",
        },
        { destination: "disk-b", state: "pending", message: "waiting for its disk" },
      ];
      const detail = {
        ...photo,
        hash: "9b".repeat(32),
        camera: now.cameras[0] ?? null,
        source: "hot-1",
        sourcePath: photo.name,
        copies,
        receipts: [
          { way: null, cameraId: null, cameraName: null, source: "hot-1", path: photo.name, at: photo.filedAt },
          { way: "ftp", cameraId: "z9", cameraName: "Z9 of Budi", source: "intake", path: photo.name, at: now.asOf },
        ],
      };
      return send("application/json", JSON.stringify(detail));
    }
    return send("application/json", JSON.stringify({ error: "nothing", remedy: "" }), 404);
  });
  const sockets = new WebSocketServer({ noServer: true });
  http.on("upgrade", (request, socket, head) => {
    if (!hasSocket || !isSignedIn || !isAnswering) return socket.destroy();
    sockets.handleUpgrade(request, socket, head, (client) => sockets.emit("connection", client, request));
  });
  const say = (
    /** @type {import("ws").WebSocket} */ client,
    /** @type {string} */ type,
    /** @type {unknown} */ payload,
  ) => client.send(JSON.stringify({ type, payload, timestamp: new Date().toISOString() }));
  const state = () => {
    const at = new Date().toISOString();
    // The live state names only so many of the newest.
    return { ...now, newest: now.newest.slice(0, 24), serverTime: at, asOf: at };
  };
  /** The channels' states, as messages. @param {string[]} channels */
  const states = (channels) => {
    const { asOf, maxAgeMs } = state();
    const told = { asOf, maxAgeMs, timestamp: asOf, epoch: EPOCH, seq: log.length };
    const system = { status: "ok", message: "", data: {} };
    const all = [
      { channel: "dslr", type: "now", payload: state() },
      { channel: "backup", type: "backup_status", payload: answers["backup_status"] ?? [] },
      { channel: "system", type: "system_status", payload: system },
    ];
    return all.filter(({ channel }) => channels.includes(channel)).map((message) => ({ ...message, ...told }));
  };
  /** @param {{ seq: number, payload: Record<string, unknown> }} one */
  const entry = ({ seq, payload }) => ({
    type: "notification",
    channel: "system",
    payload,
    epoch: EPOCH,
    seq,
    prev: { system: seq - 1 },
    timestamp: new Date().toISOString(),
  });
  sockets.on("connection", (client) => {
    say(client, "connected", { clientId: "1", availableChannels: ["dslr"] });
    client.on("message", (data) => {
      const message = JSON.parse(String(data));
      const { channels, since } = message.payload ?? {};
      if (message.type === "subscribe" && channels) {
        const missed = log.filter(({ seq }) => seq > (since?.seq ?? log.length));
        const answer = { channel: channels[0], channels, epoch: EPOCH, seq: log.length, recovered: true };
        say(client, "subscribed", { ...answer, replayed: missed.length });
        for (const state of states(channels)) client.send(JSON.stringify(state));
        for (const one of missed) client.send(JSON.stringify(entry(one)));
      }
      if (message.type === "get_status") for (const state of states(channels ?? [])) client.send(JSON.stringify(state));
      if (message.type === "heartbeat") say(client, "heartbeat_response", {});
    });
  });
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  // Of a test that failed before it closed this, the process ends all the same.
  http.unref();
  const address = /** @type {import("node:net").AddressInfo} */ (http.address());
  return {
    url: `http://127.0.0.1:${address.port}/admin`,
    asked,
    /** @param {Now} next */
    tell(next) {
      now = next;
      for (const client of sockets.clients) {
        for (const one of states(["dslr"])) client.send(JSON.stringify(one));
      }
    },
    /** A message of a state, as it stands. @param {string} type @param {string} channel @param {unknown} payload */
    say(type, channel, payload) {
      const at = new Date().toISOString();
      const told = { asOf: at, maxAgeMs: 35_000, timestamp: at, epoch: EPOCH, seq: log.length };
      for (const client of sockets.clients) client.send(JSON.stringify({ type, channel, payload, ...told }));
    },
    /** Commands are refused from now on, or not. @param {boolean} refuses */
    refuse(refuses) {
      isRefusing = refuses;
    },
    /** Nothing answers any more, as if the program were gone; or it does again. @param {boolean} answers */
    answer(answers) {
      isAnswering = answers;
      if (answers) return;
      for (const client of sockets.clients) client.terminate();
      http.closeAllConnections();
    },
    /** @param {Record<string, unknown>} notice */
    notify(notice) {
      const one = { seq: log.length + 1, payload: { state: "told", count: 1, ...notice } };
      log.push(one);
      for (const client of sockets.clients) client.send(JSON.stringify(entry(one)));
    },
    /** Nobody is signed in from now on; the socket hears it as the real server says it. */
    signOut() {
      isSignedIn = false;
      for (const client of sockets.clients) client.close(4401, "not signed in");
    },
    /** Whether sockets are let in; those that are open end. @param {boolean} has */
    sockets(has) {
      hasSocket = has;
      if (!has) for (const client of sockets.clients) client.terminate();
    },
    async close() {
      for (const client of sockets.clients) client.terminate();
      http.closeAllConnections();
      http.close();
    },
  };
}
