// What a call or a message came to, when it came to nothing.

export class KilatError extends Error {
  /** Stable: the server's, or `no_link`, `aborted`, `expired`, `queue_full`, `closed`. */
  readonly code: string;
  /** What to do about it. */
  readonly remedy: string;
  /** The HTTP status; 0 where there was no answer. */
  readonly status: number;

  constructor(code: string, message: string, remedy = "", status = 0) {
    super(message);
    this.name = "KilatError";
    this.code = code;
    this.remedy = remedy;
    this.status = status;
  }
}
