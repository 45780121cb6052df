// May the cards be formatted? One answer, from how many proven copies the event's photos have.
//
// Yes is said only when every photo that arrived meets the rule, and only while that was counted after the last of
// them came. What nobody can tell any more is no yes.

import type { DestinationRow, SafetyView } from "@kilat/client";
import type { Sentence as AnySentence } from "../../words/words.js";
import type { en } from "./words.en.js";

export type Sentence = AnySentence<keyof typeof en>;
export type Kind = "safe" | "ready" | "busy" | "stale";
/** What to do about it. */
export type Action = "start" | "again" | "storage" | "reconnect" | "events";

export interface CardVerdict {
  readonly kind: Kind;
  readonly title: Sentence;
  readonly detail: readonly Sentence[];
  /** The first is the one thing to do. */
  readonly actions: readonly Action[];
}

export interface Known {
  /** Photos of the event that are held now. */
  readonly held: number;
  /** Whether this device has lost Kilat, or the count could not be read anew. */
  readonly isStale: boolean;
  /** Whether there is an event in use. */
  readonly hasEvent: boolean;
  /** Storage that is named here; null when it may not be seen. */
  readonly places: readonly DestinationRow[] | null;
}

export function cardVerdict(view: SafetyView | null, known: Known): CardVerdict {
  const { held, isStale, hasEvent } = known;
  if (isStale)
    return { kind: "stale", title: say("safety.stale"), detail: [say("safety.staleWhy")], actions: ["reconnect"] };
  if (!hasEvent)
    return { kind: "ready", title: say("safety.noEvent"), detail: [say("safety.noEventWhy")], actions: ["events"] };
  if (!view) return { kind: "ready", title: say("safety.counting"), detail: [say("safety.countingWhy")], actions: [] };
  if (view.photos === 0 && view.unfiled === 0)
    return { kind: "ready", title: say("safety.empty"), detail: [say("safety.emptyWhy")], actions: [] };
  const came = Math.max(0, held - view.photos);
  if (view.safeToFormat && came === 0)
    return {
      kind: "safe",
      title: say("safety.yes"),
      detail: [say("safety.all", { n: view.photos }), rule(view), say("safety.compare")],
      actions: ["again"],
    };
  const detail = [...short(view)];
  if (view.unfiled > 0) detail.push(say("safety.unfiled", { n: view.unfiled }));
  if (came > 0) detail.push(say("safety.came", { n: came }));
  detail.push(rule(view));
  const never = impossible(view, known.places);
  // Another backup to places that hold everything brings nothing.
  const isWhole = known.places?.every(({ id }) => holds(view, id)) ?? false;
  detail.push(...onOneDisk(view), ...(never ? [never] : []));
  const actions: Action[] = isWhole ? ["storage", "again"] : ["start"];
  return { kind: "busy", title: say("safety.no"), detail, actions: never && !isWhole ? ["start", "storage"] : actions };
}

function holds({ places, photos }: SafetyView, id: string): boolean {
  return (places.find((place) => place.id === id)?.photos ?? 0) >= photos;
}

/** Places that look like two and count as one. */
function onOneDisk({ places }: SafetyView): Sentence[] {
  const filled = places.filter(({ photos }) => photos > 0);
  const alike = filled.filter(({ id, volume }) => filled.some((other) => other.id !== id && other.volume === volume));
  return alike.length > 0 ? [say("safety.oneDisk")] : [];
}

/** What the photos lack, worst first; each photo is counted once for each thing that it lacks. */
function short({ rule, tally }: SafetyView): Sentence[] {
  const lacking = (isShort: (row: SafetyView["tally"][number]) => boolean) =>
    tally.filter(isShort).reduce((sum, { photos }) => sum + photos, 0);
  const few = lacking(({ copies }) => copies < rule.copies);
  const none = lacking(({ copies }) => copies === 0);
  const said: Sentence[] = [];
  if (none > 0) said.push(say("safety.noCopy", { n: none }));
  if (few > none) {
    const n = few - none;
    const counts = new Set(
      tally.filter(({ copies }) => copies > 0 && copies < rule.copies).map(({ copies }) => copies),
    );
    const fewest = Math.min(...counts);
    if (counts.size > 1) said.push(say("safety.fewCopies", { n, fewest }));
    else said.push(fewest === 1 ? say("safety.oneCopy", { n }) : say("safety.sameCopies", { n, copies: fewest }));
  }
  // Those that have too few copies are named already, and the rule says what they lack.
  const home = lacking(({ offSite, copies }) => offSite < rule.offSite && copies >= rule.copies);
  if (home > 0) said.push(say("safety.noneAway", { n: home }));
  const alike = lacking(({ media, copies }) => media < rule.media && copies >= rule.copies);
  if (alike > 0) said.push(say("safety.oneKind", { n: alike }));
  return said;
}

function rule({ rule: { copies, media, offSite } }: SafetyView): Sentence {
  return say(offSite > 0 ? "safety.rule" : "safety.ruleHome", { copies, media, offSite });
}

/** Why no backup to what is named here can ever meet the rule. */
function impossible({ rule }: SafetyView, places: readonly DestinationRow[] | null): Sentence | null {
  if (!places) return null;
  if (places.filter(({ offSite }) => offSite).length < rule.offSite) return say("safety.neverAway");
  if (places.length < rule.copies) return say("safety.neverCopies", { n: places.length });
  if (new Set(places.map(({ medium }) => medium)).size < rule.media) return say("safety.neverKinds");
  return null;
}

function say(key: Sentence["key"], values?: Sentence["values"]): Sentence {
  return values ? { key, values } : { key };
}
