// @ts-check
// The way between a browser and the program, as a venue's network is: it cuts, it swallows, it lets no WebSocket through.
// The browser is told of it as of any HTTP proxy, so every address stays the program's own.

import { once } from "node:events";
import { request as ask, createServer } from "node:http";
import { connect } from "node:net";

/**
 * - `open`: everything passes.
 * - `no-upgrade`: calls pass, WebSockets are refused.
 * - `cut`: whatever comes is closed at once.
 * - `hole`: nothing passes either way, nothing is closed, and whoever comes new waits as well.
 * @typedef {"open" | "no-upgrade" | "cut" | "hole"} Mode
 */

export async function proxy() {
  /** @type {Mode} */
  let mode = "open";
  /** Both ends of every WebSocket that passes. @type {Set<import("node:net").Socket[]>} */
  const tunnels = new Set();
  /** What lies in the hole. @type {Set<import("node:net").Socket>} */
  const lost = new Set();
  const counted = { calls: /** @type {string[]} */ ([]), upgrades: 0, refused: 0 };

  const server = createServer((request, response) => {
    const { hostname, port, pathname, search } = new URL(request.url ?? "", "http://nobody");
    if (mode === "cut" || hostname !== "127.0.0.1") return request.socket.destroy();
    if (pathname.startsWith("/api/")) counted.calls.push(`${request.method} ${pathname}`);
    if (mode === "hole") return lost.add(request.socket);
    const { method, headers } = request;
    const asked = ask({ host: hostname, port, path: pathname + search, method, headers }, (answer) => {
      // Swallowed on its way back, when the hole opened meanwhile.
      if (mode === "hole") return lost.add(request.socket);
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    asked.on("error", () => request.socket.destroy());
    request.pipe(asked);
  });
  server.on("connect", (request, near) => {
    const [host, port] = (request.url ?? "").split(":");
    near.on("error", () => near.destroy());
    // A browser has errands of its own, which nobody here runs.
    if (mode === "cut" || host !== "127.0.0.1") return near.destroy();
    if (mode === "hole") return lost.add(/** @type {import("node:net").Socket} */ (near.pause()));
    counted.upgrades += 1;
    near.write("HTTP/1.1 200 Connection established\r\n\r\n");
    if (mode === "no-upgrade") {
      counted.refused += 1;
      // As a proxy that knows of no upgrades: an answer, but not the one that was asked for.
      near.once("data", () => near.end("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"));
      return;
    }
    const far = connect(Number(port), host);
    const ends = [/** @type {import("node:net").Socket} */ (near), far];
    tunnels.add(ends);
    far.on("error", () => near.destroy());
    for (const [at, end] of ends.entries()) {
      end.pipe(ends[1 - at] ?? end);
      end.on("close", () => {
        tunnels.delete(ends);
        ends[1 - at]?.destroy();
      });
    }
  });
  /** Everything that is open, or lies in the hole, is closed. */
  function cut() {
    for (const end of [...[...tunnels].flat(), ...lost]) end.destroy();
    server.closeAllConnections();
    lost.clear();
  }
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  server.unref();
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  return {
    /** For `newContext({ proxy })`. */
    server: `http://127.0.0.1:${port}`,
    /** What was asked since the start. */
    counted,
    sockets: () => tunnels.size,
    /** What passes from now on. @param {Mode} next */
    pass(next) {
      mode = next;
    },
    /** What is open now carries nothing any more, in neither direction, and nobody is told; what comes new is not concerned. */
    swallow() {
      for (const ends of tunnels) for (const end of ends) end.unpipe().pause().removeAllListeners("close");
      for (const ends of tunnels) for (const end of ends) lost.add(end);
      tunnels.clear();
    },
    cut,
    close() {
      cut();
      server.close();
    },
  };
}
