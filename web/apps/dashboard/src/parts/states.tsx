// What a part shows when it has nothing to show: nothing there yet, not yet known, not allowed, no answer.

import type { KilatError } from "@kilat/client";
import { type ReactNode, useEffect, useState } from "react";
import type { Read } from "../live/ask.js";
import { useWords } from "../live/choices.js";
import { isForeign, useSession } from "../live/session.js";
import { common } from "../words/common.js";
import { ReadAge } from "./age.js";
import { Icon, type IconName } from "./icon.js";

/** Nothing there yet: what it is, and what to do first. */
export function Empty({ icon, title, children }: { icon: IconName; title: string; children?: ReactNode }) {
  return (
    <div className="empty">
      <Icon name={icon} />
      <b>{title}</b>
      {children !== undefined && <div className="second">{children}</div>}
    </div>
  );
}

/** After so long, a part that waits says what for. */
const SLOW_MS = 10_000;

/** The final shape, without content. After ten seconds it says what it waits for. */
export function Skeleton({ rows = 3, what, look = "rows" }: { rows?: number; what: string; look?: "rows" | "grid" }) {
  const say = useWords(common);
  const [isSlow, setIsSlow] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setIsSlow(true), SLOW_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div className={`skeleton is-${look}`} role="status" aria-label={`${say("part.loading")}: ${what}`}>
      {Array.from({ length: rows }, (_, place) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: they are all the same
        <span key={place} />
      ))}
      {isSlow && <p className="second skeleton-slow">{say("part.slow", { what })}</p>}
    </div>
  );
}

/** Not allowed: says who one is here, and who could change it. */
export function Refused() {
  const say = useWords(common);
  const session = useSession();
  const role = session.kind === "in" ? say(`role.${session.role}`) : "–";
  return (
    <Empty icon="eye" title={say("part.refused")}>
      {say("part.refusedWhy", { role })}
    </Empty>
  );
}

/** The browser's address line has a name that Kilat does not go by: no role would help. */
export function Foreign() {
  const say = useWords(common);
  return (
    <Empty icon="info" title={say("part.foreign", { host: location.host })}>
      {say("part.foreignWhy", { host: location.hostname })}
    </Empty>
  );
}

/** No answer, or one that was no use. */
export function Failed({ error, reload }: { error: KilatError; reload: () => void }) {
  const say = useWords(common);
  if (isForeign(error)) return <Foreign />;
  if (error.status === 403) return <Refused />;
  return (
    <div className="empty" role="alert">
      <Icon name="octagon" className="is-trouble" />
      <b>{error.status === 0 ? say("part.noAnswer") : error.message}</b>
      {error.remedy !== "" && <p className="second">{error.remedy}</p>}
      <button type="button" className="button" onClick={reload}>
        {say("do.again")}
      </button>
    </div>
  );
}

/**
 * What `useRead` gave, in every state that it can be in. A value that could not be read anew stays, grey, with its age.
 * `what` names it, for whoever waits.
 */
export function Shown<T>({
  read,
  what,
  rows,
  children,
}: {
  read: Read<T>;
  what: string;
  rows?: number;
  children: (value: T) => ReactNode;
}) {
  const say = useWords(common);
  const { value, atMs, error, reload } = read;
  if (value === null)
    return error ? <Failed error={error} reload={reload} /> : <Skeleton what={what} {...(rows ? { rows } : {})} />;
  if (error === null || atMs === null) return children(value);
  return (
    <div className="is-stale">
      <p className="stale-note">
        <Icon name="clock" /> {error.status === 0 ? say("part.noAnswer") : error.message} · <ReadAge atMs={atMs} />
        <button type="button" className="button" onClick={reload}>
          {say("do.again")}
        </button>
      </p>
      {children(value)}
    </div>
  );
}
