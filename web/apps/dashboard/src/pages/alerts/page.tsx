// Alerts: open ones first, the loudest on top; then those that were seen, then those that are over.

import type { Notification } from "@kilat/client";
import { useMemo, useState } from "react";
import { ask, useRead } from "../../live/ask.js";
import { useWords } from "../../live/choices.js";
import { useKept, useReturn } from "../../live/kept.js";
import { useIsStale, useLive } from "../../live/live.js";
import { useMay } from "../../live/session.js";
import { Button, Card, Empty, Failed, Icon, Press, Shown, Skeleton } from "../../parts/index.js";
import { countNotices } from "../../shell/notices.js";
import type { PageProps } from "../index.js";
import { Device } from "./device.js";
import { Item } from "./item.js";
import { merged, parted } from "./notices.js";
import { Devices, Targets } from "./targets.js";
import { words } from "./words.js";
import "./alerts.css";

/** At once; older ones by tap. */
const PAGE = "50";

export function Page({ detail }: PageProps) {
  const mayAct = useMay("act");
  return (
    <div className="alerts">
      <div className="alerts-first">
        <List />
      </div>
      <div className="alerts-second">
        <Device />
        {mayAct && <Targets detail={detail} />}
        {mayAct && <Devices />}
      </div>
    </div>
  );
}

function List() {
  const say = useWords(words);
  const live = useLive((snapshot) => snapshot.notification);
  // Whatever could not be told any more is read.
  const missed = useLive((snapshot) => snapshot.missed);
  const again = `${missed?.upTo.epoch}|${missed?.upTo.seq}|${useReturn()}`;
  const newest = useKept("notices", useRead("GET /api/notifications", { query: { limit: PAGE }, again }));
  const open = useKept(
    "notices open",
    useRead("GET /api/notifications", { query: { state: "open", limit: "200" }, again }),
  );
  const [older, setOlder] = useState<{ notices: readonly Notification[]; next: number | undefined } | null>(null);
  const came = useMemo(() => live.map(({ value }) => value), [live]);
  const failed = newest.error ?? open.error;
  if (newest.value === null && failed === null) return <Skeleton what={say("list.loading")} rows={4} />;
  const all = merged(older?.notices ?? [], open.value?.notifications ?? [], newest.value?.notifications ?? [], came);
  const before = older ? older.next : newest.value?.next;
  async function show() {
    const page = await ask("GET /api/notifications", { query: { limit: PAGE, before: `${before}` } });
    setOlder({ notices: [...(older?.notices ?? []), ...page.notifications], next: page.next });
  }
  const { open: unseen, seen, past } = parted(all);
  const parts = (
    <>
      <Part title={say("list.open")} notices={unseen} />
      <Part title={say("list.seen")} notices={seen} />
      {(newest.value !== null || past.length > 0) && <Past notices={past} more={before === undefined ? null : show} />}
    </>
  );
  return (
    <>
      <Verdict open={unseen} seen={seen} isOld={failed !== null} />
      {newest.value === null && failed !== null ? (
        <>
          {parts}
          <Card label={say("list.loading")}>
            <Failed error={failed} reload={newest.reload} />
          </Card>
        </>
      ) : (
        <Shown read={open.error ? { ...newest, error: open.error } : newest} what={say("list.loading")}>
          {() => parts}
        </Shown>
      )}
    </>
  );
}

/** What is over, on this page before anybody asks for more. */
const FEW = 5;

function Past({ notices, more }: { notices: readonly Notification[]; more: (() => Promise<void>) | null }) {
  const say = useWords(words);
  const [isAll, setIsAll] = useState(false);
  const shown = isAll ? notices : notices.slice(0, FEW);
  const isMore = shown.length < notices.length;
  return (
    <Card title={say("list.past")} className="alerts-past">
      {notices.length === 0 && <Empty icon="bell" title={say("list.pastNone")} />}
      {shown.map((notice) => (
        <Item key={notice.id} notice={notice} />
      ))}
      {(isMore || more) && (
        <div className="alerts-end">
          {isMore ? (
            <Press onPress={() => setIsAll(true)}>{say("list.older")}</Press>
          ) : (
            more && <Button onPress={more}>{say("list.older")}</Button>
          )}
        </div>
      )}
      {!isMore && !more && notices.length > FEW && <p className="second alerts-end">{say("list.end")}</p>}
    </Card>
  );
}

function Part({ title, notices }: { title: string; notices: readonly Notification[] }) {
  if (notices.length === 0) return null;
  return (
    <Card title={title}>
      {notices.map((notice) => (
        <Item key={notice.id} notice={notice} />
      ))}
    </Card>
  );
}

interface VerdictProps {
  open: readonly Notification[];
  seen: readonly Notification[];
  /** They could not be read anew. */
  isOld: boolean;
}

function Verdict({ open, seen, isOld }: VerdictProps) {
  const say = useWords(words);
  const mayAct = useMay("act");
  const isLost = useIsStale();
  const isStale = isLost || isOld;
  const critical = open.filter(({ priority }) => priority === "critical").length;
  async function seenAll() {
    const { acknowledged } = await ask("POST /api/notifications/ack");
    countNotices();
    return say("seenAll.did", { n: acknowledged });
  }
  const kind = isStale
    ? "stale"
    : critical > 0
      ? "trouble"
      : open.length > 0
        ? "busy"
        : seen.length > 0
          ? "seen"
          : "safe";
  const icon = ({ stale: "clock", trouble: "octagon", busy: "triangle", seen: "eye", safe: "check" } as const)[kind];
  const title = isStale
    ? say("verdict.stale")
    : open.length > 0
      ? say("verdict.open", { n: open.length })
      : say("verdict.none");
  const detail = isStale
    ? [say("verdict.staleWhy")]
    : [
        critical > 0 ? say("verdict.critical", { n: critical }) : "",
        seen.length > 0 ? say("verdict.seen", { n: seen.length }) : "",
        open.length + seen.length === 0 ? say("verdict.noneWhy") : "",
      ];
  return (
    <section className={`alerts-verdict is-${kind}`} aria-label={title}>
      <Icon name={icon} />
      <div className="alerts-words">
        <h2>
          <output>{title}</output>
        </h2>
        <p className="second">{detail.filter(Boolean).join(" ")}</p>
        {mayAct && open.length > 0 && !isStale && (
          <div className="alerts-do">
            <Button icon="check" onPress={seenAll}>
              {say("seenAll")}
            </Button>
          </div>
        )}
      </div>
    </section>
  );
}
