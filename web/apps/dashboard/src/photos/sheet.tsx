// One photo with its receipts: where it came from, what it is, and the proof of each copy. Arrow keys and a swipe turn
// to its neighbours.

import type { CopyView, PhotoDetail, PhotoView } from "@kilat/client";
import { type ReactNode, type TouchEvent, useEffect, useRef } from "react";
import { ask, useRead } from "../live/ask.js";
import { useChoices, useWords } from "../live/choices.js";
import { useIsStale, useLive } from "../live/live.js";
import { useMay } from "../live/session.js";
import { Button, Clock, Icon, Progress, Row, Rows, Sheet, Shown } from "../parts/index.js";
import { tamed } from "../words/tame.js";
import { size } from "../words/times.js";
import { closePhoto, photoClosed, turnTo } from "./open.js";
import { Picture } from "./picture.js";
import { words } from "./words.js";

/** A finger that moved so far to the side, and less up or down, meant the next photo. */
const SWIPE_PX = 50;

/** `photos`: what stands around it, newest first. */
export function PhotoSheet({
  id,
  page,
  photos,
  all,
}: {
  id: string;
  page: string;
  photos: readonly PhotoView[];
  all?: number;
}) {
  const say = useWords(words);
  const place = photos.findIndex((photo) => photo.id === id);
  const listed = photos[place];
  // Another state of it, in the list, is a reason to read its receipts anew.
  const again = `${listed?.state}|${useLive(({ now }) => now?.value.counts.stored)}`;
  const read = useRead("GET /api/photos/{id}", { path: { id }, again });
  const later = place > 0 ? photos[place - 1] : undefined;
  const earlier = place >= 0 ? photos[place + 1] : undefined;
  const touch = useRef<{ x: number; y: number } | null>(null);
  const turn = (photo: PhotoView | undefined) => photo && turnTo(page, photo.id);
  useEffect(() => photoClosed, []);
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.key === "ArrowLeft" && later) turnTo(page, later.id);
      else if (event.key === "ArrowRight" && earlier) turnTo(page, earlier.id);
      else return;
      event.preventDefault();
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, [later, earlier, page]);
  function end(event: TouchEvent) {
    const from = touch.current;
    const to = event.changedTouches[0];
    touch.current = null;
    if (!from || !to) return;
    const [x, y] = [to.clientX - from.x, to.clientY - from.y];
    if (Math.abs(x) < SWIPE_PX || Math.abs(x) < 2 * Math.abs(y)) return;
    turn(x < 0 ? earlier : later);
  }
  const shown = read.value ?? listed;
  return (
    <Sheet title={shown?.name ?? "…"} onClose={() => closePhoto(page)} className="photo">
      <div
        className="photo-frame"
        onTouchStart={({ touches }) => {
          const first = touches[0];
          touch.current = first && touches.length === 1 ? { x: first.clientX, y: first.clientY } : null;
        }}
        onTouchEnd={end}
      >
        {shown && (
          <Picture
            key={shown.id}
            photo={shown}
            size="large"
            alt={shown.name}
            none={<span className="photo-none">{say("noPreview")}</span>}
          />
        )}
        {later && (
          <button type="button" className="photo-turn is-left" onClick={() => turn(later)} aria-label={say("later")}>
            <Icon name="left" />
          </button>
        )}
        {earlier && (
          <button
            type="button"
            className="photo-turn is-right"
            onClick={() => turn(earlier)}
            aria-label={say("earlier")}
          >
            <Icon name="right" />
          </button>
        )}
        {place >= 0 && (
          <span className="photo-place">{say("place.of", { n: place + 1, all: all ?? photos.length })}</span>
        )}
      </div>
      <Shown read={read} what={say("loading")} rows={4}>
        {(photo) => <Receipts photo={photo} />}
      </Shown>
    </Sheet>
  );
}

function Receipts({ photo }: { photo: PhotoDetail }) {
  const say = useWords(words);
  const { language } = useChoices();
  const isStale = useIsStale();
  const mayAct = useMay("act");
  const { camera, copies } = photo;
  return (
    <div className={isStale ? "is-stale" : undefined}>
      <h3 className="photo-head">{say("copies")}</h3>
      <div className="card">
        <Rows>
          {copies.length === 0 && <p className="photo-note second">{say("noCopies")}</p>}
          {copies.map((copy) => (
            <CopyRow key={copy.destination} copy={copy} photo={photo} />
          ))}
        </Rows>
      </div>
      {photo.state === "failed" && mayAct && (
        <div className="photo-act">
          <Button onPress={() => ask("POST /api/uploads/retry").then(() => undefined)}>{say("retry")}</Button>
        </div>
      )}
      <dl className="facts">
        {camera && <Fact name={say("camera")}>{[camera.model, camera.serial].filter(Boolean).join(" · ")}</Fact>}
        {photo.takenAt && <Fact name={say("taken")}>{photo.takenAt.slice(0, 19).replace("T", " ")}</Fact>}
        <Fact name={say("came")}>
          <Clock at={photo.filedAt} />
        </Fact>
        <Fact name={say("from")}>{photo.sourcePath}</Fact>
        {photo.receipts.length > 0 && (
          <Fact name={say("ways")}>
            {photo.receipts.map(({ way, cameraName, at }) => (
              <span className="photo-way" key={`${way} ${at}`}>
                {[say(`way.${way ?? "folder"}`), cameraName].filter(Boolean).join(" · ")} · <Clock at={at} />
              </span>
            ))}
          </Fact>
        )}
        <Fact name={say("size")}>{size(language, photo.sizeBytes)}</Fact>
        <Fact name={say("hash")}>
          <code>{photo.hash}</code>
        </Fact>
      </dl>
    </div>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt className="second">{name}</dt>
      <dd>{tamed(children)}</dd>
    </>
  );
}

function CopyRow({ copy, photo }: { copy: CopyView; photo: PhotoDetail }) {
  const say = useWords(words);
  const { state, at, readBack, key, message } = copy;
  const isUnderWay = state === "pending" && photo.state === "copying" && photo.progress !== undefined;
  const how = state === "stored" && readBack ? say(`proof.${readBack}`) : undefined;
  return (
    <Row
      className={`copy is-${state}`}
      icon={state === "stored" ? "check" : state === "failed" ? "octagon" : "clock"}
      tone={state === "stored" ? "safe" : state === "failed" ? "trouble" : "busy"}
      title={copy.destination}
      detail={
        <>
          {state === "stored" ? say("copy.stored", { when: "" }) : say(`copy.${state}`)}
          {at && <Clock at={at} />}
          {how && ` · ${how}`}
        </>
      }
      note={message ?? key}
      bar={
        isUnderWay ? (
          <Progress percent={photo.progress ?? 0} label={`${photo.name} → ${copy.destination}`} />
        ) : undefined
      }
    />
  );
}
