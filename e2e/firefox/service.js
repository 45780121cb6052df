// @ts-check
// A push service in this house, as Firefox speaks to one: it hands on what it cannot read.

import { randomUUID } from "node:crypto";
import { EventEmitter, once } from "node:events";
import { createServer } from "node:http";
import { WebSocketServer } from "ws";

export async function pushService() {
  /** Browsers by the channel that they signed up for. @type {Map<string, import("ws").WebSocket>} */
  const channels = new Map();
  /** What came for them: nobody here can read it. @type {{ headers: import("node:http").IncomingHttpHeaders, body: Buffer }[]} */
  const pushed = [];
  const came = new EventEmitter();
  let url = "";
  const http = createServer(async (request, response) => {
    const parts = [];
    for await (const part of request) parts.push(part);
    const channelID = request.url?.split("/").at(-1) ?? "";
    const body = Buffer.concat(parts);
    const browser = channels.get(channelID);
    // Gone, as the standard has it: the sender forgets the address.
    if (!browser) return response.writeHead(410).end();
    pushed.push({ headers: request.headers, body });
    came.emit("push");
    const headers = { encoding: request.headers["content-encoding"] };
    const version = randomUUID();
    browser.send(
      JSON.stringify({ messageType: "notification", channelID, version, data: body.toString("base64url"), headers }),
    );
    response.writeHead(201).end();
  });
  const sockets = new WebSocketServer({ server: http, handleProtocols: (offered) => [...offered][0] ?? false });
  sockets.on("connection", (browser) => {
    const say = (/** @type {object} */ message) => browser.send(JSON.stringify(message));
    browser.on("message", (data) => {
      const { messageType, channelID, uaid } = JSON.parse(String(data));
      if (messageType === "hello")
        say({ messageType, status: 200, uaid: uaid || randomUUID(), use_webpush: true, broadcasts: {} });
      if (messageType === "register") {
        channels.set(channelID, browser);
        say({ messageType, status: 200, channelID, pushEndpoint: `${url}/wpush/${channelID}` });
      }
      if (messageType === "unregister") {
        channels.delete(channelID);
        say({ messageType, status: 200, channelID });
      }
      if (messageType === "ping") say({});
    });
  });
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  const { port } = /** @type {import("node:net").AddressInfo} */ (http.address());
  url = `http://127.0.0.1:${port}`;
  return {
    socket: `ws://127.0.0.1:${port}/`,
    pushed,
    signedUp: () => channels.size,
    /** Until so many came. @param {number} count */
    async until(count) {
      while (pushed.length < count) await once(came, "push");
    },
    async close() {
      for (const browser of sockets.clients) browser.terminate();
      http.closeAllConnections();
      http.close();
    },
  };
}
