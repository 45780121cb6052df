// Socket.IO as its documentation shows it: one emit to everybody, WebSocket only.

import http from "node:http";
import { Server } from "socket.io";
import { feed } from "./feed.js";

const server = http.createServer();
const io = new Server(server, { transports: ["websocket"] });

feed(server, (line) => io.emit("message", JSON.parse(line)));
