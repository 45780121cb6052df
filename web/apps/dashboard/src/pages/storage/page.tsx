// Storage: every place that holds copies, those that take none first.

import type { DestinationRow, Disk, Now } from "@kilat/client";
import { type ReactNode, useState } from "react";
import { type Read, useRead } from "../../live/ask.js";
import { useWords } from "../../live/choices.js";
import { useClose } from "../../live/close.js";
import { useKept, useReturn } from "../../live/kept.js";
import { useIsStale, useNow } from "../../live/live.js";
import { to } from "../../live/route.js";
import { useMay } from "../../live/session.js";
import { Card, Empty, Icon, Waiting } from "../../parts/index.js";
import type { PageProps } from "../index.js";
import { Add } from "./add.js";
import { PlaceCard } from "./list.js";
import { placesOf, roomOf } from "./places.js";
import { words } from "./words.js";
import "./storage.css";

/** How often the pace of the disks is asked for, and the copies of backups counted. */
const EVERY_MS = 60_000;

export function Page({ detail }: PageProps) {
  const say = useWords(words);
  const now = useNow()?.value;
  const mayAct = useMay("act");
  if (!now) return <Waiting what={say("list.loading")} rows={4} />;
  if (mayAct)
    return (
      <Named now={now}>{(rows) => <Inside now={now} rows={rows.value} reload={rows.reload} detail={detail} />}</Named>
    );
  return <Inside now={now} rows={null} reload={() => undefined} detail={detail} />;
}

/** Only who may act may see who named a storage, and where it stands. */
function Named({ now, children }: { now: Now; children: (rows: Read<DestinationRow[]>) => ReactNode }) {
  const again = [useReturn(), ...now.destinations.map(({ id }) => id)].join();
  const rows = useKept("destinations", useRead("GET /api/admin/destinations", { again }));
  return children(rows);
}

interface InsideProps {
  now: Now;
  rows: readonly DestinationRow[] | null;
  reload: () => void;
  detail: string;
}

function Inside({ now, rows, reload, detail }: InsideProps) {
  const say = useWords(words);
  const mayAdd = useMay("destinations");
  const [word, setWord] = useState("");
  const machine = useRead("GET /api/admin/monitoring", {
    query: { type: "metrics" },
    everyMs: EVERY_MS,
    again: useReturn(),
  });
  const disks: readonly Disk[] | null = machine.value?.type === "metrics" ? machine.value.data.storage : null;
  const hasBackups = now.destinations.some(({ kind }) => kind === "backup");
  const close = useClose("storage", detail);
  function show(safety: Parameters<typeof placesOf>[0]["safety"]) {
    const places = placesOf({ now, rows, disks, safety });
    return (
      <>
        {places.length > 0 && <Verdict places={places} />}
        {places.length === 0 ? (
          <Card label={say("list.label")}>
            <Empty icon="cloud" title={say("list.empty")}>
              {say("list.emptyWhy")}
            </Empty>
          </Card>
        ) : (
          <div className="storage-places">
            {places.map((place) => (
              <PlaceCard key={place.id} place={place} onRemoved={reload} />
            ))}
          </div>
        )}
      </>
    );
  }
  return (
    <div className="storage">
      {now.event && hasBackups ? <Counted event={now.event.id}>{show}</Counted> : show(null)}
      {mayAdd && (
        <div className="storage-add">
          <a className="button is-main" href={to("storage", "add")}>
            {say("add")}
          </a>
          <output className="second">{word}</output>
        </div>
      )}
      {detail === "add" && mayAdd && (
        <Add
          onClose={close}
          onAdded={(name) => {
            setWord(say("form.added", { name }));
            reload();
            close();
          }}
        />
      )}
    </div>
  );
}

/** What backups brought is counted with the copies of the event. */
function Counted({
  event,
  children,
}: {
  event: string;
  children: (safety: Parameters<typeof placesOf>[0]["safety"]) => ReactNode;
}) {
  const read = useKept(
    `safety ${event}`,
    useRead("GET /api/admin/events/{id}/safety", { path: { id: event }, everyMs: EVERY_MS, again: useReturn() }),
  );
  return children(read.value?.data ?? null);
}

/** In one line: do they all take copies? */
function Verdict({ places }: { places: ReturnType<typeof placesOf> }) {
  const say = useWords(words);
  const isStale = useIsStale();
  const down = places.filter(({ isUp }) => !isUp).length;
  const low = places.filter((place) => roomOf(place) !== "enough").length;
  const [kind, icon, text] = isStale
    ? (["stale", "clock", say("verdict.stale")] as const)
    : down > 0
      ? (["trouble", "octagon", say("verdict.down", { n: down })] as const)
      : low > 0
        ? (["busy", "triangle", say("verdict.low", { n: low })] as const)
        : (["safe", "check", say("verdict.all", { n: places.length })] as const);
  return (
    <div className={`storage-verdict is-${kind}`}>
      <Icon name={icon} />
      <output>{text}</output>
    </div>
  );
}
