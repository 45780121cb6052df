// The design that Kilat replaces, on the package `ws`: an array of clients, one stringify for each of them.

import http from "node:http";
import { WebSocketServer } from "ws";
import { feed } from "./feed.js";

const server = http.createServer();
const clients = new Set();
new WebSocketServer({ server }).on("connection", (client) => {
  clients.add(client);
  client.on("close", () => clients.delete(client));
  client.on("error", () => client.terminate());
  client.send(JSON.stringify({ type: "connected" }));
});

feed(server, (line) => {
  const message = JSON.parse(line);
  for (const client of clients) {
    if (client.readyState === client.OPEN) client.send(JSON.stringify(message));
  }
});
