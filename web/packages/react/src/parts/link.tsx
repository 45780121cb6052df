"use client";
// This page's own link to the server, apart from all links behind it.

import type { Link, Status } from "@kilat/client";
import type { ReactNode } from "react";
import { type Kind, Note, Pill } from "./pieces.js";
import { useSpeech } from "./speak.js";
import { useEachSecond } from "./time.js";
import type { Word } from "./words.js";

const LINKS: Record<Link, readonly [Word, Kind]> = {
  idle: ["connecting", "plain"],
  connecting: ["connecting", "plain"],
  live: ["live", "safe"],
  polling: ["polling", "busy"],
  none: ["noLink", "trouble"],
  asleep: ["asleep", "plain"],
  stopped: ["stopped", "trouble"],
  closed: ["noLink", "trouble"],
};

/** As long as somebody looks at a spinner. */
const PATIENCE_MS = 10_000;

export const linkWord = (link: Link): Word => LINKS[link][0];

export interface LinkPillProps {
  readonly link: Link;
  readonly everyMs: number;
}

export function LinkPill({ link, everyMs }: LinkPillProps): ReactNode {
  const { t, duration } = useSpeech();
  const [word, kind] = LINKS[link];
  return (
    <Pill kind={kind}>
      {t(word, { time: duration(everyMs) })}
      {link === "live" ? <span className="kl-soft"> · WebSocket</span> : null}
    </Pill>
  );
}

export interface LinkNoteProps {
  readonly of: Pick<Status, "link" | "sinceMs" | "stop">;
  /** What mends it, where somebody must sign in. */
  readonly action?: ReactNode;
}

/** What is to be said of the link beyond its pill; nothing while it holds. */
export function LinkNote({ of, action }: LinkNoteProps): ReactNode {
  const { t } = useSpeech();
  const { link, sinceMs, stop } = of;
  const isLate = useEachSecond(() => sinceMs > 0 && Date.now() - sinceMs > PATIENCE_MS, false);
  if (link === "stopped")
    return <Note kind="trouble" title={t(stop?.why === "not_allowed" ? "notAllowed" : "signIn")} action={action} />;
  if (link === "none" || link === "closed") {
    const [before, after] = t("lost").split("{age}");
    return (
      <Note kind="trouble">
        {before}
        <Since ms={sinceMs} />
        {after}
      </Note>
    );
  }
  return isLate && (link === "connecting" || link === "idle") ? <Note kind="busy">{t("waits")}</Note> : null;
}

/** By this page's clock. */
function Since({ ms }: { readonly ms: number }): ReactNode {
  const { age } = useSpeech();
  return <span className="kl-age">{useEachSecond(() => age(Math.max(0, Date.now() - ms)), "")}</span>;
}
