// A photo in a grid: its picture, the mark of its state in the corner, its name below.

import type { PhotoState, PhotoView } from "@kilat/client";
import { memo } from "react";
import { useChoices, useWords } from "../live/choices.js";
import { serverTime } from "../live/live.js";
import { Icon, type IconName } from "../parts/icon.js";
import { tame } from "../words/tame.js";
import { clock } from "../words/times.js";
import { openPhoto } from "./open.js";
import { Picture } from "./picture.js";
import { words } from "./words.js";
import "./photos.css";

const MARKS: Record<PhotoState, IconName> = { stored: "check", failed: "octagon", waiting: "clock", copying: "clock" };

export const Tile = memo(function Tile({ photo, page }: { photo: PhotoView; page: string }) {
  const say = useWords(words);
  const { language } = useChoices();
  const { name, state, progress } = photo;
  const said = `, ${say(`state.${state}`)}, ${clock(language, Date.parse(photo.filedAt), serverTime())}`;
  return (
    <button
      type="button"
      className="tile"
      data-state={state}
      data-photo={photo.id}
      onClick={() => openPhoto(page, photo.id)}
    >
      <Picture
        photo={photo}
        size="small"
        none={
          <span className="tile-kind" aria-hidden="true">
            {name.split(".").at(-1)?.toUpperCase()}
          </span>
        }
      />
      <span className="tile-shade" />
      <span className="tile-mark">
        <Icon name={MARKS[state]} />
      </span>
      {/* Its ending stands where a picture is missing, and in its own sheet. */}
      <span className="tile-name">{tame(stem(name))}</span>
      <span className="unseen">{said}</span>
      {state === "copying" && (
        <span className="tile-progress" style={{ transform: `scaleX(${(progress ?? 0) / 100})` }} />
      )}
    </button>
  );
});

function stem(name: string): string {
  return name.replace(/(.)\.[^.]*$/, "$1");
}
