// @ts-check
// A server that says what a test tells it to, with the page as the real one serves it.

import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { WebSocketServer } from "ws";

/** @typedef {import("../crates/kilat-server/ui/wire.js").Now} Now */

const UI = new URL("../crates/kilat-server/ui/", import.meta.url);
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
 * Starts a fake. `now` may be changed at any time; `tell` sends it.
 * @param {Now} first
 */
export async function fake(first) {
  let now = first;
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
    const known = { success: true, name: "ayu", role: "admin" };
    const nobody = { code: "not_signed_in", error: "nobody", remedy: "" };
    return send("application/json", JSON.stringify(isSignedIn ? known : nobody), isSignedIn ? 200 : 401);
  }
  const http = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://x");
    response.setHeader("content-security-policy", POLICY);
    const send = (/** @type {string} */ type, /** @type {string} */ body, status = 200) => {
      response.writeHead(status, { "content-type": type });
      response.end(body);
    };
    if (pathname === "/admin") {
      return send("text/html", readFileSync(new URL("index.html", UI), "utf8").replace("__KILAT_WS__", ""));
    }
    if (pathname.startsWith("/admin/assets/")) {
      const name = pathname.split("/").at(-1) ?? "";
      return send(TYPES[name.split(".").at(-1) ?? ""] ?? "text/plain", readFileSync(new URL(name, UI), "utf8"));
    }
    if (pathname === "/api/session") return enter(request, send);
    if (!isSignedIn) return send("application/json", JSON.stringify({ code: "not_signed_in", error: "nobody" }), 401);
    if (pathname === "/api/now")
      return send("application/json", JSON.stringify({ ...now, serverTime: new Date().toISOString() }));
    if (pathname.endsWith("/preview")) return send("image/svg+xml", picture(pathname));
    if (request.method === "POST") {
      asked.push(`${pathname} ${request.headers["x-kilat-action"]}`);
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
      };
      return send("application/json", JSON.stringify(detail));
    }
    return send("application/json", JSON.stringify({ error: "nothing", remedy: "" }), 404);
  });
  const sockets = new WebSocketServer({ noServer: true });
  http.on("upgrade", (request, socket, head) => {
    if (!hasSocket || !isSignedIn) return socket.destroy();
    sockets.handleUpgrade(request, socket, head, (client) => sockets.emit("connection", client, request));
  });
  const say = (
    /** @type {import("ws").WebSocket} */ client,
    /** @type {string} */ type,
    /** @type {unknown} */ payload,
  ) => client.send(JSON.stringify({ type, payload, timestamp: new Date().toISOString() }));
  const state = () => ({ ...now, serverTime: new Date().toISOString() });
  sockets.on("connection", (client) => {
    say(client, "connected", { clientId: "1", availableChannels: ["dslr"] });
    client.on("message", (data) => {
      const message = JSON.parse(String(data));
      if (message.type === "subscribe" && message.payload.channel === "dslr") say(client, "now", state());
      if (message.type === "heartbeat") say(client, "heartbeat_response", {});
    });
  });
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const address = /** @type {import("node:net").AddressInfo} */ (http.address());
  return {
    url: `http://127.0.0.1:${address.port}/admin`,
    asked,
    /** @param {Now} next */
    tell(next) {
      now = next;
      for (const client of sockets.clients) say(client, "now", state());
    },
    /** @param {Record<string, unknown>} notice */
    notify(notice) {
      for (const client of sockets.clients) say(client, "notification", notice);
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
