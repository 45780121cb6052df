// What users of this package see: the client, what it tells, what it is given. Types only.

import type { Environment } from "./env.js";
import type {
  BackupProgress,
  BackupRun,
  Calls,
  CameraStatus,
  Channel,
  ClientEnvelope,
  Cursor,
  DslrStatus,
  Envelope,
  LinkState,
  Notification,
  Now,
  ProgramEnvelope,
  RestoreRun,
  SystemStatus,
  UploadProgress,
} from "./wire.js";

/** A message of the server; its payload is frozen. */
export type Message = Readonly<Envelope> | Readonly<ProgramEnvelope>;
/** Types of the server, for which payloads are known. */
export type KnownType = Envelope["type"];
/** What the client itself tells: names that no message can have. */
export interface OwnEvents {
  /** Every message, whatever its type. */
  "*": unknown;
  /** The status is another one. */
  "@status": Status;
  /** Entries of the log that the server could not tell any more. */
  "@missed": Missed;
}
/** What a listener of this type is given first. */
export type PayloadOf<T extends string> = T extends keyof OwnEvents
  ? OwnEvents[T]
  : T extends KnownType
    ? Extract<Envelope, { type: T }>["payload"]
    : unknown;
/** Called with the payload, and the whole message where there is one. */
export type Listener<T extends string = string> = (payload: PayloadOf<T>, message?: Message) => void;

/** Something that is held, and how old it is: `client.ageMs(held)`. Frozen. */
export interface Held<T> {
  readonly value: T;
  /** What tells it from others of its type: for React's `key`. */
  readonly key: string;
  /** The channel that it is about. */
  readonly channel: Channel;
  /** Place in the log of an entry; of a state, the last entry that it takes into account. */
  readonly seq: number;
  /** By the server's clock: when it was so. */
  readonly asOfMs: number;
  /** Older than that it must not be shown as live; null for an entry of the log, which stays true. */
  readonly maxAgeMs: number | null;
  /** When it was so by this page's monotonic clock: moves neither with the wall clock nor with the server's. */
  readonly bornMs: number;
}

/** Everything that is known now. Frozen; a part that did not change is the same object as before. */
export interface Snapshot {
  readonly now: Held<Now> | null;
  readonly dslr_status: Held<DslrStatus> | null;
  readonly backup_status: Held<readonly BackupRun[]> | null;
  /** The restore that goes, or the newest one. */
  readonly restore_status: Held<RestoreRun> | null;
  readonly system_status: Held<SystemStatus> | null;
  /** One a source, at most 64; the one that changed last first. */
  readonly camera_status: readonly Held<CameraStatus>[];
  /** One a copy, at most 200; the one that changed last first. */
  readonly upload_progress: readonly Held<UploadProgress>[];
  /** One a run, at most 50; the one that changed last first. */
  readonly backup_progress: readonly Held<BackupProgress>[];
  /** What came since the first subscription, one an id, at most 100; newest first. Older ones: `GET /api/notifications`. */
  readonly notification: readonly Held<Notification>[];
  /** The last time that something could not be told any more. */
  readonly missed: Missed | null;
}

/** Entries that the server cannot tell any more: whoever counts must count anew. */
export interface Missed {
  /** Where this client stood. */
  readonly since: Cursor | null;
  /** Where it goes on. */
  readonly upTo: Cursor;
  /** `other_epoch`, `ahead`, `too_far`, `too_slow`; `unknown` when the server gave no reason. */
  readonly why: string;
  /** The same in words. */
  readonly message: string;
}

/**
 * This page's own link to the server.
 *
 * - `idle`: nobody subscribed.
 * - `connecting`: no answer yet, and none is overdue.
 * - `live`: messages come as they happen.
 * - `polling`: asked every 30 s, and answered the last time.
 * - `none`: no way to the server; attempts go on.
 * - `asleep`: the page is hidden, or lies in the back/forward cache; it comes back by itself.
 * - `stopped`: somebody must sign in; `reconnect()` afterwards.
 * - `closed`: `close()` was called.
 */
export type Link = "idle" | "connecting" | "live" | "polling" | "none" | "asleep" | "stopped" | "closed";

/** One link of the photo's way behind the server, as the newest `now` told. */
export interface LinkView {
  /** `unknown` as soon as nobody can tell any more: nothing came, or it is too old. */
  readonly state: LinkState;
  /** Since when (RFC 3339); null when unknown. */
  readonly since: string | null;
  /** What is broken, in words. */
  readonly what: string | null;
  /** Whether there is a value, and it is too old to be shown. */
  readonly isStale: boolean;
}

/** Why there are no more attempts. */
export interface Stop {
  /** A close code of the socket (4401, 4403) or an HTTP status (401, 403). */
  readonly code: number;
  readonly why: "not_signed_in" | "not_allowed";
}

/** Where the four links stand. Frozen; the same object until something changes. */
export interface Status {
  /** Viewer to server. */
  readonly link: Link;
  /** When `link` became so, by `Date.now()`. */
  readonly sinceMs: number;
  /** `link` is `live`. */
  readonly isConnected: boolean;
  /** What a badge shows: `polling` from the first answered poll, from the fifth failed attempt, or by the switch. */
  readonly mode: "websocket" | "polling";
  /** The real-time switch. */
  readonly isRealtime: boolean;
  /** Attempts at the socket that failed in a row. */
  readonly attempts: number;
  /** When the next one is, by `Date.now()`. */
  readonly retryAtMs: number | null;
  /** Why there is no socket: `no_answer`, `silence`, `hole`, `closed CODE REASON`, `status CODE`, or what the browser says; null while there is one. */
  readonly why: string | null;
  readonly stop: Stop | null;
  /** This connection's name at the server, as `kilat clients` lists it, or the last one's; null before the first. */
  readonly clientId: string | null;
  /** Server to sources. */
  readonly source: LinkView;
  /** Sources to cameras. */
  readonly camera: LinkView;
  /** Server to storage. */
  readonly storage: LinkView;
  /** Whether the newest `now` is too old to be shown as live; true as well while there is none. */
  readonly isStale: boolean;
}

/**
 * Every HTTP call by its method and path, for example `POST /api/uploads/retry`; but for those that take files, which are
 * sent by `fetch` or a tus client.
 */
export type CallTable = {
  [K in keyof Calls as Calls[K]["answer"] extends undefined
    ? never
    : Calls[K]["body"] extends Uint8Array
      ? never
      : `${Calls[K]["method"]} ${Calls[K]["path"]}`]: Calls[K];
};
export type CallName = keyof CallTable;
export interface CallOptions<C extends CallName> {
  /** Parts of the path in braces: `{ id }`. */
  path?: Record<string, string>;
  query?: Record<string, string>;
  body?: CallTable[C]["body"];
  /** Names this very wish: the same key for another try of it. A new one by default. */
  key?: string;
  /** 10 s by default. */
  timeoutMs?: number;
}

/** What is asked of the server, beside its path. */
export type Asked = Omit<RequestInit, "headers"> & { headers?: Record<string, string> };

export interface Client {
  /** Watches channels until the undo that it returns is called. The first subscription opens the connection. */
  subscribe(channels: Channel | readonly Channel[]): () => void;
  /** Calls the listener for messages of a type. Opens nothing: subscribe too. Returns the undo. */
  on<T extends KnownType | keyof OwnEvents | (string & {})>(type: T, listener: Listener<T>): () => void;
  off<T extends KnownType | keyof OwnEvents | (string & {})>(type: T, listener: Listener<T>): void;
  /** For `useSyncExternalStore`: called when status or snapshot are others, at most 10 times a second and at once for alerts. */
  watch(listener: () => void): () => void;
  getStatus(): Status;
  getSnapshot(): Snapshot;
  getSubscriptions(): readonly Channel[];
  /** How old something held is now, or how long ago a moment of the server (RFC 3339) was: by the server's clock, never negative. */
  ageMs(of: Held<unknown> | string): number;
  /** Whether it is older than it may be shown. */
  isStale(held: Held<unknown>): boolean;
  /**
   * Says something over the socket: now, or within 5 s, or never. Fulfilled once it was handed to the socket; refused
   * with a `KilatError` of code `expired`, `queue_full` or `closed`. For commands there is `call` of `@kilat/client/call`.
   */
  send(message: ClientEnvelope): Promise<void>;
  /** Fetches a path of the server, as every call of this client goes: to its address, with its credentials and headers. */
  fetch(path: string, init?: Asked): Promise<Response>;
  /** Asks for the states again: over the socket, or by a poll now. */
  refresh(): void;
  /** The real-time switch: without it there is no socket, and a poll every `pollMs` (30 s). */
  setRealtime(isOn: boolean, pollMs?: number): void;
  /** Connects anew now, also after `stopped`. */
  reconnect(): void;
  /** Ends it for good: nothing is called any more. */
  close(): void;
}

export interface ClientOptions {
  /** Address of the WebSocket, asked anew before each attempt when it is a function. `/ws` of the page's server by default. */
  url?: string | (() => string | Promise<string>) | undefined;
  /**
   * What stands before `/api/…`. By default calls go where the socket goes: to the origin of `url`, or to the page's own
   * server where there is no `url`. Where `url` is a function, and the server is another one, it must be given.
   */
  httpUrl?: string;
  /** Of HTTP calls to another origin; `include` by default. */
  credentials?: RequestCredentials;
  /** Of every HTTP call, for example `{ authorization: "Bearer …" }` of a program. */
  headers?: () => Record<string, string>;
  /** Where an earlier client stood: what was missed since is told first. */
  since?: Cursor;
  /** Everything from outside, for tests and for Node. */
  env?: Partial<Environment>;
}
