// Photos are the proof: all of them, newest first, each with its mark. What failed and what is on its way stands above.

import type { PhotoView, UploadProgress } from "@kilat/client";
import { useChannels } from "@kilat/react";
import { useEffect, useMemo, useState } from "react";
import { ask } from "../../live/ask.js";
import { useChoices, useWords } from "../../live/choices.js";
import { client } from "../../live/client.js";
import { useLive, useNow, useTime } from "../../live/live.js";
import { useMay } from "../../live/session.js";
import {
  Age,
  Boundary,
  Button,
  Card,
  Empty,
  Failed,
  Options,
  Progress,
  Row,
  Rows,
  Skeleton,
} from "../../parts/index.js";
import { PhotoSheet } from "../../photos/sheet.js";
import { common } from "../../words/common.js";
import { size } from "../../words/times.js";
import type { PageProps } from "../index.js";
import { Grid } from "./grid.js";
import { PaceChart } from "./pace-chart.js";
import { usePhotos } from "./use-photos.js";
import { words } from "./words.js";
import "./photos-page.css";

type Filter = "all" | "waiting" | "failed";

const IS_SHOWN: Record<Filter, (photo: PhotoView) => boolean> = {
  all: () => true,
  waiting: ({ state }) => state === "waiting" || state === "copying",
  failed: ({ state }) => state === "failed",
};

export function Page({ detail }: PageProps) {
  const say = useWords(words);
  const { language } = useChoices();
  const now = useNow()?.value;
  const { photos, isEnd, isRead, error, more, reload } = usePhotos();
  const [filter, setFilter] = useState<Filter>("all");
  const shown = useMemo(() => photos.filter(IS_SHOWN[filter]), [photos, filter]);
  const held = now?.counts.held ?? photos.length;
  const isSearching = filter !== "all" && isRead && !isEnd;
  // Whoever asks for the failed ones wants all of them, however far down they are.
  // biome-ignore lint/correctness/useExhaustiveDependencies: another page that came is the reason for the next
  useEffect(() => {
    if (isSearching) more();
  }, [isSearching, photos.length, more]);
  const number = (n: number | undefined) => (n === undefined ? "–" : n.toLocaleString(language));
  const counts = now?.counts;
  const waiting = counts && Math.max(0, counts.held - counts.safe - counts.failed);
  return (
    <div className="photos">
      <Options<Filter>
        label={say("filter.label")}
        value={filter}
        onChange={setFilter}
        options={[
          ["all", say("filter.all", { n: number(counts?.held) })],
          ["waiting", say("filter.waiting", { n: number(waiting) })],
          ["failed", say("filter.failed", { n: number(counts?.failed) })],
        ]}
      />
      <Boundary>
        <UnderWay />
      </Boundary>
      {filter === "all" && isRead && (
        <Boundary>
          <PaceChart photos={photos} isAllRead={isEnd} />
        </Boundary>
      )}
      <section className="photos-grid" aria-label={say("grid.label")}>
        {error && shown.length === 0 ? (
          <Failed error={error} reload={reload} />
        ) : !now && shown.length === 0 ? (
          <Skeleton what={say("what")} look="grid" rows={12} />
        ) : shown.length === 0 && !isSearching ? (
          <Empty icon={filter === "all" ? "camera" : "check"} title={say(`none.${filter}`)}>
            {filter === "all" && say("none.allWhy")}
          </Empty>
        ) : (
          <Grid photos={shown} label={say("grid.label")} onEnd={more} />
        )}
        {isSearching && <p className="photos-looked second">{say("looked", { n: photos.length, all: held })}</p>}
      </section>
      {detail !== "" && (
        <PhotoSheet id={detail} page="photos" photos={shown} all={filter === "all" ? held : shown.length} />
      )}
    </div>
  );
}

/** Of each kind; the rest is counted. */
const MOST_ROWS = 4;

const COPIES = ["upload"] as const;

function UnderWay() {
  const say = useWords(words);
  const shared = useWords(common);
  const mayAct = useMay("act");
  const { language } = useChoices();
  const now = useNow()?.value;
  const copies = useLive((snapshot) => snapshot.upload_progress);
  // What is told of a copy under way is true for a moment only.
  useTime();
  useChannels(COPIES);
  const problems = (now?.problems ?? []).filter(({ kind }) => kind === "copy_failed" || kind === "incomplete");
  const going = copies
    .filter((held) => held.value.status === "uploading" && !client.isStale(held))
    .map(({ value }) => value);
  if (problems.length + going.length === 0) return null;
  const left = Math.max(0, problems.length - MOST_ROWS) + Math.max(0, going.length - MOST_ROWS);
  return (
    <Card label={say("way.title")} className="photos-way">
      <Rows>
        {problems.slice(0, MOST_ROWS).map((problem) => {
          const name = problem.what.split("/").at(-1) ?? problem.what;
          return (
            <Row
              key={problem.id}
              icon="octagon"
              tone={problem.kind === "copy_failed" ? "trouble" : "busy"}
              title={name}
              detail={
                <>
                  {say(problem.kind === "incomplete" ? "way.cutOff" : "way.failed")} · <Age at={problem.since} />
                </>
              }
              note={problem.message}
              action={
                problem.action === "retry" && mayAct ? (
                  <Button
                    label={`${say("way.retry")}: ${name}`}
                    onPress={() => ask("POST /api/uploads/retry").then(() => undefined)}
                  >
                    {say("way.retry")}
                  </Button>
                ) : undefined
              }
            />
          );
        })}
        {going.slice(0, MOST_ROWS).map((copy) => (
          <Going key={`${copy.photoId ?? copy.fileName}|${copy.destination}`} copy={copy} language={language} />
        ))}
        {left > 0 && <p className="photos-more second">{shared("sort.more", { n: left })}</p>}
      </Rows>
    </Card>
  );
}

function Going({ copy, language }: { copy: UploadProgress; language: "en" | "id" }) {
  const say = useWords(words);
  const { fileName, destination = "", progress, total } = copy;
  const bytes =
    total === undefined ? null : `${size(language, (total * (progress ?? 0)) / 100)} / ${size(language, total)}`;
  return (
    <Row
      icon="clock"
      tone="busy"
      title={fileName}
      detail={[say("way.to", { place: destination }), bytes].filter(Boolean).join(" · ")}
      end={progress === undefined ? "–" : (progress / 100).toLocaleString(language, { style: "percent" })}
      bar={<Progress percent={progress ?? 0} label={`${fileName} → ${destination}`} />}
    />
  );
}
