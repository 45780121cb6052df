// May the cards be formatted, and how many copies are where.

import type { BackupRun, DestinationRow, EventView, Now, SafetyView } from "@kilat/client";
import { useState } from "react";
import type { Read } from "../../live/ask.js";
import { useChoices, useWords } from "../../live/choices.js";
import { client } from "../../live/client.js";
import { useIsStale, useTime } from "../../live/live.js";
import { placeName } from "../../live/names.js";
import { to } from "../../live/route.js";
import { useMay } from "../../live/session.js";
import { Card, Icon, type IconName, Press, ReadAge, Row, Rows, Sheet } from "../../parts/index.js";
import { type Action, cardVerdict, type Kind } from "./safety.js";
import { words } from "./words.js";

const ICONS: Record<Kind, IconName> = { safe: "check", ready: "clock", busy: "triangle", stale: "clock" };

/** A count is made anew each minute; one that is older than this was missed. */
const OLD_MS = 90_000;

export interface SafetyProps {
  event: EventView | null;
  read: Read<{ data: SafetyView }> | null;
  now: Now;
  places: readonly DestinationRow[] | null;
}

export function Safety({ event, read, now, places }: SafetyProps) {
  const say = useWords(words);
  const isLost = useIsStale();
  const [isAsking, setIsAsking] = useState(false);
  const view = read?.value?.data ?? null;
  // Kilat answers, but did not count anew: what was counted before says nothing of now.
  useTime();
  const isOld = read?.atMs != null && performance.now() - read.atMs > OLD_MS;
  const isStale = isLost || (view !== null && (read?.error != null || isOld));
  const answer = cardVerdict(view, { held: now.counts.held, isStale, hasEvent: event !== null, places });
  const title = say.sentence(answer.title);
  return (
    <section className={`backups-safety is-${answer.kind}`} aria-label={say("safety.which")}>
      <Icon name={ICONS[answer.kind]} />
      <div className="backups-safety-words">
        <h2 className="backups-safety-title">{title}</h2>
        <p className="second">{answer.detail.map((sentence) => say.sentence(sentence)).join(" ")}</p>
        {view && read?.atMs != null && (
          <p className="second backups-safety-age">
            {say("safety.counted")} <ReadAge atMs={read.atMs} />
          </p>
        )}
      </div>
      <div className="backups-safety-do">
        {answer.actions.map((action) => (
          <Do key={action} action={action} />
        ))}
        {view && view.missing.length > 0 && answer.kind === "busy" && (
          <Press onPress={() => setIsAsking(true)}>{say("safety.show")}</Press>
        )}
      </div>
      <output className="unseen">{title}</output>
      {isAsking && view && <Missing view={view} now={now} onClose={() => setIsAsking(false)} />}
    </section>
  );
}

function Do({ action }: { action: Action }) {
  const say = useWords(words);
  const mayAct = useMay("act");
  const mayAdd = useMay("destinations");
  if (action === "reconnect") return <Press onPress={() => client.reconnect()}>{say("act.reconnect")}</Press>;
  if (action === "start" || action === "again")
    return mayAct ? (
      <a className={`button ${action === "start" ? "is-main" : ""}`} href={to("backups", "start")}>
        {say("act.start")}
      </a>
    ) : null;
  if (action === "storage" && !mayAdd) return null;
  return (
    <a className="button" href={to(action, action === "storage" ? "add" : "")}>
      {say(`act.${action}`)}
    </a>
  );
}

function Missing({ view, now, onClose }: { view: SafetyView; now: Now; onClose: () => void }) {
  const say = useWords(words);
  const name = (id: string) => placeName(id, now.destinations.find((place) => place.id === id)?.path);
  const more = view.photos - view.safePhotos - view.missing.length;
  return (
    <Sheet title={say("safety.which")} onClose={onClose}>
      <Card label={say("safety.which")}>
        <Rows>
          {view.missing.map(({ photoId, name: photo, copiesAt }) => (
            <Row
              key={photoId}
              title={photo}
              detail={
                copiesAt.length > 0
                  ? say("safety.has", { places: copiesAt.map(name).join(", ") })
                  : say("safety.hasNone")
              }
              href={to("photos", photoId)}
            />
          ))}
        </Rows>
      </Card>
      {more > 0 && <p className="second backups-note">{say("safety.more", { n: more })}</p>}
    </Sheet>
  );
}

export interface PlacesProps {
  now: Now;
  view: SafetyView | null;
  /** What the storage is, where that may be seen. */
  places: readonly DestinationRow[] | null;
  /** Under way, with their newest numbers. */
  runs: readonly BackupRun[];
}

/** One cell a storage: how many photos of the event are proven there, and what goes on. */
export function Places({ now, view, places, runs }: PlacesProps) {
  const say = useWords(words);
  const { language } = useChoices();
  if (now.destinations.length === 0 || !view) return null;
  return (
    <Card title={say("places.title")}>
      <div className="backups-places">
        {now.destinations.map((place) => {
          const counted = view.places.find(({ id }) => id === place.id);
          const { medium, offSite } = counted ?? places?.find(({ id }) => id === place.id) ?? {};
          const run = runs.find(({ destination, eventId }) => destination === place.id && eventId === view.eventId);
          const copied = run?.kind === "copy" ? run.successfulUploads : 0;
          const photos = Math.max(counted?.photos ?? 0, copied);
          const all = Math.max(view.photos, now.counts.held);
          const isWhole = photos > 0 && photos >= all;
          const tone = !place.up || run?.phase === "waiting" ? "trouble" : run ? "action" : isWhole ? "safe" : "plain";
          const count = photos.toLocaleString(language);
          const text = !place.up
            ? say("places.down", { n: count })
            : run
              ? say("places.doing", { n: count, what: say(shortOf(run.phase)) })
              : isWhole
                ? say("places.all", { n: count })
                : photos === 0
                  ? say("places.none")
                  : say("places.some", { n: count, all: all.toLocaleString(language) });
          const isFar = medium ? medium !== "disk" && medium !== "vault" : /^[a-z0-9+]+:\/\//i.test(place.path);
          return (
            <a key={place.id} className={`backups-place is-${tone}`} href={to("storage")}>
              <Icon name={isFar ? "cloud" : "disk"} className={`is-${tone}`} />
              <b>
                {[placeName(place.id, place.path), offSite ? say("places.offSite") : ""].filter(Boolean).join(", ")}
              </b>
              <span className="second">{text}</span>
            </a>
          );
        })}
      </div>
    </Card>
  );
}

function shortOf(phase: BackupRun["phase"]) {
  if (phase === "completed" || phase === "failed" || phase === "cancelled") return `phase.${phase}` as const;
  return `short.${phase}` as const;
}
