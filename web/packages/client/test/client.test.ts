// What a page would miss, situation by situation.

import assert from "node:assert/strict";
import { test } from "node:test";
import { type ClientOptions, createClient, type Message } from "../src/index.js";
import { FakeServer } from "./server.js";

/** A page that watches everything from the start. */
function open(server = new FakeServer()) {
  const client = createClient({ url: "ws://kilat/ws", env: server.env() });
  const told: number[] = [];
  client.on(
    "*",
    (_payload, message?: Message) => message?.type === "thing" && told.push((message.payload as { n: number }).n),
  );
  const links: string[] = [];
  client.on("@status", ({ link }) => links.at(-1) !== link && links.push(link));
  return { server, client, told, links, pass: (ms: number) => server.time.pass(ms) };
}

async function live() {
  const page = open();
  page.client.subscribe(["dslr", "upload", "system"]);
  await page.pass(1_000);
  assert.equal(page.client.getStatus().link, "live");
  return page;
}

test("nothing happens before the first subscription, and the socket closes a while after the last", async () => {
  const { server, client, pass } = open();
  await pass(60_000);
  assert.deepEqual([server.attempts, server.time.clients.size, client.getStatus().link], [0, 0, "idle"]);
  const leave = client.subscribe("dslr");
  await pass(1_000);
  assert.equal(client.getStatus().link, "live");
  leave();
  // As StrictMode does it: gone and there again.
  const leaveAgain = client.subscribe("dslr");
  leave();
  await pass(10_000);
  assert.deepEqual([server.attempts, server.sockets.size], [1, 1]);
  leaveAgain();
  await pass(4_000);
  assert.equal(server.sockets.size, 1);
  await pass(2_000);
  assert.deepEqual([server.sockets.size, server.time.clients.size <= 1, client.getStatus().link], [0, true, "idle"]);
});

test("a lost server is polled, and the socket takes over without a flicker; each entry comes once", async () => {
  const { server, client, told, links, pass } = await live();
  server.append(["upload"]);
  await pass(500);
  server.socketMode = "refuse";
  server.closeAll(1006);
  await pass(3_000);
  assert.equal(client.getStatus().link, "polling");
  assert.equal(client.getStatus().mode, "polling");
  server.append(["system"]);
  await pass(40_000);
  assert.deepEqual(told, [1, 2]);
  assert.ok(server.polls.filter(({ status }) => status === 200).length >= 2);
  server.append(["upload"]);
  server.socketMode = "accept";
  await pass(25_000);
  assert.deepEqual(told, [1, 2, 3]);
  assert.deepEqual(links, ["connecting", "live", "connecting", "polling", "live"]);
  const polls = server.polls.length;
  await pass(90_000);
  assert.equal(server.polls.length, polls, "none while the socket lives");
});

test("a poll that finds the first place while the socket asks for it loses nothing", async () => {
  const server = new FakeServer();
  const { client, told, pass } = open(Object.assign(server, { random: () => 0 }));
  server.socketMode = "refuse";
  client.subscribe(["upload", "system"]);
  await pass(5);
  server.socketMode = "accept";
  await pass(45);
  server.append(["upload"]);
  await pass(1_000);
  assert.deepEqual([told, server.attempts, server.polls.length], [[1], 2, 1]);
});

test("ten minutes without a socket cost at most six calls a minute, refused attempts counted; with one, none", async () => {
  for (let seed = 1; seed <= 40; seed += 1) {
    const { server, client, pass } = open(new FakeServer(seed));
    client.subscribe(["dslr", "backup", "system"]);
    await pass(600_000);
    assert.deepEqual([server.attempts, server.polls.length], [1, 0], "connected");
    server.socketMode = "refuse";
    server.closeAll(1006);
    const last = { at: server.time.at, attempts: server.attempts };
    await server.time.pass(600_000, () => {
      if (server.attempts > last.attempts) Object.assign(last, { at: server.time.at, attempts: server.attempts });
      assert.ok(server.time.at - last.at <= 61_000, "attempts never end");
    });
    // The machine's monitor asks five times beside that.
    const calls = server.attempts - 1 + server.polls.length + 5;
    assert.ok(calls <= 60, `seed ${seed}: ${server.attempts - 1} attempts, ${server.polls.length} polls`);
    assert.ok(server.polls.length >= 20, "and it is asked every 30 s");
  }
});

test("a server that was gone and answers a poll is asked for a socket at once", async () => {
  const { server, client, pass } = await live();
  server.socketMode = "refuse";
  server.pollMode = "fail";
  server.closeAll(1006);
  await pass(300_000);
  assert.equal(client.getStatus().link, "none");
  const failed = server.polls.length;
  server.pollMode = "ok";
  while (server.polls.length === failed) await pass(10);
  // Before its answer is there.
  server.socketMode = "accept";
  await pass(200);
  assert.equal(client.getStatus().link, "live");
});

test("calls go where the socket goes, unless something else is said", () => {
  const server = new FakeServer();
  const asked = (options: ClientOptions) => {
    void createClient({ env: server.env(), ...options }).fetch("/api/now");
    return server.polls.at(-1)?.url;
  };
  assert.equal(asked({ url: "ws://studio.lan:3001/ws" }), "http://studio.lan:3001/api/now");
  assert.equal(asked({ url: "wss://kilat.test/ws?ticket=1" }), "https://kilat.test/api/now");
  assert.equal(asked({ url: "wss://kilat.test/ws", httpUrl: "" }), "/api/now");
  assert.equal(asked({ url: "wss://kilat.test/ws", httpUrl: "/kilat" }), "/kilat/api/now");
  assert.equal(asked({ url: () => "wss://kilat.test/ws" }), "/api/now");
  assert.equal(asked({ url: "" }), "/api/now");
});

test("the status names the connection, and a moment of the server is as old as by its clock", async () => {
  const server = new FakeServer();
  server.skewMs = 7_200_000;
  const { client, pass } = open(server);
  assert.equal(client.getStatus().clientId, null);
  client.subscribe("dslr");
  await pass(1_000);
  assert.equal(client.getStatus().clientId, "c");
  const moment = new Date(server.now()).toISOString();
  await pass(5_000);
  const ageMs = client.ageMs(moment);
  assert.ok(ageMs > 4_900 && ageMs < 5_200, `${ageMs}`);
  assert.equal(client.ageMs(new Date(server.now() + 60_000).toISOString()), 0, "none is of the future");
});

test("the fifth failed attempt announces polling where nothing answers", async () => {
  const { server, client, pass } = open();
  server.socketMode = "refuse";
  server.pollMode = "hang";
  client.subscribe("dslr");
  await pass(60_000);
  const { link, mode, attempts, retryAtMs } = client.getStatus();
  assert.ok(attempts >= 5 && retryAtMs !== null);
  assert.deepEqual([link, mode], ["none", "polling"]);
  const before = server.attempts;
  await pass(3_600_000);
  assert.ok(server.attempts - before > 150, "attempts never end");
});

test("what changed nothing is answered with 304, and is fresh again", async () => {
  const { server, client, pass } = open();
  server.socketMode = "refuse";
  client.subscribe(["dslr"]);
  await pass(125_000);
  const answers = server.polls.map(({ status }) => status);
  assert.deepEqual([...new Set(answers)], [200, 304]);
  assert.ok(answers.length <= 6, `${answers.length} polls in two minutes`);
  const { now } = client.getSnapshot();
  assert.ok(now && client.ageMs(now) < 31_000 && !client.isStale(now));
  assert.equal(client.getStatus().source.state, "up");
});

test("a half-open socket is noticed, and nothing is shown as live meanwhile for long", async () => {
  const { server, client, told, pass } = await live();
  server.cutAll();
  server.append(["upload"]);
  await pass(46_000);
  assert.equal(client.getStatus().link, "live");
  assert.deepEqual(told, [1]);
  assert.equal(server.attempts, 2);
});

test("what is too old is unknown, by itself, whatever the page's clock says", async () => {
  const { server, client, pass } = await live();
  assert.equal(client.getStatus().storage.state, "up");
  server.socketMode = "hang";
  server.pollMode = "hang";
  server.closeAll(1006);
  server.time.wallOff = -3_600_000;
  let heard: boolean | undefined;
  client.on("@status", ({ isStale }) => {
    heard = isStale;
  });
  await pass(36_000);
  assert.equal(heard, true);
  assert.deepEqual({ ...client.getStatus().storage }, { state: "unknown", since: null, what: null, isStale: true });
});

test("the server's clock may be wrong by hours", async () => {
  const server = new FakeServer();
  server.skewMs = -7_200_000;
  const { client, pass } = open(server);
  client.subscribe("dslr");
  await pass(1_000);
  const { now } = client.getSnapshot();
  assert.ok(now && client.ageMs(now) < 1_100, `${now && client.ageMs(now)}`);
  assert.equal(client.getStatus().isStale, false);
});

test("hidden for five minutes it sleeps, and comes back where it was", async () => {
  const { server, client, told, pass } = await live();
  server.hidden = true;
  server.page("visibilitychange");
  await pass(299_000);
  assert.equal(client.getStatus().link, "live");
  await pass(2_000);
  assert.deepEqual([client.getStatus().link, server.sockets.size], ["asleep", 0]);
  server.append(["system"]);
  await pass(600_000);
  server.hidden = false;
  server.page("visibilitychange");
  await pass(1_000);
  assert.deepEqual([client.getStatus().link, told], ["live", [1]]);
});

test("the back/forward cache gets no socket, and gives the page back live", async () => {
  const { server, client, pass } = await live();
  server.page("pagehide");
  assert.deepEqual([client.getStatus().link, server.sockets.size], ["asleep", 0]);
  server.page("pageshow");
  await pass(1_000);
  assert.equal(client.getStatus().link, "live");
});

test("a woken phone asks first: a dead socket is replaced within seconds", async () => {
  const { server, client, pass } = await live();
  server.cutAll();
  server.time.sleep(600_000, true);
  await pass(5_000 + 3_000 + 1_500);
  assert.deepEqual([client.getStatus().link, server.attempts], ["live", 2]);
});

test("only signing out ends it, and signing in begins it again", async () => {
  for (const code of [1000, 1002, 1008, 1011, 1013, 4001, 4002, 4999]) {
    const { server, client, pass } = await live();
    server.closeAll(code);
    await pass(30_000);
    assert.equal(client.getStatus().link, "live", `${code}`);
  }
  for (const [code, why] of [
    [4401, "not_signed_in"],
    [4403, "not_allowed"],
  ] as const) {
    const { server, client, pass } = await live();
    server.closeAll(code);
    await pass(3_600_000);
    assert.deepEqual(
      [client.getStatus().link, client.getStatus().stop, server.attempts],
      ["stopped", { code, why }, 1],
    );
    client.reconnect();
    await pass(1_000);
    assert.deepEqual([client.getStatus().link, client.getStatus().stop], ["live", null]);
  }
  // Signed in elsewhere, while nothing here is watched.
  const other = open();
  other.server.pollMode = 401;
  other.server.socketMode = "refuse";
  const leave = other.client.subscribe("dslr");
  await other.pass(30_000);
  assert.equal(other.client.getStatus().link, "stopped");
  leave();
  other.client.reconnect();
  assert.deepEqual([other.client.getStatus().link, other.client.getStatus().stop], ["idle", null]);
  const { server, client, pass } = open();
  server.socketMode = "refuse";
  server.pollMode = 401;
  client.subscribe("dslr");
  await pass(30_000);
  assert.equal(client.getStatus().stop?.code, 401, "a browser is not told why an upgrade was refused; a poll is");
});

test("a server that drains says when to come back", async () => {
  const { server, client, pass } = await live();
  server.drain(7_000);
  server.socketMode = "refuse";
  await pass(6_900);
  assert.deepEqual([server.attempts, server.polls.length], [1, 0]);
  server.socketMode = "accept";
  await pass(1_000);
  assert.deepEqual([client.getStatus().link, server.attempts], ["live", 2]);
});

test("a message waits five seconds for a connection, then it is refused, and never said late", async () => {
  const { server, client, pass } = open();
  server.socketMode = "hang";
  client.subscribe("dslr");
  const publish = { type: "publish", payload: { channel: "upload", type: "x", payload: {} } } as const;
  const waiting = Array.from({ length: 33 }, () =>
    client.send(publish).then(
      () => "sent",
      ({ code }) => code,
    ),
  );
  await pass(7_000);
  assert.deepEqual(await Promise.all(waiting), [...Array(32).fill("expired"), "queue_full"]);
  const last = client.send(publish).then(
    () => "sent",
    ({ code }) => code,
  );
  server.socketMode = "accept";
  await pass(4_000);
  assert.equal(await last, "sent");
  const said = [...server.sockets].flatMap(({ said }) => said).filter((text) => text.includes("publish"));
  assert.equal(said.length, 1);
  client.close();
  assert.equal(await client.send(publish).catch(({ code }) => code), "closed");
});

test("what comes right behind the first is heard as soon", async () => {
  const { server, client, told, pass } = await live();
  await pass(500);
  server.append(["upload"]);
  await pass(30);
  assert.equal(told.length, 1);
  server.append(["upload"]);
  await pass(30);
  assert.equal(told.length, 2, "not a tenth of a second later");
  client.close();
});

test("listeners hear ten times a second while messages keep coming, alerts at once; of the log every entry", async () => {
  const { server, client, told, pass } = await live();
  let flushes = 0;
  client.watch(() => {
    flushes += 1;
  });
  for (let n = 0; n < 400; n += 1) {
    server.append(["upload"]);
    await pass(5);
  }
  await pass(200);
  assert.equal(told.length, 400);
  // Two more at first, when it was quiet before.
  assert.ok(flushes <= 24 && flushes >= 15, `${flushes} in two seconds`);
  const [socket] = server.sockets;
  const alert = {
    type: "notification",
    payload: { id: "n", priority: "critical" },
    epoch: "epoch-0",
    seq: 9_999,
    prev: { system: 0 },
    channel: "system",
    timestamp: new Date(server.now()).toISOString(),
  };
  socket?.onmessage?.({ data: JSON.stringify(alert) });
  assert.equal(client.getSnapshot().notification.length, 1, "without waiting");
});

test("snapshots are frozen, and the same until something changes", async () => {
  const { server, client, pass } = await live();
  const before = client.getSnapshot();
  assert.ok(Object.isFrozen(before) && Object.isFrozen(before.now?.value) && Object.isFrozen(client.getStatus()));
  assert.equal(client.getSnapshot(), before);
  assert.equal(client.getStatus(), client.getStatus());
  server.append(["upload"]);
  await pass(500);
  assert.equal(client.getSnapshot(), before, "of what is not kept nothing changes");
  await pass(10_000);
  assert.notEqual(client.getSnapshot(), before);
  assert.equal(client.getSnapshot().upload_progress, before.upload_progress);
});

test("a listener that fails, leaves or closes stops no other", async (t) => {
  const { server, client, pass } = await live();
  t.mock.method(console, "error", () => {});
  const heard: string[] = [];
  client.on("thing", () => {
    throw new Error("its own fault");
  });
  const leave = client.on("thing", () => heard.push("first"));
  client.on("thing", () => leave());
  server.append(["upload"]);
  server.append(["upload"]);
  await pass(500);
  assert.deepEqual(heard, ["first"]);
  client.on("thing", () => client.close());
  client.on("thing", () => heard.push("after close"));
  server.append(["upload"]);
  await pass(500);
  assert.deepEqual(heard, ["first"]);
  assert.deepEqual([server.sockets.size, server.time.clients.size], [0, 0]);
  assert.equal(
    [...server.hearers.values()].reduce((sum, hearers) => sum + hearers.size, 0),
    0,
  );
});

test("the switch takes the socket away and gives it back", async () => {
  const { server, client, told, pass } = await live();
  client.setRealtime(false);
  await pass(1_000);
  assert.deepEqual([client.getStatus().link, client.getStatus().mode, server.sockets.size], ["polling", "polling", 0]);
  server.append(["system"]);
  await pass(31_000);
  assert.deepEqual(told, [1]);
  client.setRealtime(true);
  await pass(1_000);
  assert.deepEqual([client.getStatus().link, client.getStatus().mode], ["live", "websocket"]);
});

test("nothing is asked while the page is hidden, whatever happens, and at once when it is seen", async () => {
  const hide = (server: FakeServer, hidden: boolean) => {
    server.hidden = hidden;
    server.page("visibilitychange");
  };
  // Hidden while it polls.
  const polling = open();
  polling.server.socketMode = "refuse";
  polling.client.subscribe("dslr");
  await polling.pass(40_000);
  const asked = polling.server.polls.length;
  assert.ok(asked >= 2, `${asked} polls`);
  hide(polling.server, true);
  await polling.pass(299_000);
  assert.equal(polling.server.polls.length, asked);
  // Hidden when the socket is lost, channels change, states are asked for, the switch is turned.
  const { server, client, pass } = await live();
  hide(server, true);
  server.socketMode = "refuse";
  server.closeAll(1006);
  await pass(60_000);
  client.subscribe("backup");
  client.refresh();
  await pass(60_000);
  client.setRealtime(false);
  await pass(60_000);
  assert.equal(server.polls.length, 0);
  hide(server, false);
  await pass(100);
  assert.equal(server.polls.length, 1);
});

test("what waits and what is kept is bounded: a thousand messages to tell, so many of each type", async () => {
  const { server, client, told, pass } = await live();
  await pass(500);
  const [socket] = server.sockets;
  const bounds = { upload_progress: 200, notification: 100, backup_progress: 50, camera_status: 64 } as const;
  let seq = 1_000;
  const say = (type: string, payload: object, channel = "system") => {
    const prev = { [channel]: seq };
    seq += 1;
    const timestamp = new Date(server.now()).toISOString();
    socket?.onmessage?.({ data: JSON.stringify({ type, payload, epoch: "epoch-0", seq, prev, channel, timestamp }) });
  };
  server.append(["system"]);
  await pass(500);
  seq = server.seq;
  for (let n = 0; n < 1_000; n += 1) say("thing", { n });
  assert.equal(told.length, 1, "up to a thousand wait for their turn");
  say("thing", { n: 1_000 });
  assert.equal(told.length, 1_002, "one more, and all are told");
  for (const type of Object.keys(bounds))
    for (let n = 0; n < 300; n += 1) say(type, { id: n, photoId: n, backupId: n, cameraModel: n });
  await pass(500);
  const kept = client.getSnapshot();
  for (const type of Object.keys(bounds) as (keyof typeof bounds)[]) {
    assert.equal(kept[type].length, bounds[type], type);
    assert.equal(kept[type][0]?.seq, seq - 300 * (3 - Object.keys(bounds).indexOf(type)), `${type}, the newest`);
  }
});

test("a socket that takes nothing is given nothing", async () => {
  const { server, client, pass } = await live();
  const [socket] = server.sockets;
  assert.ok(socket);
  const said = socket.said.length;
  socket.bufferedAmount = 65_537;
  const sent = client.send({ type: "heartbeat", payload: {} }).catch(({ code }) => code);
  await pass(7_000);
  assert.deepEqual([await sent, socket.said.length], ["expired", said]);
});
