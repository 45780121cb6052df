// The door, or the dashboard behind it.

import { lazy, Suspense, useEffect } from "react";
import { client } from "../live/client.js";
import { useStatus } from "../live/live.js";
import { useSession } from "../live/session.js";
import { Refused } from "../parts/states.js";
import { Demo, Header } from "./header.js";
import { Main } from "./main.js";
import { Sidebar, Tabs } from "./nav.js";
import { Toasts } from "./toasts.js";

const Door = lazy(() => import("../door/door.js").then(({ Door }) => ({ default: Door })));

export function App() {
  const session = useSession();
  const { stop } = useStatus();
  if (session.kind === "asking") return <p className="splash">Kilat</p>;
  if (session.kind === "out")
    return (
      <Suspense>
        <Door why={session.why} />
      </Suspense>
    );
  return stop?.why === "not_allowed" ? <Refused /> : <Inside />;
}

function Inside() {
  // Backups and notices are watched everywhere: their news concern every page.
  useEffect(() => client.subscribe(["dslr", "backup", "system"]), []);
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
