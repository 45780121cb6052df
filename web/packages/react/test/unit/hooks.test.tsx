// The hooks under this version of React: what they render, how often, and how many sockets they open.

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { type Client, createClient, type Environment, type Notification } from "@kilat/client";
import {
  KilatProvider,
  useBackupRealtime,
  useDSLRRealtime,
  useKilat,
  useKilatEvent,
  useKilatStatus,
  useSystemNotifications,
  useWebSocketRealtime,
} from "@kilat/react";
import { BackupStatusMonitor, DSLRMonitor, SystemMonitor } from "@kilat/react/monitors";
import { Window } from "happy-dom";
import { act, type ReactNode, StrictMode, version } from "react";
import { ago, live, notice } from "../states.js";

declare const REACT: string;

// Before React looks for them.
const window = new Window({ url: "http://kilat.test/" });
Object.assign(globalThis, { window, document: window.document, IS_REACT_ACT_ENVIRONMENT: true });
// React's `act` opens a channel each time and never closes it, which would keep this process alive.
class Channel {
  readonly port1: { onmessage: (() => void) | null } = { onmessage: null };
  readonly port2 = { postMessage: () => void setImmediate(() => this.port1.onmessage?.()) };
}
Object.assign(globalThis, { MessageChannel: Channel });
// Newer versions of Node have one of their own that cannot be assigned.
Object.defineProperty(globalThis, "navigator", { value: window.navigator, configurable: true });
const { createRoot, hydrateRoot } = await import("react-dom/client");
const { renderToString } = await import("react-dom/server");
const { act: actOf18 } = (await import("react-dom/test-utils")) as { act?: typeof act };
const doing = (act ?? actOf18) as typeof act;

type Line = Parameters<Environment["connect"]>[0];

const nowOf = (safe: number, held = 0) => {
  const { now } = live();
  return { ...now, counts: { ...now.counts, safe, held } };
};

/** The clock of clients: a test may set the page's. */
const mono = performance.now.bind(performance);

/** A client whose sockets a test speaks through. */
function wired(answers: Record<string, object> = {}) {
  const opened: { onmessage: ((event: { data: unknown }) => void) | null; said: string[]; isClosed: boolean }[] = [];
  const fetched: string[] = [];
  let seq = 0;
  const client: Client = createClient({
    url: "ws://kilat.test/ws",
    env: {
      page: undefined,
      mono,
      connect(_: Line) {
        const socket = {
          readyState: 1,
          bufferedAmount: 0,
          onopen: null as (() => void) | null,
          onmessage: null,
          onclose: null,
          said: [] as string[],
          isClosed: false,
          send(text: string) {
            socket.said.push(text);
            const { type, payload } = JSON.parse(text);
            // A machine under load seems to have slept, and is asked whether it lives.
            if (type === "heartbeat") tell("heartbeat_response", { timestamp: new Date().toISOString() });
            if (type !== "subscribe") return;
            const { channels } = payload;
            tell("subscribed", { channel: channels[0], channels, epoch: "e", seq, recovered: true, replayed: 0 });
          },
          close() {
            socket.isClosed = true;
          },
        };
        opened.push(socket);
        queueMicrotask(() => socket.onopen?.());
        return socket;
      },
      async fetch(url) {
        fetched.push(new URL(url).pathname);
        const body = answers[new URL(url).pathname];
        return Response.json(body ?? {}, { status: body ? 200 : 503 });
      },
    },
  });
  function tell(type: string, payload: unknown, more: object = {}) {
    const message = { type, payload, timestamp: new Date().toISOString(), epoch: "e", seq, ...more };
    opened.at(-1)?.onmessage?.({ data: JSON.stringify(message) });
  }
  const state = (type: string, payload: unknown) =>
    tell(type, payload, { channel: "dslr", asOf: new Date().toISOString(), maxAgeMs: 35_000 });
  // Those of high priority are handed on at once.
  const entry = (type: string, payload: unknown) =>
    doing(async () => {
      seq += 1;
      tell(type, payload, { channel: "system", prev: { system: seq - 1, dslr: seq - 1, backup: seq - 1 } });
    });
  /** Until everything told so far was handed on. */
  const settle = () =>
    doing(async () => {
      await new Promise<void>((done) => {
        const undo = client.watch(() => {
          undo();
          done();
        });
        client.getStatus();
        state("upload_progress", { fileName: "settle", status: "uploading", timestamp: "" });
      });
    });
  /** The server cannot tell any more what was here. */
  const miss = () =>
    doing(async () => {
      seq += 1;
      const skipped = { why: "too_slow", message: "too slow", upTo: seq };
      const channels = client.getSubscriptions();
      tell("subscribed", { channel: channels[0], channels, epoch: "e", seq, recovered: false, replayed: 0, skipped });
    });
  const begin = () => doing(async () => void (await new Promise((done) => setImmediate(done))));
  return { client, opened, fetched, state, entry, settle, begin, miss };
}

const undo: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const one of undo.splice(0)) await one();
});

async function show(client: Client, children: ReactNode) {
  const host = document.createElement("div");
  document.body.append(host);
  const root = createRoot(host);
  undo.push(async () => {
    await doing(async () => root.unmount());
    host.remove();
    client.close();
  });
  const render = (children: ReactNode) =>
    doing(async () =>
      root.render(
        <StrictMode>
          <KilatProvider client={client}>{children}</KilatProvider>
        </StrictMode>,
      ),
    );
  await render(children);
  return { host, render };
}

test(`this is React ${REACT}`, () => {
  assert.equal(version.split(".")[0], REACT);
});

test("any number of hooks share one socket, in StrictMode too", async () => {
  const { client, opened, begin, state, settle } = wired();
  const Many = () => {
    useWebSocketRealtime();
    const { dslrStatus } = useDSLRRealtime();
    useBackupRealtime();
    useSystemNotifications();
    return <p>{dslrStatus?.totalUploaded ?? "–"}</p>;
  };
  const { host } = await show(
    client,
    <>
      <Many />
      <Many />
      <Many />
    </>,
  );
  await begin();
  assert.equal(opened.length, 1);
  state("dslr_status", { totalUploaded: 7 });
  await settle();
  assert.equal(host.textContent, "777");
  assert.equal(opened.length, 1);
  assert.deepEqual(client.getSubscriptions(), ["backup", "camera", "dslr", "system", "upload"]);
});

test("an update that a component does not show does not render it", async () => {
  const { client, begin, state, settle } = wired();
  let renders = 0;
  const Safe = () => {
    // An inline selector that makes a new object each time.
    const { safe } = useKilat((known) => ({ safe: known.now?.value.counts.safe ?? null }), ["dslr"]);
    renders += 1;
    return <p>{safe}</p>;
  };
  const { host } = await show(client, <Safe />);
  await begin();
  state("now", nowOf(1));
  await settle();
  assert.equal(host.textContent, "1");
  const before = renders;
  for (let n = 0; n < 5; n += 1) {
    for (let i = 0; i < 40; i += 1) state("upload_progress", { fileName: `f${i}`, status: "uploading", progress: n });
    state("now", nowOf(1, n));
    await settle();
  }
  assert.equal(renders, before);
  state("now", nowOf(2));
  await settle();
  assert.equal(host.textContent, "2");
  // StrictMode renders twice.
  assert.equal(renders, before + 2);
});

test("the status renders again only when it is another one", async () => {
  const { client, begin, state, settle } = wired();
  const seen: string[] = [];
  const Badge = () => {
    const { link } = useKilatStatus();
    seen.push(link);
    return <p>{link}</p>;
  };
  const Watch = () => {
    useDSLRRealtime();
    return null;
  };
  const { host } = await show(client, [<Badge key="badge" />, <Watch key="watch" />]);
  await begin();
  state("dslr_status", {});
  await settle();
  assert.equal(host.textContent, "live");
  const before = seen.length;
  for (let n = 0; n < 5; n += 1) {
    state("dslr_status", { totalUploaded: n });
    await settle();
  }
  assert.equal(seen.length, before);
});

test("events come through a callback, each once and in order, and render nothing", async () => {
  const { client, begin, entry, settle } = wired();
  const heard: string[] = [];
  let renders = 0;
  const Listener = ({ mark }: { mark: string }) => {
    renders += 1;
    useKilatEvent("notification", ({ id }) => heard.push(`${mark}${id}`));
    useWebSocketRealtime();
    return null;
  };
  const { render } = await show(client, <Listener mark="a" />);
  await begin();
  await settle();
  const before = renders;
  for (const id of ["1", "2", "3"]) await entry("notification", notice({ id, priority: "low" }));
  await settle();
  assert.deepEqual(heard, ["a1", "a2", "a3"]);
  assert.equal(renders, before);
  // The newest listener is called, without a new subscription.
  await render(<Listener mark="b" />);
  await entry("notification", notice({ id: "4", priority: "low" }));
  await settle();
  assert.deepEqual(heard.slice(3), ["b4"]);
});

test("notifications: critical ones apart, cleared with an undo, told again come back, counted until read", async () => {
  const { client, begin, entry, settle } = wired();
  let known: ReturnType<typeof useSystemNotifications> | undefined;
  const Bell = () => {
    known = useSystemNotifications();
    return null;
  };
  await show(client, <Bell />);
  await begin();
  const ids = (list: readonly Notification[] = []) => list.map(({ id }) => id).join();
  await entry("notification", notice({ id: "x1", priority: "critical" }));
  await entry("notification", notice({ id: "x2", priority: "low" }));
  await entry("notification", notice({ id: "x3", priority: "critical", state: "resolved" }));
  await settle();
  assert.equal(ids(known?.notifications), "x3,x2,x1");
  assert.equal(ids(known?.criticalAlerts), "x1");
  assert.equal(known?.unreadCount, 2);
  await doing(async () => known?.markAllRead());
  assert.equal(known?.unreadCount, 0);
  await doing(async () => known?.dismissNotification("x2"));
  assert.equal(ids(known?.notifications), "x3,x1");
  await doing(async () => known?.clearNotifications());
  assert.equal(ids(known?.notifications), "");
  assert.equal(known?.clearedCount, 2);
  await doing(async () => known?.undoClear());
  assert.equal(ids(known?.notifications), "x3,x1");
  await doing(async () => known?.clearNotifications());
  // Nobody has seen it: the server tells it again.
  await entry("notification", notice({ id: "x1", priority: "critical", escalations: 1 }));
  await settle();
  assert.equal(ids(known?.notifications), "x1");
});

test("what stood open before the page was there is asked for once, and again when something was missed", async () => {
  const path = "/api/notifications";
  const open = [notice({ id: "o1", priority: "critical" }), notice({ id: "o2", priority: "high" })];
  const answers: Record<string, object> = { [path]: { notifications: open, open: 2 } };
  const { client, begin, entry, settle, fetched, miss } = wired(answers);
  let known: ReturnType<typeof useSystemNotifications> | undefined;
  const Bell = () => {
    known = useSystemNotifications();
    useDSLRRealtime();
    useBackupRealtime();
    return null;
  };
  const off = wired(answers);
  const Off = () => {
    useSystemNotifications({ enabled: false });
    return null;
  };
  await show(off.client, <Off />);
  const { render } = await show(client, [<Bell key="1" />, <Bell key="2" />]);
  await begin();
  await settle();
  const ids = (list: readonly Notification[] = []) => list.map(({ id }) => id).join();
  const asked = () => fetched.filter((one) => one === path).length;
  assert.deepEqual([ids(known?.criticalAlerts), asked(), off.fetched.length], ["o1,o2", 1, 0]);
  await render([<Bell key="3" />]);
  assert.equal(asked(), 1, "nobody asks what is known");
  // Each once, as it was told last.
  await entry("notification", notice({ id: "o2", priority: "high", state: "resolved", updatedAt: ago(0) }));
  await entry("notification", notice({ id: "x9", priority: "critical", updatedAt: ago(0) }));
  await settle();
  assert.deepEqual([ids(known?.notifications), ids(known?.criticalAlerts)], ["x9,o2,o1", "x9,o1"]);
  // Both ended, and another began, while this page could not be told; then one more is told.
  answers[path] = { notifications: [notice({ id: "o3", priority: "critical" })], open: 1 };
  performance.now = () => mono() + 30_000;
  undo.push(async () => {
    performance.now = mono;
  });
  await miss();
  await settle();
  assert.deepEqual([ids(known?.criticalAlerts), asked()], ["o3", 2]);
  await miss();
  await settle();
  assert.equal(asked(), 2, "twice a minute at most");
  await entry("notification", notice({ id: "o3", priority: "critical", state: "acknowledged", updatedAt: ago(0) }));
  await settle();
  assert.equal(ids(known?.criticalAlerts), "");
});

test("a hook that is switched off opens nothing; one that goes away lets go", async () => {
  const { client, opened, begin } = wired();
  const Camera = ({ enabled }: { enabled: boolean }) => {
    useDSLRRealtime({ enabled });
    return null;
  };
  const { render } = await show(client, <Camera enabled={false} />);
  await begin();
  assert.equal(opened.length, 0);
  await render(<Camera enabled />);
  await begin();
  assert.equal(opened.length, 1);
  await render(null);
  assert.deepEqual(client.getSubscriptions(), []);
});

test("what a server renders is what a page hydrates, also when the client knows something already", async () => {
  const { client, opened, begin, state, settle, fetched } = wired();
  const errors: unknown[] = [];
  const page = (
    <KilatProvider client={client} lang="id">
      <DSLRMonitor />
      <BackupStatusMonitor />
      <SystemMonitor />
      <Shown />
    </KilatProvider>
  );
  function Shown() {
    const { dslrStatus, isConnected } = useDSLRRealtime();
    const status = useKilatStatus();
    return <p>{`${isConnected} ${status.link} ${dslrStatus?.totalUploaded ?? "–"}`}</p>;
  }
  const html = renderToString(page);
  assert.match(html, /Monitor DSLR/);
  assert.match(html, /false idle –/);
  assert.equal(opened.length + fetched.length, 0, "a server asks nobody");
  // Something else on the page watched before this part hydrated.
  client.subscribe(["dslr"]);
  await begin();
  state("dslr_status", { totalUploaded: 9, failedUploads: 0 });
  await settle();
  const host = document.createElement("div");
  host.innerHTML = html;
  document.body.append(host);
  const before = console.error;
  console.error = (...what: unknown[]) => errors.push(what);
  let root: ReturnType<typeof hydrateRoot> | undefined;
  await doing(async () => {
    root = hydrateRoot(host, page, { onRecoverableError: (error) => errors.push(error) });
  });
  console.error = before;
  undo.push(async () => {
    await doing(async () => root?.unmount());
    host.remove();
    client.close();
  });
  assert.deepEqual(errors, []);
  assert.match(host.textContent ?? "", /true live 9/);
});
