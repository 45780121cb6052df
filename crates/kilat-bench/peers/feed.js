// What every peer here shares: messages come in over plain TCP, one JSON text a line; the ports go out on stdout.

import net from "node:net";

/** Calls `publish(text)` for every line of every connection; says both ports once `server` listens. */
export function feed(server, publish) {
  const lines = net.createServer((socket) => {
    let rest = "";
    socket.setEncoding("utf8").setNoDelay(true);
    socket.on("data", (text) => {
      const parts = (rest + text).split("\n");
      rest = parts.pop();
      for (const line of parts) publish(line);
    });
    socket.on("error", () => socket.destroy());
  });
  server.listen({ port: 0, host: "127.0.0.1", backlog: 4096 }, () => {
    lines.listen(0, "127.0.0.1", () =>
      process.stdout.write(`ready ${server.address().port} ${lines.address().port}\n`),
    );
  });
  // The bench holds the other end: when it is gone, so are we.
  process.stdin.on("end", () => process.exit(0)).resume();
}
