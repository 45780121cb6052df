// Is everything all right? One answer from the state, worked out here and nowhere else.
//
// The worst thing wins. What is not known is never called safe: a state that is too old, or that nobody can renew, is
// stale, whatever it said.

import type { Link, Now, Problem, ProblemKind } from "@kilat/client";
import type { Sentence as AnySentence } from "../../words/words.js";
import type { en } from "./words.en.js";

export type Sentence = AnySentence<keyof typeof en>;
export type Kind = "safe" | "ready" | "busy" | "trouble" | "stale";
/** The one thing to do: a command, another page, or another attempt at the link. */
export type Action = "retry" | "resume" | "reconnect" | "storage" | "cameras" | "events";

export interface Verdict {
  readonly kind: Kind;
  readonly title: Sentence;
  readonly detail: readonly Sentence[];
  /** What `{age}` in the sentences is the age of, by the server's clock. */
  readonly sinceMs?: number;
  readonly action?: Action;
}

/** How the state came here. */
export interface Known {
  /** How long ago the server made it. */
  readonly ageMs: number;
  readonly link: Link;
}

/** More than this part of what is held may not wait under a green verdict, nor more than so many. */
const FEW_PART = 0.1;
const FEW = 10;

export function verdict(now: Now | null, { ageMs, link }: Known): Verdict {
  if (!now)
    return link === "none"
      ? { kind: "stale", title: say("verdict.noAnswer"), detail: [say("detail.connecting")], action: "reconnect" }
      : { kind: "busy", title: say("verdict.connecting"), detail: [say("detail.connecting")] };
  const sinceMs = Date.parse(now.serverTime);
  if (link === "none" || ageMs > now.maxAgeMs) {
    // With a link, the device lost nothing: Kilat itself says nothing new.
    const isLost = link === "none";
    const detail = [say(isLost ? "detail.stale" : "detail.silent"), safeThen(now)];
    return {
      kind: "stale",
      title: say(isLost ? "verdict.stale" : "verdict.silent"),
      sinceMs,
      detail,
      action: "reconnect",
    };
  }
  return (
    trouble(now) ??
    notYet(now) ?? { kind: "safe", title: say("verdict.safe", { n: now.counts.safe }), detail: rest(now) }
  );
}

function trouble(now: Now): Verdict | null {
  const { counts } = now;
  const down = first(now, "destination_down");
  if (down) {
    const title = say("verdict.destinationDown", { what: last(down.what) });
    return { kind: "trouble", title, detail: kept([waits(now), safeStill(now)]), action: "storage" };
  }
  if (counts.failed > 0) {
    const title = say("verdict.failed", { n: counts.failed });
    return { kind: "trouble", title, detail: [say("detail.notYet"), safeStill(now)], action: "retry" };
  }
  const gone = first(now, "source_offline");
  if (gone) {
    const title = say("verdict.sourceOffline", { what: last(gone.what) });
    const detail = [say("detail.nothingLost"), safeStill(now)];
    return { kind: "trouble", title, sinceMs: Date.parse(gone.since), detail, action: "cameras" };
  }
  if (now.links.camera.state === "down") {
    const since = now.links.camera.since;
    const detail = [say("detail.nothingLost"), safeStill(now)];
    const title = say(since ? "verdict.cameraGoneSince" : "verdict.cameraGone");
    return { kind: "trouble", title, detail, action: "cameras", ...(since && { sinceMs: Date.parse(since) }) };
  }
  return null;
}

function notYet(now: Now): Verdict | null {
  const { counts } = now;
  if (now.paused) {
    const detail = kept([waits(now), say("detail.notYet"), safeStill(now)]);
    return { kind: "busy", title: say("verdict.paused"), detail, action: "resume" };
  }
  if (!now.event)
    return { kind: "busy", title: say("verdict.noEvent"), detail: [say("detail.noEvent")], action: "events" };
  if (now.destinations.length === 0)
    return { kind: "busy", title: say("verdict.noStorage"), detail: [say("detail.noStorage")], action: "storage" };
  const low = first(now, "disk_low");
  if (low) {
    const title = say("verdict.diskLow", { what: last(low.what) });
    return { kind: "busy", title, detail: [safeStill(now)], action: "storage" };
  }
  const files = now.problems.length;
  if (files > 0)
    return {
      kind: "busy",
      title: say("verdict.fileTrouble", { n: files }),
      detail: [say("detail.notYet"), safeStill(now)],
    };
  if (counts.held === 0) {
    const folder = now.sources[0]?.path;
    const detail = folder ? say("detail.ready", { folder: last(folder) }) : say("detail.readyAnywhere");
    return { kind: "ready", title: say("verdict.ready"), detail: [detail] };
  }
  if (counts.safe === 0 || counts.waiting > Math.max(FEW, counts.held * FEW_PART)) {
    const detail = kept([say("detail.notYet"), safeStill(now), hereOnly(now)]);
    if (counts.waiting > 0) return { kind: "busy", title: say("verdict.waiting", { n: counts.waiting }), detail };
    return {
      kind: "busy",
      title: say("verdict.hereOnly", { n: counts.held }),
      detail: [say("detail.notYet")],
      action: "storage",
    };
  }
  return null;
}

/** What follows "n photos are safe". */
function rest(now: Now): Sentence[] {
  const { waiting } = now.counts;
  const more = waiting > 0 ? say("detail.more", { n: waiting }) : null;
  const here = hereOnly(now);
  return kept([more, here, more || here ? null : say("detail.allSafe")]);
}

/** Photos due nowhere. */
function hereOnly({ counts }: Now): Sentence | null {
  const n = counts.held - counts.safe - counts.waiting - counts.failed;
  return n > 0 ? say("detail.hereOnly", { n }) : null;
}

function safeStill(now: Now): Sentence {
  return say("detail.safeStill", { n: now.counts.safe });
}

function safeThen(now: Now): Sentence {
  return say("detail.safeThen", { n: now.counts.safe });
}

function waits(now: Now): Sentence | null {
  return now.counts.waiting > 0 ? say("detail.wait", { n: now.counts.waiting }) : null;
}

function first(now: Now, kind: ProblemKind): Problem | undefined {
  return now.problems.find((problem) => problem.kind === kind);
}

/** The end of a path: what people call the place. */
export function last(path: string): string {
  return path.split("/").filter(Boolean).slice(-2).join("/") || path;
}

function say(key: Sentence["key"], values?: Record<string, string | number>): Sentence {
  return values ? { key, values } : { key };
}

function kept(sentences: readonly (Sentence | null)[]): Sentence[] {
  return sentences.filter((sentence) => sentence !== null);
}
