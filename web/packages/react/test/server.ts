// A server that says what a test tells it to, over WebSocket and HTTP, and serves the test page under a strict policy.

import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Channel, Envelope } from "@kilat/client";
import { type WebSocket, WebSocketServer } from "ws";
import { ago, type World } from "./states.js";

type Told = { type: string; payload: unknown; channels: Channel[]; isLog?: boolean };

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; connect-src 'self' ws: http:; img-src 'self' data:; base-uri 'none'; form-action 'none'";

const page = (lang: string, title: string) =>
  `<!doctype html><html lang="${lang}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${title}</title><link rel="icon" href="data:,"><link rel="stylesheet" href="/page.css"></head><body><div id="root"></div><script type="module" src="/page.js"></script></body></html>`;

export interface Fake {
  readonly url: string;
  readonly port: number;
  /** Commands, as `METHOD path body`. */
  readonly commands: string[];
  /** Everything asked for over HTTP, commands aside. */
  readonly asked: string[];
  /** What `asked` counts of sockets. */
  opened: number;
  world: World;
  /** Tells everybody the world as it is now. */
  tell(): void;
  send(type: string, payload: unknown, channels: Channel[], isLog?: boolean): void;
  /** Whether anything answers at all; whether sockets are let in; who the viewer is. */
  mode: "all" | "no-socket" | "silent" | "gone";
  role: "operator" | "viewer" | "nobody";
  /** Cuts what is connected. */
  cut(code?: number): void;
  close(): Promise<void>;
}

export async function fake(world: World, files: { readonly script: string; readonly style: string }): Promise<Fake> {
  let seq = 0;
  const last: Partial<Record<Channel, number>> = {};
  const sockets = new WebSocketServer({ noServer: true });
  const watching = new Map<WebSocket, Set<Channel>>();
  const self: Fake = {
    url: "",
    port: 0,
    commands: [],
    asked: [],
    opened: 0,
    world,
    mode: "all",
    role: "operator",
    tell() {
      for (const [socket, channels] of watching) states(socket, channels);
    },
    send(type, payload, channels, isLog = false) {
      const message = envelope({ type, payload, channels, isLog });
      for (const [socket, own] of watching) if (channels.some((channel) => own.has(channel))) say(socket, message);
    },
    cut(code) {
      for (const socket of sockets.clients) {
        if (code) socket.close(code);
        else socket.terminate();
      }
    },
    async close() {
      self.cut();
      http.closeAllConnections();
      await new Promise((closed) => http.close(closed));
    },
  };

  function envelope({ type, payload, channels, isLog }: Told): Envelope {
    const asOf = ago(self.world.ageSeconds);
    const common = { type, payload, timestamp: ago(0), epoch: "e", channel: channels[0] };
    if (!isLog) return { ...common, seq, asOf, maxAgeMs: 35_000 } as unknown as Envelope;
    seq += 1;
    const prev: Partial<Record<Channel, number>> = {};
    for (const channel of channels) {
      prev[channel] = last[channel] ?? 0;
      last[channel] = seq;
    }
    return { ...common, seq, prev } as unknown as Envelope;
  }
  const say = (socket: WebSocket, message: object) => socket.send(JSON.stringify(message));

  function told(): Told[] {
    const { now, dslr, runs, system, uploads } = self.world;
    return [
      { type: "dslr_status", payload: dslr, channels: ["dslr"] },
      { type: "now", payload: now, channels: ["dslr"] },
      { type: "backup_status", payload: runs, channels: ["backup"] },
      { type: "system_status", payload: system, channels: ["system"] },
      ...uploads
        .filter(({ status }) => status === "uploading")
        .map((payload): Told => ({ type: "upload_progress", payload, channels: ["dslr", "upload"] })),
    ];
  }
  const isIn = (channels: Channel[], own: ReadonlySet<Channel>) => channels.some((channel) => own.has(channel));
  function states(socket: WebSocket, own: ReadonlySet<Channel>) {
    for (const one of told()) if (isIn(one.channels, own)) say(socket, envelope(one));
  }
  const entries = new WeakSet<object>();
  /** Entries of the log, once each. */
  function log() {
    const { uploads, notices } = self.world;
    for (const payload of uploads.filter(({ status }) => status !== "uploading")) {
      if (!entries.has(payload)) self.send("upload_progress", payload, ["upload", "dslr"], true);
      entries.add(payload);
    }
    for (const payload of notices) {
      const about = { camera: "camera", upload: "upload", backup: "backup" }[payload.type.split("_")[0] ?? ""];
      if (!entries.has(payload))
        self.send("notification", payload, ["system", ...(about ? [about as Channel] : [])], true);
      entries.add(payload);
    }
  }

  function hear(socket: WebSocket, text: string) {
    const { type, payload, id } = JSON.parse(text);
    const channels: Channel[] = payload.channels ?? [];
    const own = watching.get(socket) ?? new Set<Channel>();
    watching.set(socket, own);
    if (self.mode === "silent") return;
    if (type === "heartbeat")
      say(socket, { type: "heartbeat_response", payload: { timestamp: ago(0) }, timestamp: ago(0) });
    if (type === "unsubscribe") for (const channel of channels) own.delete(channel);
    if (type === "get_status") states(socket, own);
    if (type !== "subscribe") return;
    for (const channel of channels) own.add(channel);
    const answer = { channel: channels[0], channels, epoch: "e", seq, recovered: true, replayed: 0 };
    say(socket, { type: "subscribed", payload: answer, timestamp: ago(0), id });
    states(socket, own);
    log();
  }

  async function answer(request: IncomingMessage, response: ServerResponse) {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://x");
    const send = (type: string, body: string | Buffer, status = 200) => {
      response.writeHead(status, { "content-type": type, "content-security-policy": POLICY });
      response.end(body);
    };
    const json = (body: unknown, status = 200) => send("application/json", JSON.stringify(body), status);
    const refuse = (status: number, code: string, error: string, remedy = "") =>
      json({ success: false, code, error, remedy }, status);
    if (pathname === "/") return send("text/html", page(searchParams.get("lang") ?? "en", "Studio Admin"));
    if (pathname === "/page.js") return send("text/javascript", readFileSync(files.script));
    if (pathname === "/page.css") return send("text/css", readFileSync(files.style));
    if (self.mode === "gone") return request.socket.destroy();
    if (self.mode === "silent") return undefined;
    if (self.role === "nobody") return refuse(401, "not_signed_in", "nobody is signed in");
    if (request.method !== "GET") return command(request, json, refuse);
    self.asked.push(request.url ?? "");
    const { events, destinations, metrics } = self.world;
    if (pathname === "/api/channels") {
      const own = new Set((searchParams.get("channels") ?? "").split(",") as Channel[]);
      const messages = told()
        .filter(({ channels }) => isIn(channels, own))
        .map(envelope);
      const channels = [...own];
      const verdict = { epoch: "e", seq, recovered: true, replayed: 0, more: false };
      return json({ channel: channels[0], channels, messages, ...verdict });
    }
    if (pathname === "/api/admin/monitoring")
      return json({ success: true, timestamp: ago(0), type: "metrics", data: metrics });
    if (pathname === "/api/admin/events") return json(events);
    if (pathname === "/api/notifications")
      return json({ notifications: self.world.open, open: self.world.open.length });
    if (pathname === "/api/admin/system/settings") return json(self.world.settings);
    if (pathname === "/api/admin/destinations") {
      if (self.role === "viewer") return refuse(403, "not_allowed", "your role does not allow it");
      return json(destinations);
    }
    return refuse(404, "not_found", "nothing is here");
  }

  async function command(
    request: IncomingMessage,
    json: (body: unknown, status?: number) => void,
    refuse: (status: number, code: string, error: string, remedy?: string) => void,
  ) {
    let text = "";
    for await (const part of request) text += part;
    const path = (request.url ?? "").replace(/\?$/, "");
    if (self.role === "viewer") return refuse(403, "not_allowed", "your role does not allow it");
    self.commands.push(`${request.method} ${path} ${text}`);
    const body = text ? JSON.parse(text) : {};
    const { dslr, runs } = self.world;
    if (path === "/api/dslr/status") {
      if (body.action === "pause") self.world.dslr = { ...dslr, serviceRunning: false };
      if (body.action === "resume") self.world.dslr = { ...dslr, serviceRunning: true };
      if (body.action === "update_settings") self.world.dslr = { ...dslr, ...body.settings };
      json({ success: true, ...self.world.dslr });
      return self.tell();
    }
    const [, id, action] = path.match(/^\/api\/admin\/backups\/([^/]+)\/(\w+)$/) ?? [];
    if (action === "retry") return refuse(409, "busy", "another run is under way there", "wait for its end");
    if (id) {
      const phase = action === "pause" ? "paused" : action === "resume" ? "copying" : "cancelled";
      self.world.runs = runs.map((run) => (run.backupId === id ? { ...run, phase } : run));
      json({ success: true, message: "done", data: self.world.runs.find((run) => run.backupId === id) });
      return self.tell();
    }
    return json({ success: true, message: "done", data: runs[0], runs, acknowledged: 0 });
  }

  const http = createServer((request, response) => void answer(request, response));
  http.on("upgrade", (request, socket, head) => {
    if (self.mode === "no-socket" || self.mode === "gone") return void socket.destroy();
    sockets.handleUpgrade(request, socket, head, (client) => {
      if (self.role === "nobody") return client.close(4401, "not signed in");
      self.opened += 1;
      say(client, { type: "connected", payload: { clientId: "c", availableChannels: [] }, timestamp: ago(0) });
      client.on("message", (data) => hear(client, String(data)));
      client.on("close", () => watching.delete(client));
      return undefined;
    });
  });
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const { port } = http.address() as AddressInfo;
  return Object.assign(self, { port, url: `http://127.0.0.1:${port}/` });
}
