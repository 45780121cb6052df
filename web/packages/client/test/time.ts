// Virtual time: nothing happens by itself, and everything that is due happens in order.
//
// True time goes on; the page's wall clock can be set, and its monotonic clock may stand while the machine sleeps.

/** 2026-11-25T12:00:00Z */
export const BEGIN = Date.UTC(2026, 10, 25, 12);

interface Due {
  at: number;
  id: number;
  run: () => void;
}

export class Time {
  /** True milliseconds since the beginning. */
  at = 0;
  /** By how much the page's wall clock is wrong. */
  wallOff = 0;
  /** What the page's monotonic clock slept through. */
  slept = 0;
  #due: Due[] = [];
  #next = 1;
  /** Timers of the client that wait. */
  readonly clients = new Set<number>();

  readonly now = () => BEGIN + this.at + this.wallOff;
  readonly mono = () => this.at - this.slept;

  later(ms: number, run: () => void): number {
    const id = this.#next++;
    this.#due.push({ at: this.at + Math.max(0, ms), id, run });
    return id;
  }
  cancel(id: unknown): void {
    this.#due = this.#due.filter((due) => due.id !== id);
    this.clients.delete(id as number);
  }
  readonly setTimeout = (run: () => void, ms: number) => {
    const id = this.later(ms, () => {
      this.clients.delete(id);
      run();
    });
    this.clients.add(id);
    return id;
  };
  readonly clearTimeout = (id: unknown) => this.cancel(id);

  /** Lets so much time pass. */
  async pass(ms: number, seen: () => void = () => {}): Promise<void> {
    const end = this.at + ms;
    for (;;) {
      await settle();
      seen();
      const next = this.#due.filter((due) => due.at <= end).sort((a, b) => a.at - b.at || a.id - b.id)[0];
      if (!next) break;
      this.#due = this.#due.filter((due) => due !== next);
      this.at = Math.max(this.at, next.at);
      next.run();
    }
    this.at = end;
  }
  /** The page's machine sleeps: the world goes on, its timers wait. */
  sleep(ms: number, isMonoStanding: boolean): void {
    this.at += ms;
    if (isMonoStanding) this.slept += ms;
  }
}

/** Until every promise that can be kept is kept. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 12; turn += 1) await Promise.resolve();
}

/** The same numbers for the same seed. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
