"use client";
// What the three monitors have in common: card, title, pill, switch, boundary, and what an old value looks like.

import type { Channel, Held, Status } from "@kilat/client";
import { type ReactNode, useId, useState } from "react";
import { KilatProvider, type Language, type Theme, useKilatClient, useSurroundings } from "../context.js";
import type { Notices } from "../notices.js";
import { Boundary, type BoundaryProps } from "../parts/boundary.js";
import { type Command, CommandLine } from "../parts/command.js";
import { Icon, type IconName } from "../parts/icon.js";
import { LinkNote, LinkPill, linkWord } from "../parts/link.js";
import { NoticeList } from "../parts/notices.js";
import { Announce, Button, Note, Skeleton, Switch } from "../parts/pieces.js";
import { useSpeech } from "../parts/speak.js";
import { Age, useIsStale } from "../parts/time.js";
import type { Word } from "../parts/words.js";
import { useStudioSettings } from "../studio.js";
import { useFeed } from "./feed.js";

export interface MonitorProps {
  /** Its heading; in the viewer's language by default. */
  readonly title?: string | undefined;
  readonly lang?: Language | undefined;
  readonly theme?: Theme | undefined;
  readonly timeZone?: string | undefined;
  readonly className?: string | undefined;
  /** How the real-time switch stands at first; by default as the studio's settings say. */
  readonly defaultRealtime?: boolean | undefined;
  /** How often it asks while the switch is off, in milliseconds; by default as the studio's settings say. */
  readonly pollMs?: number | undefined;
  readonly onError?: BoundaryProps["onError"];
}

/** What a body is given. */
export interface BodyProps {
  readonly name: Word;
  readonly title?: string | undefined;
  readonly isRealtime: boolean;
  readonly everyMs: number;
  setRealtime(isOn: boolean): void;
}

export interface MonitorFrame extends MonitorProps {
  readonly name: Word;
  readonly channels: readonly Channel[];
  readonly everyMs: number;
  readonly isFollowing: boolean;
  readonly body: (props: BodyProps) => ReactNode;
}

export const POLL_MS = 30_000;

export function Monitor({ lang, theme, timeZone, ...rest }: MonitorFrame): ReactNode {
  return (
    <KilatProvider lang={lang} theme={theme} timeZone={timeZone}>
      <Card {...rest} />
    </KilatProvider>
  );
}

function Card({ className = "", ...rest }: MonitorFrame): ReactNode {
  const { lang } = useSpeech();
  const { theme = "system" } = useSurroundings();
  return (
    <div className={`kl-theme kl-${theme} kl-card ${className}`} lang={lang}>
      <Fed {...rest} />
    </div>
  );
}

function Fed({
  name,
  title,
  channels,
  everyMs,
  pollMs,
  isFollowing,
  defaultRealtime,
  onError,
  body: Body,
}: MonitorFrame): ReactNode {
  const { t } = useSpeech();
  const [chosen, setRealtime] = useState<boolean | null>(null);
  const client = useKilatClient();
  const studio = useStudioSettings(defaultRealtime === undefined || pollMs === undefined);
  const isRealtime = chosen ?? defaultRealtime ?? (isFollowing && studio?.useRealtime !== false);
  // A studio whose pages follow live names the rhythm of what asks by itself only.
  const isAsked = studio && !(isFollowing && studio.useRealtime);
  const rhythmMs = pollMs ?? (isAsked ? studio.pollingInterval : everyMs);
  const feed = useFeed(client, channels, isRealtime, rhythmMs);
  return (
    <KilatProvider client={feed} main={client}>
      <Boundary name={title ?? t(name)} onError={onError}>
        <Body name={name} title={title} isRealtime={isRealtime} everyMs={rhythmMs} setRealtime={setRealtime} />
      </Boundary>
    </KilatProvider>
  );
}

export interface FrameProps extends BodyProps {
  readonly icon: IconName;
  /** How it is reached. */
  readonly link: Pick<Status, "link" | "sinceMs" | "stop">;
  /** What is shown, by its age; null while nothing is known. */
  readonly held: Held<unknown> | null;
  readonly notices: Notices;
  readonly command: Command;
  /** Read out when it changes: states, not numbers. */
  readonly announced: readonly string[];
  /** While nothing is known: as many rows and counts. */
  readonly ghosts: readonly [rows: number, counts: number];
  readonly children: ReactNode;
  readonly buttons: ReactNode;
  /** What one of the buttons opened. */
  readonly panel?: ReactNode;
  onRefresh(): void;
}

export function Frame(props: FrameProps): ReactNode {
  const { t } = useSpeech();
  const id = useId();
  const { reconnect } = useKilatClient();
  const { link, held, command, isRealtime, everyMs } = props;
  const isStale = useIsStale(held, isRealtime ? 0 : everyMs);
  const state = link.stop ? "refused" : !held ? "loading" : isStale ? "stale" : "live";
  const said = [t(linkWord(link.link), { time: "" }), ...props.announced];
  return (
    <section className="kl-body" aria-labelledby={id} data-state={state}>
      <header className="kl-head">
        <Icon name={props.icon} />
        <h2 id={id} className="kl-title">
          {props.title ?? t(props.name)}
        </h2>
        <LinkPill link={link.link} everyMs={everyMs} />
      </header>
      <Announce>{held ? said.join(". ") : ""}</Announce>
      <LinkNote of={link} action={<Button onClick={reconnect}>{t("again")}</Button>} />
      {isStale && link.link !== "none" ? <Note kind="plain">{t("old")}</Note> : null}
      {held ? (
        <div className={`kl-values ${isStale ? "kl-is-stale" : ""}`}>{props.children}</div>
      ) : link.stop ? null : (
        <Skeleton rows={props.ghosts[0]} counts={props.ghosts[1]} />
      )}
      <NoticeList of={props.notices} />
      <Switch isOn={isRealtime} onChange={props.setRealtime}>
        {t("realtime")}
      </Switch>
      <div className="kl-buttons">
        {props.buttons}
        <Button isAsked={command.isAsked("refresh")} onClick={props.onRefresh}>
          {t("refresh")}
        </Button>
      </div>
      {props.panel}
      <div className="kl-line">
        <CommandLine of={command} />
        <span className="kl-second kl-end">
          <Age of={held} as="measured" />
        </span>
      </div>
    </section>
  );
}
