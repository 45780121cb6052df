// Random lives of a page against what must hold at every moment. A seed that fails is printed and can be run alone:
// KILAT_SEED=17 node --test build/test/model.test.js; KILAT_SEEDS=1000 runs more of them.

import assert from "node:assert/strict";
import { test } from "node:test";
import { type Client, createClient, type Message, type Missed } from "../src/index.js";
import type { Channel } from "../src/wire.js";
import { type Entry, FakeServer } from "./server.js";
import { seeded } from "./time.js";

const STEPS = 60;
/** A heartbeat, its deadline, the pulse that sends it, and some way. */
const SILENCE_MS = 30_000 + 10_000 + 5_000 + 1_000;

class Life {
  readonly server: FakeServer;
  readonly client: Client;
  readonly random: () => number;
  readonly steps: string[] = [];
  readonly told: Entry[] = [];
  readonly missed: Missed[] = [];
  /** Entries of `system` from the first subscription on: each must be told or missed. */
  readonly owed: Entry[] = [];
  leaves: (() => void)[] = [];
  leaveUpload: (() => void) | undefined;
  isClosed = false;
  /** What a listener found: the client goes on after it, the test does not. */
  fault: unknown;
  /** Asleep with a standing clock and then set back: nobody could know how old anything is. */
  isAmbiguous = false;

  constructor(seed: number) {
    this.random = seeded(seed * 7_919 + 1);
    this.server = new FakeServer(seed);
    this.client = createClient({ url: () => this.#address(), env: this.server.env() });
    this.client.on("*", (_payload, message?: Message) => {
      try {
        this.#hear(message);
      } catch (error) {
        this.fault ??= error;
      }
    });
    this.client.on("@missed", (missed) => this.missed.push(missed));
    this.client.watch(() => {
      if (this.isClosed) this.fault ??= new Error("told after close");
    });
  }
  /** As a ticket is asked for: it may take a while. */
  #address(): Promise<string> {
    return new Promise((resolve) =>
      this.server.time.later(this.random() < 0.8 ? 0 : 2_000, () => resolve("ws://kilat/ws")),
    );
  }
  #hear(message?: Message): void {
    assert.ok(!this.isClosed, "nothing is told after close");
    if (message?.type !== "thing") return;
    const entry = message as unknown as Entry;
    for (const channel of Object.keys(entry.prev) as Channel[]) {
      const before = this.told.filter((one) => one.epoch === entry.epoch && channel in one.prev);
      if (channel === "system")
        assert.ok((before.at(-1)?.seq ?? -1) < entry.seq, `${entry.epoch}:${entry.seq} once and in order`);
    }
    assert.ok(
      !this.told.some((one) => one.epoch === entry.epoch && one.seq === entry.seq),
      `${entry.epoch}:${entry.seq} once`,
    );
    this.told.push(entry);
  }
  /** What must be so whatever happened. */
  readonly check = (): void => {
    const { server, client } = this;
    if (this.fault) throw this.fault;
    assert.ok(server.sockets.size <= 1, `${server.sockets.size} sockets`);
    assert.ok(server.time.clients.size <= 11, `${server.time.clients.size} timers`);
    const status = client.getStatus();
    assert.equal(status.isConnected, status.link === "live");
    if (status.link === "live") {
      const [socket] = server.sockets;
      assert.equal(socket?.readyState, 1, "live with a socket");
      assert.ok(
        server.time.at - (socket?.cutAt ?? Infinity) <= SILENCE_MS || socket?.cutAt == null,
        "live, and dead for long",
      );
    }
    if (status.link === "idle" || status.link === "asleep" || status.link === "stopped")
      assert.equal(server.sockets.size, 0);
    const { now } = client.getSnapshot();
    if (!status.isStale && now && !this.isAmbiguous) {
      const age = server.now() - now.asOfMs;
      assert.ok(age <= 35_000 + 1_000, `shown as fresh at the age of ${age}`);
    }
    if (status.isStale) assert.equal(status.storage.state, "unknown");
  };
  append(channels: Channel[], lost = false): void {
    const entry = this.server.append(channels, lost);
    if (channels.includes("system") && this.leaves.length) this.owed.push(entry);
  }
  async step(): Promise<void> {
    const { server, client, random } = this;
    const pick = <T>(...some: T[]) => some[Math.floor(random() * some.length)] as T;
    const some = (): Channel[] => pick(["system"], ["upload"], ["system", "upload"], ["dslr"]);
    const acts: Record<string, () => unknown> = {
      append: () => this.append(some()),
      burst: () => Array.from({ length: 30 }, () => this.append(some())),
      flood: () => Array.from({ length: 90 }, () => this.append(["system"])),
      // Shown by the next entry there. After a reconnection nobody could tell: a client asks from its cursor.
      hole: () => {
        const channels = some();
        this.append(channels, true);
        this.append(channels);
      },
      accept: () => Object.assign(server, { socketMode: "accept" }),
      refuse: () => Object.assign(server, { socketMode: "refuse" }),
      hang: () => Object.assign(server, { socketMode: "hang" }),
      close: () => server.closeAll(pick(1000, 1001, 1006, 1008, 1011, 1013, 4001, 4002)),
      drain: () => server.drain(random() * 5_000),
      cut: () => server.cutAll(),
      lag: () => server.lag(true),
      catchUp: () => server.lag(false),
      restore: () => server.restore(),
      poll: () => Object.assign(server, { pollMode: pick<typeof server.pollMode>("ok", "ok", "fail", "hang", 503) }),
      online: () => server.page(pick("online", "offline", "resume")),
      hide: () => this.#show(false),
      show: () => this.#show(true),
      cache: () => {
        server.page("pagehide");
        server.page("pageshow");
      },
      sleep: () => {
        const isStanding = random() < 0.5;
        const ms = random() * 900_000;
        server.time.sleep(ms, isStanding);
        // Who sleeps shows nothing: silence counts from waking up.
        for (const socket of server.sockets) if (socket.cutAt !== null) socket.cutAt += ms;
        this.isAmbiguous ||= isStanding && server.time.wallOff !== 0;
      },
      set: () => {
        server.time.wallOff = (random() - 0.5) * 7_200_000;
        this.isAmbiguous ||= server.time.slept > 0;
      },
      upload: () => {
        this.leaveUpload?.();
        this.leaveUpload = this.leaveUpload || !this.leaves.length ? undefined : client.subscribe(["upload"]);
      },
      subscribe: () => this.leaves.push(client.subscribe(["system", "dslr"])),
      leave: () => {
        if (this.leaves.length === 1) this.leaveUpload = void this.leaveUpload?.();
        this.leaves.pop()?.();
      },
      reconnect: () => client.reconnect(),
      refresh: () => client.refresh(),
      realtime: () => client.setRealtime(random() < 0.7),
      send: () => void client.send({ type: "heartbeat", payload: {} }).catch(() => {}),
    };
    const name = pick(...Object.keys(acts), "append", "append", "accept");
    this.steps.push(`${name} (${server.seq})`);
    acts[name]?.();
    await server.time.pass(pick(0, 5, 30, 300, 3_000, 12_000, 60_000) * random(), this.check);
    this.steps.push(`${client.getStatus().link} at ${Math.round(server.time.at)}`);
  }
  #show(isShown: boolean): void {
    this.server.hidden = !isShown;
    this.server.page("visibilitychange");
  }
  /** Everything is well again: what is owed must come. */
  async heal(): Promise<void> {
    const { server, client } = this;
    Object.assign(server, { socketMode: "accept", pollMode: "ok" });
    server.lag(false);
    this.leaves.push(client.subscribe(["system", "dslr"]));
    client.setRealtime(true);
    this.#show(true);
    await server.time.pass(60_000, this.check);
    // Only the next entry of a channel shows a hole before it.
    for (const channels of [["system"], ["dslr"], ["upload"]] as Channel[][]) this.append(channels);
    await server.time.pass(120_000, this.check);
    assert.equal(client.getStatus().link, "live", "it comes back by itself");
    for (const entry of this.owed) {
      const isTold = this.told.some((one) => one.epoch === entry.epoch && one.seq === entry.seq);
      assert.ok(
        isTold || this.missed.some((missed) => this.#covers(missed, entry)),
        `${entry.epoch}:${entry.seq} is lost; told ${this.#places(this.told.slice(-40))}; missed ${JSON.stringify(this.missed)}`,
      );
    }
    client.close();
    this.isClosed = true;
    server.append(["system"]);
    this.#show(false);
    this.#show(true);
    await server.time.pass(600_000);
    if (this.fault) throw this.fault;
    assert.deepEqual([server.sockets.size, server.time.clients.size], [0, 0], "nothing is left");
  }
  #places(entries: Entry[]): string {
    return entries.map(({ epoch, seq, prev }) => `${epoch.slice(6)}:${seq}${JSON.stringify(prev)}`).join(" ");
  }
  #covers({ since, upTo }: Missed, { epoch, seq }: Entry): boolean {
    const place = (name: string | undefined) => this.server.epochs.indexOf(name ?? "");
    const isAfter = !since || place(epoch) > place(since.epoch) || (epoch === since.epoch && seq > since.seq);
    const isBefore = place(epoch) < place(upTo.epoch) || (epoch === upTo.epoch && seq <= upTo.seq);
    return isAfter && isBefore;
  }
}

const alone = process.env["KILAT_SEED"];
const seeds = alone
  ? [Number(alone)]
  : Array.from({ length: Number(process.env["KILAT_SEEDS"] ?? 200) }, (_, n) => n + 1);

test(`whatever happens, nothing is lost, nothing comes twice, nothing untrue is shown (${seeds.length} lives of ${STEPS} steps)`, async () => {
  for (const seed of seeds) {
    const life = new Life(seed);
    try {
      life.leaves.push(life.client.subscribe(["system", "dslr"]));
      await life.server.time.pass(3_000, life.check);
      for (let step = 0; step < STEPS; step += 1) await life.step();
      await life.heal();
    } catch (error) {
      throw new Error(`KILAT_SEED=${seed}: ${error}\n${life.steps.join(" · ")}`, { cause: error });
    }
  }
});
