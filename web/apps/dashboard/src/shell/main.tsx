// The page that the address names. What is drawn anew keeps its place; another page starts at its top, and is said.

import { Suspense, useEffect, useRef } from "react";
import { useWords } from "../live/choices.js";
import { useIsStale, useNow } from "../live/live.js";
import { to, useRoute } from "../live/route.js";
import { BEHIND_MORE, isPage, PAGES } from "../pages/index.js";
import { Boundary } from "../parts/boundary.js";
import { Icon } from "../parts/icon.js";
import { Skeleton } from "../parts/states.js";
import { common } from "../words/common.js";
import { tame } from "../words/tame.js";

export function Main() {
  const say = useWords(common);
  const { page, detail } = useRoute();
  const name = isPage(page) ? page : "now";
  const { View } = PAGES[name];
  const isStale = useIsStale();
  const event = useNow()?.value.event?.name;
  const title = say(`nav.${name}`);
  const main = useRef<HTMLElement>(null);
  const shown = useRef(name);
  useEffect(() => {
    document.title = tame([title, event, "Kilat"].filter(Boolean).join(" · "));
  }, [title, event]);
  useEffect(() => {
    if (shown.current === name) return;
    shown.current = name;
    scrollTo(0, 0);
    main.current?.focus({ preventScroll: true });
  }, [name]);
  const isBehind = BEHIND_MORE.includes(name);
  return (
    <main
      id="main"
      ref={main}
      tabIndex={-1}
      className={isStale ? "is-stale" : undefined}
      data-page={name}
      aria-label={title}
    >
      {isBehind && (
        <div className="page-head">
          <a
            className="page-back button is-icon"
            href={to("more")}
            aria-label={say("nav.back", { name: say("nav.more") })}
          >
            <Icon name="left" />
          </a>
          <p className="page-title">{title}</p>
        </div>
      )}
      {/* Another page after one that broke is another try. */}
      <Boundary key={name}>
        <Suspense fallback={<Skeleton what={title} />}>
          <View detail={detail} />
        </Suspense>
      </Boundary>
    </main>
  );
}
