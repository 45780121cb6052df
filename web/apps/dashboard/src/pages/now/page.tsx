// Is everything all right? The verdict, the photos' way, the counts; what needs somebody; then the rest.

import { useWords } from "../../live/choices.js";
import { useLive, useNow } from "../../live/live.js";
import { to } from "../../live/route.js";
import { Boundary, Card, Empty, Skeleton } from "../../parts/index.js";
import { PhotoSheet } from "../../photos/sheet.js";
import { Tile } from "../../photos/tile.js";
import type { PageProps } from "../index.js";
import { Cameras, Problems, Storage } from "./lists.js";
import { Counts, VerdictPart, Way } from "./top.js";
import { words } from "./words.js";
import "./now.css";

export function Page({ detail }: PageProps) {
  const say = useWords(words);
  const held = useNow();
  if (!held)
    return (
      <div className="now">
        <div className="now-first">
          <VerdictPart />
        </div>
        <Skeleton what={say("count.label")} rows={4} />
      </div>
    );
  return (
    <div className="now">
      <div className="now-first">
        <Boundary>
          <VerdictPart />
        </Boundary>
        <Boundary>
          <Way now={held.value} />
        </Boundary>
        <Boundary>
          <Newest />
        </Boundary>
      </div>
      <div className="now-second">
        <Boundary>
          <Counts now={held.value} />
        </Boundary>
        <Boundary>
          <Problems now={held.value} />
        </Boundary>
        <Boundary>
          <Cameras now={held.value} />
        </Boundary>
        <Boundary>
          <Storage now={held.value} />
        </Boundary>
      </div>
      {detail !== "" && <PhotoSheet id={detail} page="now" photos={held.value.newest} />}
    </div>
  );
}

/** Photos on this page; the rest is one tap away. */
const MOST = 24;

function Newest() {
  const say = useWords(words);
  const photos = useLive((snapshot) => snapshot.now?.value.newest) ?? [];
  const held = useLive((snapshot) => snapshot.now?.value.counts.held) ?? 0;
  if (photos.length === 0)
    return (
      <Card title={say("list.newest")} className="now-newest">
        <Empty icon="camera" title={say("list.empty")}>
          {say("list.emptyWhy")}
        </Empty>
      </Card>
    );
  const all = <a href={to("photos")}>{say("list.all", { n: held })}</a>;
  return (
    <Card title={say("list.newest")} more={all} look="plain" className="now-newest">
      <div className="tiles">
        {photos.slice(0, MOST).map((photo) => (
          <Tile key={photo.id} photo={photo} page="now" />
        ))}
      </div>
    </Card>
  );
}
