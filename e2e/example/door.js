// @ts-check
// A door in front of a server: counts what is asked, and can refuse sockets as some proxies do.

import { createServer, request } from "node:http";
import { connect } from "node:net";

/** @param {number} port where it answers @param {number} to the server's port */
export async function door(port, to) {
  /** @type {Record<string, number>} */
  let calls = {};
  let hasSockets = true;
  /** Open sockets, and how many there were at once. */
  let open = 0;
  let most = 0;
  /** Told once none is open. @type {(() => void)[]} */
  const waiting = [];
  /** Calls and refused attempts that have no answer yet, and who waits for that. */
  let unanswered = 0;
  /** @type {(() => void)[]} */
  const quiet = [];
  /** @param {import("node:stream").Writable} answer */
  const ask = (answer) => {
    unanswered += 1;
    answer.once("close", () => {
      unanswered -= 1;
      if (unanswered === 0) for (const told of quiet.splice(0)) told();
    });
  };
  /** @param {string} what */
  const count = (what) => {
    calls[what] = (calls[what] ?? 0) + 1;
  };
  /** @param {import("node:http").IncomingMessage} asked */
  const path = (asked) => new URL(asked.url ?? "/", "http://x").pathname;
  const server = createServer((asked, answer) => {
    count(`${asked.method} ${path(asked)}`);
    ask(answer);
    const onward = request(
      { port: to, host: "127.0.0.1", path: asked.url, method: asked.method, headers: asked.headers },
      (from) => {
        answer.writeHead(from.statusCode ?? 502, from.headers);
        from.pipe(answer);
      },
    );
    onward.on("error", () => answer.destroy());
    asked.pipe(onward);
  });
  /** @type {Set<import("node:stream").Duplex>} */
  const sockets = new Set();
  server.on("upgrade", (asked, socket, head) => {
    count("upgrade");
    socket.on("error", () => {});
    if (!hasSockets) {
      ask(socket);
      socket.end("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
      return;
    }
    const onward = connect(to, "127.0.0.1", () => {
      let lines = "";
      for (let at = 0; at < asked.rawHeaders.length; at += 2)
        lines += `${asked.rawHeaders[at]}: ${asked.rawHeaders[at + 1]}\r\n`;
      onward.write(`${asked.method} ${asked.url} HTTP/1.1\r\n${lines}\r\n`);
      onward.write(head);
      onward.pipe(socket);
      socket.pipe(onward);
      open += 1;
      most = Math.max(most, open);
      sockets.add(socket);
    });
    onward.on("error", () => socket.destroy());
    onward.on("close", () => socket.destroy());
    socket.on("close", () => {
      onward.destroy();
      if (sockets.delete(socket)) open -= 1;
      if (open === 0) for (const told of waiting.splice(0)) told();
    });
  });
  await new Promise((listening) => server.listen(port, "127.0.0.1", () => listening(undefined)));
  return {
    port: /** @type {import("node:net").AddressInfo} */ (server.address()).port,
    /** What was asked since the last time. */
    counted() {
      const were = calls;
      calls = {};
      return were;
    },
    open: () => open,
    /** Fulfilled once no socket is open. @returns {Promise<void>} */
    whenEmpty: () => (open === 0 ? Promise.resolve() : new Promise((told) => waiting.push(told))),
    most: () => most,
    /** Fulfilled once everything that was asked has its answer. @returns {Promise<void>} */
    quiet: () => (unanswered === 0 ? Promise.resolve() : new Promise((told) => quiet.push(told))),
    /** Whether sockets are let through; those that are open end. @param {boolean} has */
    sockets(has) {
      hasSockets = has;
      if (!has) for (const socket of sockets) socket.destroy();
    },
    close() {
      for (const socket of sockets) socket.destroy();
      server.closeAllConnections();
      server.close();
    },
  };
}
