// @ts-check
// Is everything all right? One answer from the state, worked out here and nowhere else.
//
// The worst thing wins. What is not known is never called safe: a state that is too old is stale,
// whatever it said.

/** @typedef {import("./wire.js").Now} Now */
/** @typedef {import("./wire.js").Problem} Problem */
/** @typedef {"live" | "polling" | "none" | "connecting"} Link */
/** @typedef {[key: string, values?: Record<string, string | number>]} Sentence */
/** @typedef {{ key: string, at: number }} Aged */
/**
 * Sentences name keys of the catalogue; `ages` are values that the view turns into words.
 * @typedef {{ kind: "safe" | "ready" | "busy" | "trouble" | "stale", title: Sentence, detail: Sentence[], since?: number }} Verdict
 */

/** More than this part of what is held may not wait under a green verdict, nor more than so many. */
const FEW_PART = 0.1;
const FEW = 10;

/**
 * @param {Now | null} now the last state, if there ever was one
 * @param {number} ageMs how long ago the server made it
 * @returns {Verdict}
 */
export function verdict(now, ageMs) {
  if (!now) return { kind: "busy", title: ["verdict.connecting"], detail: [["detail.connecting"]] };
  const { counts } = now;
  if (ageMs > now.maxAgeMs) {
    const since = Date.parse(now.serverTime);
    return { kind: "stale", title: ["verdict.stale"], since, detail: [["detail.stale"], safeStill(now)] };
  }
  return (
    trouble(now) ??
    notYet(now) ?? {
      kind: "safe",
      title: ["verdict.safe", { n: counts.safe }],
      detail: rest(now),
    }
  );
}

/** @param {Now} now @returns {Verdict | null} */
function trouble(now) {
  const { counts } = now;
  const down = first(now, "destination_down");
  if (down) {
    const detail = [waits(now), safeStill(now)];
    return { kind: "trouble", title: ["verdict.destinationDown", { what: last(down.what) }], detail: kept(detail) };
  }
  if (counts.failed > 0) {
    return {
      kind: "trouble",
      title: ["verdict.failed", { n: counts.failed }],
      detail: [["detail.notYet"], safeStill(now)],
    };
  }
  const gone = first(now, "source_offline");
  if (gone) {
    const title = /** @type {Sentence} */ (["verdict.sourceOffline", { what: last(gone.what) }]);
    return { kind: "trouble", title, since: Date.parse(gone.since), detail: [["detail.nothingLost"], safeStill(now)] };
  }
  return null;
}

/** @param {Now} now @returns {Verdict | null} */
function notYet(now) {
  const { counts } = now;
  if (now.paused) {
    return { kind: "busy", title: ["verdict.paused"], detail: kept([waits(now), ["detail.notYet"], safeStill(now)]) };
  }
  if (!now.event) return { kind: "busy", title: ["verdict.noEvent"], detail: [["detail.noEvent"]] };
  if (now.destinations.length === 0) {
    return { kind: "busy", title: ["verdict.noStorage"], detail: [["detail.noStorage"]] };
  }
  const low = first(now, "disk_low");
  if (low) {
    return { kind: "busy", title: ["verdict.diskLow", { what: last(low.what) }], detail: [safeStill(now)] };
  }
  const files = now.problems.length;
  if (files > 0) {
    return { kind: "busy", title: ["verdict.fileTrouble", { n: files }], detail: [["detail.notYet"], safeStill(now)] };
  }
  if (counts.held === 0) {
    const folder = now.sources[0]?.path ?? "";
    return { kind: "ready", title: ["verdict.ready"], detail: [["detail.ready", { folder }]] };
  }
  if (counts.safe === 0 || counts.waiting > Math.max(FEW, counts.held * FEW_PART)) {
    const detail = kept([["detail.notYet"], safeStill(now), hereOnly(now)]);
    if (counts.waiting > 0) return { kind: "busy", title: ["verdict.waiting", { n: counts.waiting }], detail };
    return { kind: "busy", title: ["detail.hereOnly", { n: counts.held }], detail: [["detail.notYet"]] };
  }
  return null;
}

/** What follows "n photos are safe". @param {Now} now @returns {Sentence[]} */
function rest(now) {
  const { waiting } = now.counts;
  const more = /** @type {Sentence | null} */ (waiting > 0 ? ["detail.more", { n: waiting }] : null);
  const here = hereOnly(now);
  return kept([more, here, more || here ? null : ["detail.allSafe"]]);
}

/** Photos due nowhere. @param {Now} now @returns {Sentence | null} */
function hereOnly({ counts }) {
  const n = counts.held - counts.safe - counts.waiting - counts.failed;
  return n > 0 ? ["detail.hereOnly", { n }] : null;
}

/** @param {Now} now @returns {Sentence} */
function safeStill(now) {
  return ["detail.safeStill", { n: now.counts.safe }];
}

/** @param {Now} now @returns {Sentence | null} */
function waits(now) {
  return now.counts.waiting > 0 ? ["detail.wait", { n: now.counts.waiting }] : null;
}

/** @param {Now} now @param {Problem["kind"]} kind */
function first(now, kind) {
  return now.problems.find((problem) => problem.kind === kind);
}

/** The end of a path: what people call the place. @param {string} path */
export function last(path) {
  return path.split("/").filter(Boolean).slice(-2).join("/") || path;
}

/** @param {(Sentence | null)[]} sentences @returns {Sentence[]} */
function kept(sentences) {
  return sentences.filter((sentence) => sentence !== null);
}
