// A server by docs/protocol.md, with everything that can go wrong on the way to it.

import type { Environment, PageEvent, Socket } from "../src/index.js";
import type { Channel, Cursor, Skipped } from "../src/wire.js";
import { BEGIN, seeded, Time } from "./time.js";

export interface Entry {
  epoch: string;
  seq: number;
  prev: Partial<Record<Channel, number>>;
  type: string;
  payload: { n: number };
}

const LATENCY_MS = 20;
const PAGE = 5;
/** Older entries are skipped: `too_far`. */
const RETAINED = 60;

export class FakeSocket implements Socket {
  readyState = 0;
  bufferedAmount = 0;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  /** Since when nothing reaches the other side, and nobody was told. */
  cutAt: number | null = null;
  isGone = false;
  channels = new Set<Channel>();
  /** The last entry that it was sent. */
  place = 0;
  isLagging = false;
  readonly said: string[] = [];
  readonly #server: FakeServer;

  constructor(server: FakeServer) {
    this.#server = server;
  }
  send(text: string): void {
    this.said.push(text);
    this.#server.time.later(LATENCY_MS, () => this.cutAt === null && !this.isGone && this.#server.heard(this, text));
  }
  close(): void {
    this.readyState = 3;
    this.isGone = true;
    this.#server.sockets.delete(this);
  }
  tell(message: object): void {
    this.#server.time.later(LATENCY_MS, () => {
      // What was on its way is heard after its socket was given up, too.
      if (this.cutAt === null) this.onmessage?.({ data: JSON.stringify(message) });
    });
  }
  /** Closed by the other side, or by the network. */
  end(code: number): void {
    this.#server.time.later(LATENCY_MS, () => {
      this.close();
      this.onclose?.({ code, reason: "" });
    });
  }
}

export class FakeServer {
  readonly time: Time;
  random: () => number;
  /** What becomes of an attempt at the socket, and of a question. */
  socketMode: "accept" | "refuse" | "hang" = "accept";
  pollMode: "ok" | "fail" | "hang" | 401 | 503 = "ok";
  skewMs = 0;
  epochs = ["epoch-0"];
  entries: Entry[] = [];
  seq = 0;
  sockets = new Set<FakeSocket>();
  attempts = 0;
  polls: { at: number; url: string; status: number }[] = [];
  hidden = false;
  readonly hearers = new Map<string, Set<(event: { type: string }) => void>>();
  #last: Partial<Record<Channel, number>> = {};
  #count = 0;

  constructor(seed = 1) {
    this.time = new Time();
    this.random = seeded(seed);
    const tick = () => {
      for (const socket of this.sockets) if (socket.readyState === 1) this.#states(socket);
      this.time.later(10_000, tick);
    };
    this.time.later(10_000, tick);
  }
  get epoch(): string {
    return this.epochs.at(-1) ?? "";
  }
  now(): number {
    return BEGIN + this.time.at + this.skewMs;
  }
  env(): Environment {
    const { now, mono, setTimeout, clearTimeout } = this.time;
    const hearers = (name: string) => this.hearers.get(name) ?? this.hearers.set(name, new Set()).get(name);
    return {
      now,
      mono,
      setTimeout,
      clearTimeout,
      random: this.random,
      connect: () => this.#connect(),
      fetch: (url, init) => this.#fetch(url, init),
      page: {
        document: Object.defineProperty({ hidden: false }, "hidden", { get: () => this.hidden }),
        addEventListener: (name, hear) => void hearers(name)?.add(hear),
        removeEventListener: (name, hear) => void hearers(name)?.delete(hear),
      },
    };
  }
  page(event: PageEvent): void {
    for (const hear of [...(this.hearers.get(event) ?? [])]) hear({ type: event });
  }
  #connect(): Socket {
    const socket = new FakeSocket(this);
    this.attempts += 1;
    this.sockets.add(socket);
    if (this.socketMode === "refuse") socket.end(1006);
    if (this.socketMode === "accept") {
      this.time.later(LATENCY_MS, () => {
        if (socket.isGone) return;
        socket.readyState = 1;
        socket.tell(this.#message("connected", { clientId: "c", timestamp: this.#stamp(), availableChannels: [] }));
        socket.onopen?.();
      });
    }
    return socket;
  }
  #stamp(): string {
    return new Date(this.now()).toISOString();
  }
  #message(type: string, payload: unknown) {
    return { type, payload, timestamp: this.#stamp() };
  }
  heard(socket: FakeSocket, text: string): void {
    const { type, payload } = JSON.parse(text);
    const channels: Channel[] = payload.channels ?? [];
    if (type === "heartbeat") socket.tell(this.#message("heartbeat_response", { timestamp: this.#stamp() }));
    if (type === "unsubscribe") for (const channel of channels) socket.channels.delete(channel);
    if (type === "get_status") this.#states(socket);
    if (type !== "subscribe") return;
    for (const channel of channels) socket.channels.add(channel);
    this.#replay(socket, channels, payload.since ?? null);
  }
  #replay(socket: FakeSocket, channels: Channel[], since: Cursor | null): void {
    const { missed, ...verdict } = this.#since(channels, since);
    socket.isLagging = false;
    const answer = {
      channel: channels[0],
      channels,
      epoch: this.epoch,
      seq: this.seq,
      replayed: missed.length,
      ...verdict,
    };
    socket.tell(this.#message("subscribed", answer));
    this.#states(socket);
    for (const entry of missed) socket.tell(this.#told(entry));
    socket.place = this.seq;
  }
  #since(channels: readonly Channel[], since: Cursor | null) {
    const all = this.entries.filter((entry) => entry.epoch === this.epoch);
    const asked = since?.seq ?? this.seq;
    const oldest = all.filter((entry) => entry.seq > asked).at(-RETAINED - 1);
    let why: Skipped["why"] | undefined;
    let from = asked;
    if (since && since.epoch !== this.epoch) why = "other_epoch";
    else if (asked > this.seq) why = "ahead";
    if (why) from = this.seq;
    else if (oldest) {
      why = "too_far";
      from = oldest.seq;
    }
    const verdict = { recovered: !why, ...(why && { skipped: { why, message: why, upTo: from } }) };
    const isOf = (entry: Entry) => channels.some((channel) => channel in entry.prev);
    return { ...verdict, missed: all.filter((entry) => entry.seq > from && isOf(entry)) };
  }
  #told(entry: Entry) {
    return { ...entry, timestamp: this.#stamp(), channel: Object.keys(entry.prev)[0] };
  }
  #state(type: string, channel: Channel, payload: object) {
    const stamp = this.#stamp();
    return {
      type,
      payload,
      channel,
      epoch: this.epoch,
      seq: this.seq,
      asOf: stamp,
      maxAgeMs: 35_000,
      timestamp: stamp,
    };
  }
  #now() {
    const link = { state: "up", since: "2026-11-25T11:00:00Z", what: null };
    return this.#state("now", "dslr", { counts: this.#count, links: { source: link, camera: link, storage: link } });
  }
  #states(socket: FakeSocket): void {
    if (socket.channels.has("dslr")) socket.tell(this.#now());
    if (socket.channels.has("system")) socket.tell(this.#state("system_status", "system", { status: "ok" }));
  }
  /** Something happens. `lost` is left out for everybody who is connected, as no server should. */
  append(channels: Channel[], lost = false): Entry {
    this.#count += 1;
    this.seq += 1 + Math.floor(this.random() * 3);
    const prev = Object.fromEntries(channels.map((channel) => [channel, this.#last[channel] ?? 0]));
    const entry: Entry = { epoch: this.epoch, seq: this.seq, prev, type: "thing", payload: { n: this.#count } };
    for (const channel of channels) this.#last[channel] = this.seq;
    this.entries.push(entry);
    for (const socket of this.sockets) {
      if (socket.readyState !== 1 || socket.isLagging || !channels.some((channel) => socket.channels.has(channel)))
        continue;
      socket.place = this.seq;
      if (!lost) socket.tell(this.#told(entry));
    }
    return entry;
  }
  /** Another journal. */
  restore(): void {
    this.epochs.push(`epoch-${this.epochs.length}`);
    this.seq = Math.floor(this.random() * 20);
    this.#last = {};
    this.closeAll(1012);
  }
  closeAll(code: number): void {
    for (const socket of this.sockets) socket.end(code);
  }
  drain(afterMs: number): void {
    for (const socket of this.sockets) socket.tell(this.#message("draining", { reconnectAfterMs: afterMs }));
    this.closeAll(1012);
  }
  cutAll(): void {
    for (const socket of this.sockets) socket.cutAt ??= this.time.at;
  }
  /** Slow clients are dropped entries, or brought up to date. */
  lag(isLagging: boolean): void {
    for (const socket of this.sockets) {
      if (socket.readyState !== 1 || !socket.channels.size) continue;
      if (isLagging) socket.isLagging = true;
      else if (socket.isLagging) this.#replay(socket, [...socket.channels], { epoch: this.epoch, seq: socket.place });
    }
  }
  #fetch(url: string, init: RequestInit): Promise<Response> {
    const poll = { at: this.time.at, url, status: 0 };
    this.polls.push(poll);
    return new Promise((resolve, reject) => {
      init.signal?.addEventListener("abort", () => reject(new DOMException("aborted", "AbortError")));
      if (this.pollMode === "hang") return;
      this.time.later(LATENCY_MS, () => {
        if (this.pollMode === "fail" || this.pollMode === "hang") return reject(new TypeError("failed to fetch"));
        const answer = this.pollMode === "ok" ? this.#page(url, init) : new Response("{}", { status: this.pollMode });
        poll.status = answer.status;
        this.time.later(LATENCY_MS, () => resolve(answer));
      });
    });
  }
  #page(url: string, init: RequestInit): Response {
    const query = new URL(url, "http://kilat").searchParams;
    const channels = (query.get("channels") ?? "").split(",") as Channel[];
    const [epoch, seq] = (query.get("since") ?? "").split(":");
    const { missed, ...verdict } = this.#since(channels, epoch ? { epoch, seq: Number(seq) } : null);
    const told = missed.slice(0, PAGE);
    const more = missed.length > PAGE;
    const at = more ? (told.at(-1)?.seq ?? 0) : this.seq;
    const tag = `"${this.epoch}-${this.#count}-${told.length || !verdict.recovered ? at : ""}"`;
    const headers = { etag: tag, date: new Date(this.now()).toUTCString() };
    if ((init.headers as Record<string, string>)["if-none-match"] === tag)
      return new Response(null, { status: 304, headers });
    const states = [
      channels.includes("dslr") && this.#now(),
      channels.includes("system") && this.#state("system_status", "system", {}),
    ];
    const messages = [...states.filter(Boolean), ...told.map((entry) => this.#told(entry))];
    const page = {
      channel: channels[0],
      channels,
      epoch: this.epoch,
      seq: at,
      replayed: told.length,
      more,
      messages,
      ...verdict,
    };
    return Response.json(page, { headers });
  }
}
