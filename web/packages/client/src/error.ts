// What a call or a message came to, when it came to nothing.

export class KilatError extends Error {
  /** Stable: the server's, or `no_link`, `expired`, `queue_full`, `closed`. */
  declare readonly code: string;
  /** What to do about it, where the server says. */
  declare readonly remedy: string;
  /** The HTTP status; 0 where there was no answer. */
  declare readonly status: number;

  constructor(code: string, message = code, remedy = "", status = 0) {
    super(message);
    Object.assign(this, { name: "KilatError", code, remedy, status });
  }
}
