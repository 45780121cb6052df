// What the package gives. Importing it does nothing, in a browser and in Node.

export type {
  Asked,
  CallName,
  CallOptions,
  CallTable,
  Client,
  ClientOptions,
  Held,
  KnownType,
  Link,
  LinkView,
  Listener,
  Message,
  Missed,
  OwnEvents,
  PayloadOf,
  Snapshot,
  Status,
  Stop,
} from "./api.js";
export { createClient } from "./client.js";
export type { Environment, Page, PageEvent, Socket } from "./env.js";
export { KilatError } from "./error.js";
export { configure, getWebSocketClient } from "./shared.js";
export type * from "./wire.js";
