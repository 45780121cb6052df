// @ts-check
// A server that tells a story, by a clock that may be another than the world's: the dashboard as it was built, the
// monitors page and the naive one on one port.

import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { WebSocketServer } from "ws";

import { atEnd, pageAt, portOf } from "./stage.js";

/** @typedef {import("./story.js").Told} Told */

const DIST = new URL("../../web/apps/dashboard/dist/", import.meta.url);
const METRICS = new URL("../../fixtures/wire/http-getMonitoring-metrics.json", import.meta.url);
/** @type {Record<string, string>} */
const TYPES = { js: "text/javascript", css: "text/css", svg: "image/svg+xml" };
const EPOCH = "e1";

/**
 * @param {{ states: () => Told[], clock: () => number, picture: Buffer }} of
 */
export async function feed({ states, clock, picture }) {
  let seq = 0;
  /** The newest entry of each channel. @type {Record<string, number>} */
  const last = {};
  let openNotices = 0;
  /** Calls, by what was asked. @type {Record<string, number>} */
  const calls = {};
  const at = () => new Date(clock()).toISOString();
  /** @type {Map<import("ws").WebSocket, Set<string>>} */
  const viewers = new Map();

  /** @param {Told} told */
  function envelope({ type, channels, payload, isLog }) {
    const common = { type, payload, timestamp: at(), epoch: EPOCH, channel: channels[0] };
    if (!isLog) return JSON.stringify({ ...common, seq, asOf: at(), maxAgeMs: 35_000 });
    seq += 1;
    /** @type {Record<string, number>} */
    const prev = {};
    for (const channel of channels) {
      prev[channel] = last[channel] ?? 0;
      last[channel] = seq;
    }
    return JSON.stringify({ ...common, seq, prev });
  }

  const http = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://x");
    /** @param {string} type @param {string | Buffer} body @param {number} [status] */
    const send = (type, body, status = 200) => {
      response.writeHead(status, { "content-type": type });
      response.end(body);
    };
    const page = pageAt(pathname);
    if (page) return send(page.type, page.body);
    if (pathname === "/admin") {
      return send("text/html", readFileSync(new URL("index.html", DIST), "utf8").replace("__KILAT_WS__", ""));
    }
    if (pathname.startsWith("/admin/assets/")) {
      const file = new URL(`assets/${pathname.split("/").at(-1)}`, DIST);
      const type = TYPES[pathname.split(".").at(-1) ?? ""] ?? "text/plain";
      return existsSync(file) ? send(type, readFileSync(file)) : send("text/plain", "there is no such file", 404);
    }
    if (pathname.endsWith("/preview")) return send("image/jpeg", picture);
    if (!pathname.startsWith("/api/")) return send("text/plain", "nothing is here", 404);
    calls[pathname] = (calls[pathname] ?? 0) + 1;
    const json = (/** @type {unknown} */ body, status = 200) => send("application/json", JSON.stringify(body), status);
    if (pathname === "/api/session") return json({ success: true, name: "ayu", role: "admin" });
    if (pathname === "/api/notifications") return json({ notifications: [], open: openNotices });
    if (pathname === "/api/admin/monitoring") {
      const answer = JSON.parse(readFileSync(METRICS, "utf8"));
      return json({ ...answer, timestamp: at(), data: { ...answer.data, measuredAt: at() } });
    }
    return json({ code: "not_found", error: "nothing is here", remedy: "" }, 404);
  });
  const sockets = new WebSocketServer({ server: http });
  sockets.on("connection", (socket) => {
    const own = new Set();
    viewers.set(socket, own);
    socket.on("close", () => viewers.delete(socket));
    const say = (/** @type {object} */ message) => socket.send(JSON.stringify({ timestamp: at(), ...message }));
    say({ type: "connected", payload: { clientId: "1", timestamp: at(), availableChannels: [] } });
    socket.on("message", (data) => {
      const { type, payload, id } = JSON.parse(String(data));
      if (type === "heartbeat") say({ type: "heartbeat_response", payload: { timestamp: at() } });
      if (type !== "subscribe" && type !== "get_status") return;
      const channels = payload.channels ?? [payload.channel];
      for (const channel of channels) own.add(channel);
      const answer = { channel: channels[0], channels, epoch: EPOCH, seq, recovered: true, replayed: 0 };
      if (type === "subscribe") say({ type: "subscribed", payload: answer, id });
      for (const one of states()) if (one.channels.some((channel) => own.has(channel))) socket.send(envelope(one));
    });
  });
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  atEnd(() => {
    for (const socket of viewers.keys()) socket.terminate();
    http.closeAllConnections();
    http.close();
  });
  return {
    origin: `http://127.0.0.1:${portOf(http)}`,
    calls,
    /** Tells everybody, each what it follows. @param {Told[]} all */
    tell(all) {
      for (const told of all) {
        const { state } = /** @type {{ state?: string }} */ (told.payload);
        if (told.type === "notification") openNotices += state === "open" ? 1 : -1;
        const text = envelope(told);
        for (const [socket, own] of viewers) if (told.channels.some((channel) => own.has(channel))) socket.send(text);
      }
    },
    /** Everything told has left for the browsers. */
    async drained() {
      while ([...viewers.keys()].some((socket) => socket.bufferedAmount > 0)) await new Promise(setImmediate);
    },
  };
}
