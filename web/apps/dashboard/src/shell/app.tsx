// The door, or the dashboard behind it.

import { useChannels } from "@kilat/react";
import { lazy, Suspense, useEffect } from "react";
import { useStudio } from "../live/follow.js";
import { useStatus } from "../live/live.js";
import { useSession } from "../live/session.js";
import { Foreign, Refused } from "../parts/states.js";
import { Demo, Header } from "./header.js";
import { Main } from "./main.js";
import { Sidebar, Tabs } from "./nav.js";
import { Toasts } from "./toasts.js";

const Door = lazy(() => import("../door/door.js").then(({ Door }) => ({ default: Door })));

export function App() {
  const session = useSession();
  const { link, stop } = useStatus();
  if (session.kind === "asking") return <p className="splash">Kilat</p>;
  if (session.kind === "foreign") return <Foreign />;
  if (session.kind === "out")
    return (
      <Suspense>
        <Door why={session.why} />
      </Suspense>
    );
  return link === "stopped" && stop?.why === "not_allowed" ? <Refused /> : <Inside />;
}

/** Backups and notices, too: their news concern every page. */
const EVERYWHERE = ["dslr", "backup", "system"] as const;

function Inside() {
  useChannels(EVERYWHERE);
  useStudio();
  // What is critical is heard on every page, where somebody allowed it.
  useEffect(() => void import("../pages/alerts/sound.js"), []);
  return (
    <div className="app">
      <Sidebar />
      <div className="page">
        <Demo />
        <Header />
        <Main />
      </div>
      <Tabs />
      <Toasts />
    </div>
  );
}
