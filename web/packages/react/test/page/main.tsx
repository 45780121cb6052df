// A host's page with the three monitors, as a studio's own site would have it. What it shows is named in its address.

import { createClient } from "@kilat/client";
import { KilatProvider, type Language, type Theme } from "@kilat/react";
import { BackupStatusMonitor, DSLRMonitor, SystemMonitor } from "@kilat/react/monitors";
import { Profiler, StrictMode } from "react";
import { createRoot } from "react-dom/client";
import "@kilat/react/styles.css";
import "./host.css";

const wanted = new URLSearchParams(location.search);
const http = wanted.get("http") ?? "";
document.documentElement.classList.add(`host-${wanted.get("host") ?? "reset"}`);
/** What the host's own options say; a studio's settings do not matter then. */
const own = wanted.has("realtime") ? { defaultRealtime: wanted.get("realtime") === "on", pollMs: 45_000 } : {};
const client = createClient({
  ...(http && { httpUrl: http }),
  ...(wanted.has("ws") && { url: wanted.get("ws") ?? "" }),
});
/** Renders by monitor, and the client, for the tests. */
const renders: Record<string, number> = {};
Object.assign(window, { renders, kilat: client });
const count = (name: string) => {
  renders[name] = (renders[name] ?? 0) + 1;
};

createRoot(document.getElementById("root") as HTMLElement).render(
  <StrictMode>
    <KilatProvider
      client={client}
      lang={(wanted.get("lang") ?? undefined) as Language | undefined}
      theme={(wanted.get("theme") ?? undefined) as Theme | undefined}
    >
      <header className="host-head">
        <b>Studio Admin</b>
      </header>
      <main className="host-grid">
        <h1 className="host-title">Live</h1>
        <Profiler id="dslr" onRender={count}>
          <DSLRMonitor {...own} />
        </Profiler>
        <Profiler id="backups" onRender={count}>
          <BackupStatusMonitor />
        </Profiler>
        <Profiler id="machine" onRender={count}>
          <SystemMonitor />
        </Profiler>
      </main>
    </KilatProvider>
  </StrictMode>,
);
