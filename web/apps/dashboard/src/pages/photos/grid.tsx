// A grid of any number of photos, of which only those are drawn that are seen, and some around them.

import type { PhotoView } from "@kilat/client";
import { type KeyboardEvent, useEffect, useLayoutEffect, useRef, useState } from "react";
import { Tile } from "../../photos/tile.js";

const GAP_PX = 8;
/** Drawn above and below what is seen, so that a flick of the finger meets photos. */
const AROUND_PX = 600;

/** As the stylesheet of the other grids has it. */
function columnsOf(widthPx: number): number {
  return widthPx < 560 ? 3 : widthPx < 760 ? 4 : 6;
}

export interface GridProps {
  photos: readonly PhotoView[];
  label: string;
  /** More is wanted: the end is near. */
  onEnd: () => void;
}

export function Grid({ photos, label, onEnd }: GridProps) {
  const box = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ widthPx: 0, fromPx: 0, toPx: 1_200 });
  /** To be focused once it is drawn. */
  const wanted = useRef<number | null>(null);
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    let frame = 0;
    const measure = () => {
      frame = 0;
      const { top, width } = element.getBoundingClientRect();
      const next = { widthPx: width, fromPx: Math.max(0, -top), toPx: innerHeight - top };
      setView((old) =>
        old.widthPx === next.widthPx && old.fromPx === next.fromPx && old.toPx === next.toPx ? old : next,
      );
    };
    const soon = () => {
      frame ||= requestAnimationFrame(measure);
    };
    measure();
    const observer = new ResizeObserver(soon);
    observer.observe(element);
    observer.observe(document.body);
    addEventListener("scroll", soon, { passive: true });
    addEventListener("resize", soon);
    return () => {
      cancelAnimationFrame(frame);
      observer.disconnect();
      removeEventListener("scroll", soon);
      removeEventListener("resize", soon);
    };
  }, []);

  const columns = columnsOf(view.widthPx);
  const tilePx = (view.widthPx - GAP_PX * (columns - 1)) / columns;
  const rowPx = Math.max(48, (tilePx * 2) / 3) + GAP_PX;
  const rows = Math.ceil(photos.length / columns);
  const first = Math.max(0, Math.floor((view.fromPx - AROUND_PX) / rowPx));
  const end = Math.min(rows, Math.ceil((view.toPx + AROUND_PX) / rowPx));
  const isNearEnd = end >= rows - 2;
  useEffect(() => {
    if (isNearEnd && photos.length > 0) onEnd();
  }, [isNearEnd, photos.length, onEnd]);
  useEffect(() => {
    if (wanted.current === null) return;
    const tile = box.current?.querySelector<HTMLElement>(`[data-place="${wanted.current}"] button`);
    if (!tile) return;
    wanted.current = null;
    tile.focus();
  });

  function press(event: KeyboardEvent) {
    const from = Number((event.target as Element).closest("[data-place]")?.getAttribute("data-place"));
    const steps: Record<string, number> = {
      ArrowRight: 1,
      ArrowLeft: -1,
      ArrowDown: columns,
      ArrowUp: -columns,
      Home: -from,
      End: photos.length - 1 - from,
    };
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const to = Math.min(photos.length - 1, Math.max(0, from + step));
    const tile = box.current?.querySelector<HTMLElement>(`[data-place="${to}"] button`);
    if (tile) {
      tile.focus();
      return;
    }
    // Not drawn yet: where it will be is known.
    wanted.current = to;
    const top = (box.current?.getBoundingClientRect().top ?? 0) + scrollY;
    scrollTo(0, top + Math.floor(to / columns) * rowPx - innerHeight / 2);
  }

  const seen = photos.slice(first * columns, end * columns);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: arrow keys move between the buttons in it
    <div ref={box} className="grid" style={{ height: `${Math.max(0, rows * rowPx - GAP_PX)}px` }} onKeyDown={press}>
      <ul
        className="grid-rows"
        aria-label={label}
        style={{
          transform: `translateY(${first * rowPx}px)`,
          gridTemplateColumns: `repeat(${columns}, 1fr)`,
          gridAutoRows: `${rowPx - GAP_PX}px`,
        }}
      >
        {seen.map((photo, place) => (
          <li
            key={photo.id}
            data-place={first * columns + place}
            aria-setsize={photos.length}
            aria-posinset={first * columns + place + 1}
          >
            <Tile photo={photo} page="photos" />
          </li>
        ))}
      </ul>
    </div>
  );
}
