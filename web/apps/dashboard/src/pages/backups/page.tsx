// Backups: may the cards be formatted, what is under way, what failed; then the rest.

import type { DestinationRow, EventRow, Now } from "@kilat/client";
import { type ReactNode, useMemo } from "react";
import { type Read, useRead } from "../../live/ask.js";
import { useWords } from "../../live/choices.js";
import { useClose } from "../../live/close.js";
import { useKept, useReturn } from "../../live/kept.js";
import { useLive, useNow } from "../../live/live.js";
import { placeName } from "../../live/names.js";
import { useMay } from "../../live/session.js";
import { useSlowly } from "../../live/slowly.js";
import { Skeleton, Waiting } from "../../parts/index.js";
import type { PageProps } from "../index.js";
import { Line, Restore, RestoreRow, Scrubs } from "./care.js";
import { Detail } from "./detail.js";
import { Ended, Failed, type Names, UnderWay } from "./lists.js";
import { hasEnded, sorted, withProgress } from "./runs.js";
import { Start } from "./start.js";
import { Places, Safety } from "./top.js";
import { words } from "./words.js";
import "./backups.css";

/** How often the copies are counted anew while photos keep coming, and while nothing does. */
const COUNT_MS = 5_000;
const RECOUNT_MS = 60_000;

export function Page({ detail }: PageProps) {
  const say = useWords(words);
  const now = useNow()?.value;
  const mayAct = useMay("act");
  if (!now) return <Waiting what={say("runs.loading")} rows={6} />;
  // Only who may act may see what a storage is.
  if (mayAct)
    return <WithPlaces now={now}>{(places) => <Inside now={now} detail={detail} places={places} />}</WithPlaces>;
  return <Inside now={now} detail={detail} places={null} />;
}

function WithPlaces({ now, children }: { now: Now; children: (places: DestinationRow[] | null) => ReactNode }) {
  const read = useKept(
    "destinations",
    useRead("GET /api/admin/destinations", {
      again: [useReturn(), ...now.destinations.map(({ id, up }) => `${id}${up}`)].join(),
    }),
  );
  return children(read.value);
}

interface InsideProps {
  now: Now;
  detail: string;
  places: readonly DestinationRow[] | null;
}

function Inside({ now, detail, places }: InsideProps) {
  const say = useWords(words);
  const listed = useLive((snapshot) => snapshot.backup_status);
  const progress = useLive((snapshot) => snapshot.backup_progress);
  const returns = useReturn();
  const events = useKept("events", useRead("GET /api/admin/events", { again: `${now.event?.id}|${returns}` }));
  const runs = useMemo(() => {
    const all = (listed?.value ?? []).map((run) => withProgress(run, listed?.asOfMs ?? 0, progress));
    return sorted(all);
  }, [listed, progress]);
  const names = namesOf(now, events);
  const run = listed && [...runs.failed, ...runs.underWay, ...runs.ended].find(({ backupId }) => backupId === detail);
  const close = useClose("backups", detail);
  const ended = listed?.value
    .filter(hasEnded)
    .map(({ backupId, phase }) => backupId + phase)
    .join();
  return (
    <div className="backups">
      <div className="backups-first">
        <Counted now={now} places={places} ended={ended ?? ""} runs={runs.underWay} />
        <Failed runs={runs.failed} names={names} />
        <UnderWay runs={runs.underWay} names={names} />
        {listed ? (
          <Ended runs={runs.ended} names={names} hasOthers={runs.failed.length + runs.underWay.length > 0} />
        ) : (
          <Skeleton what={say("runs.loading")} />
        )}
      </div>
      <div className="backups-second">
        <Scrubs now={now} />
        <Line now={now} />
        <RestoreRow />
      </div>
      {detail === "start" && <Start now={now} events={events} onClose={close} />}
      {detail === "restore" && <Restore now={now} events={events} onClose={close} />}
      {detail !== "" && detail !== "start" && detail !== "restore" && (
        <Detail id={detail} run={run ?? undefined} names={names} onClose={close} />
      )}
    </div>
  );
}

function namesOf(now: Now, events: Read<EventRow[]>): Names {
  return {
    event: (id) => events.value?.find((event) => event.id === id)?.name ?? (now.event?.id === id ? now.event.name : id),
    place: (id) => placeName(id, now.destinations.find((place) => place.id === id)?.path),
    inUse: now.event?.id,
  };
}

interface CountedProps {
  now: Now;
  places: readonly DestinationRow[] | null;
  /** Which runs have ended, and how. */
  ended: string;
  runs: Parameters<typeof Places>[0]["runs"];
}

/** The copies of the event in use, counted anew whenever there may be others. */
function Counted({ now, places, ended, runs }: CountedProps) {
  const { event } = now;
  if (!event) return <Safety event={null} read={null} now={now} places={places} />;
  return <Of key={event.id} event={event} now={now} places={places} ended={ended} runs={runs} />;
}

function Of({ event, now, places, ended, runs }: CountedProps & { event: NonNullable<Now["event"]> }) {
  const { held, stored, safe, incomplete } = now.counts;
  const again = useSlowly(
    [held, stored, safe, incomplete, ended, now.destinations.length, useReturn()].join(),
    COUNT_MS,
  );
  const read = useKept(
    `safety ${event.id}`,
    useRead("GET /api/admin/events/{id}/safety", { path: { id: event.id }, everyMs: RECOUNT_MS, again }),
  );
  return (
    <>
      <Safety event={event} read={read} now={now} places={places} />
      <Places now={now} view={read.value?.data ?? null} places={places} runs={runs} />
    </>
  );
}
