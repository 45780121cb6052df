// One storage: what it is, how it is, how much room, what to do.

import type { DestinationTested } from "@kilat/client";
import { useState } from "react";
import { ask } from "../../live/ask.js";
import { useChoices, useWords } from "../../live/choices.js";
import { useMay } from "../../live/session.js";
import { Age, Button, Confirm, Icon, type IconName, Pill, Press, Progress } from "../../parts/index.js";
import { size, speed } from "../../words/times.js";
import type { Say } from "../../words/words.js";
import { type Place, roomOf } from "./places.js";
import { words } from "./words.js";

/** A place far away is found, signed in to, written and read. */
const TEST_MS = 60_000;

const ICONS: Record<NonNullable<Place["medium"]>, IconName> = {
  disk: "disk",
  vault: "disk",
  s3: "cloud",
  web_dav: "cloud",
  sftp: "cloud",
  drive: "cloud",
};

export function PlaceCard({ place, onRemoved }: { place: Place; onRemoved: () => void }) {
  const say = useWords(words);
  const [tested, setTested] = useState<DestinationTested | null>(null);
  const { language } = useChoices();
  const mayTest = useMay("act");
  const { id, name, path, kind, medium, isOffSite, isUp, since, reason } = place;
  const about = [medium && say(`medium.${medium}`), say(`kind.${kind}`), isOffSite ? say("place.offSite") : null];
  async function test() {
    setTested(null);
    const answer = await ask("POST /api/admin/destinations/{id}/test", { path: { id }, timeoutMs: TEST_MS });
    setTested(answer);
    const free =
      answer.freeBytes === undefined ? "" : ` · ${say("tested.free", { size: size(language, answer.freeBytes) })}`;
    return say("tested", { n: answer.tookMs }) + free;
  }
  return (
    <article className={`card storage-place ${isUp ? "" : "is-down"}`} data-place={id} aria-label={name}>
      <div className="storage-head">
        <Icon name={medium ? ICONS[medium] : "disk"} className={isUp ? "is-plain" : "is-trouble"} />
        <span className="row-words">
          <b>{name}</b>
          <span className="second">{about.filter(Boolean).join(" · ")}</span>
        </span>
        <Pill tone={isUp ? "safe" : "trouble"}>{say(isUp ? "place.up" : "place.down")}</Pill>
      </div>
      {!isUp && (
        <div className="storage-down">
          {reason && <p lang="en">{reason}</p>}
          <p className="second">
            {say("place.since")} <Age at={since} />. {say("place.next")}
          </p>
        </div>
      )}
      <RoomPart place={place} />
      <p className="second storage-numbers">
        <Numbers place={place} />
      </p>
      <p className="second storage-path">{path}</p>
      {mayTest && (
        <div className="storage-do">
          <Button label={`${say("test")}: ${name}`} onPress={test}>
            {say("test")}
          </Button>
          <Remove place={place} onRemoved={onRemoved} />
        </div>
      )}
      {tested && <Found tested={tested} />}
    </article>
  );
}

function RoomPart({ place }: { place: Place }) {
  const say = useWords(words);
  const { language } = useChoices();
  const { name, freeBytes, totalBytes, hoursUntilFull } = place;
  if (freeBytes === null) return <p className="second">{say("place.roomUnknown")}</p>;
  const room = roomOf(place);
  const free = size(language, freeBytes);
  const text =
    totalBytes === null
      ? say("place.roomOnly", { free })
      : say("place.room", { free, all: size(language, totalBytes) });
  const hours =
    hoursUntilFull === null
      ? ""
      : hoursUntilFull < 1
        ? say("place.soon")
        : say("place.hours", { n: Math.floor(hoursUntilFull) });
  return (
    <div>
      {totalBytes !== null && totalBytes > 0 && (
        <Progress
          percent={(1 - freeBytes / totalBytes) * 100}
          label={`${name}: ${text}`}
          tone={room === "enough" ? "action" : room === "low" ? "busy" : "trouble"}
        />
      )}
      <p className={`second storage-room is-${room}`}>
        {[text, room === "enough" ? "" : say("place.low"), hours].filter(Boolean).join(" · ")}
      </p>
    </div>
  );
}

/** Of a place that is away nobody can say what is there now. */
function counted(n: number, isUp: boolean, say: Say<(typeof words)["en"]>): string {
  if (!isUp) return say("place.copiesThen", { n });
  return n > 0 ? `${say("place.copies", { n })}, ${say("place.checked")}` : say("place.copies", { n });
}

function Numbers({ place }: { place: Place }) {
  const say = useWords(words);
  const { language } = useChoices();
  const { copies, waiting, speed: pace, isUp } = place;
  const parts = [
    copies === null ? null : counted(copies, isUp, say),
    waiting > 0 ? say("place.waiting", { n: waiting }) : null,
    pace ? speed(language, pace) : null,
  ];
  return <>{parts.filter((part) => part !== null).join(" · ")}</>;
}

function Found({ tested }: { tested: DestinationTested }) {
  const say = useWords(words);
  if (tested.capabilities.length === 0) return null;
  return (
    <div className="storage-found">
      <b className="second">{say("tested.title")}</b>
      <ul>
        {tested.capabilities.map(({ name, found }) => {
          const key = `cap.${name}`;
          const isKnown = Object.hasOwn(words.en, key);
          return (
            <li key={name}>
              <Icon
                name={found === undefined ? "clock" : found ? "check" : "info"}
                className={found ? "is-safe" : "is-plain"}
              />
              <span>
                {isKnown ? say(key as "cap.resume") : name}:{" "}
                {say(found === undefined ? "tested.unknown" : found ? "tested.yes" : "tested.no")}
                {found === false && isKnown && <span className="second"> {say(`${key}.no` as "cap.resume.no")}</span>}
              </span>
            </li>
          );
        })}
      </ul>
    </div>
  );
}

function Remove({ place, onRemoved }: { place: Place; onRemoved: () => void }) {
  const say = useWords(words);
  const mayRemove = useMay("destinations");
  const [isAsking, setIsAsking] = useState(false);
  if (place.namedBy === "settings") return <span className="second storage-settings">{say("place.ofSettings")}</span>;
  if (!mayRemove || place.namedBy === null) return null;
  async function remove() {
    await ask("DELETE /api/admin/destinations/{id}", { path: { id: place.id } });
    onRemoved();
  }
  return (
    <>
      <Press label={`${say("remove")}: ${place.name}`} onPress={() => setIsAsking(true)}>
        {say("remove")}
      </Press>
      {isAsking && (
        <Confirm
          title={say("remove.title", { name: place.name })}
          doIt={say("remove.do")}
          onConfirm={remove}
          onClose={() => setIsAsking(false)}
        >
          <p>
            <b>{say("remove.stay", { path: place.path })}</b>
          </p>
          <p>{say("remove.count")}</p>
          <p className="second">{say("remove.forget")}</p>
        </Confirm>
      )}
    </>
  );
}
