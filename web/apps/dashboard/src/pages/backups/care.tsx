// What is not needed every day: copies read back, the venue's line.

import type { Now, ScrubView } from "@kilat/client";
import { useState } from "react";
import { ask, useRead } from "../../live/ask.js";
import { useChoices, useWords } from "../../live/choices.js";
import { useKept, useReturn } from "../../live/kept.js";
import { placeName } from "../../live/names.js";
import { useMay } from "../../live/session.js";
import { Button, Card, Clock, Row, Rows, Shown } from "../../parts/index.js";
import { speed } from "../../words/times.js";
import { words } from "./words.js";

/** While copies are read back, how often that is asked. */
const SCRUB_MS = 5_000;

export function Scrubs({ now }: { now: Now }) {
  const say = useWords(words);
  const mayAct = useMay("act");
  const [isRunning, setIsRunning] = useState(false);
  const again = useReturn();
  const read = useKept("scrub", useRead("GET /api/admin/scrub", isRunning ? { everyMs: SCRUB_MS, again } : { again }));
  const running = read.value?.data.some(({ running }) => running) ?? false;
  if (running !== isRunning) setIsRunning(running);
  if (now.destinations.length === 0) return null;
  async function scrub(destination: string) {
    await ask("POST /api/admin/scrub", { body: { destination } });
    read.reload();
  }
  return (
    <Card title={say("scrub.title")} className="backups-scrub">
      <Shown read={read} what={say("scrub.loading")} rows={now.destinations.length}>
        {({ data }) => (
          <Rows>
            {now.destinations.map(({ id, path }) => {
              const view = data.find(({ destination }) => destination === id);
              const isBad = view !== undefined && view.damaged + view.missing > view.mended;
              return (
                <Row
                  key={id}
                  icon={isBad ? "octagon" : view?.running ? "clock" : view?.endedAt ? "check" : "disk"}
                  tone={isBad ? "trouble" : view?.running ? "action" : view?.endedAt ? "safe" : "plain"}
                  title={placeName(id, path)}
                  detail={view ? <Scrubbed view={view} /> : say("scrub.never")}
                  action={
                    mayAct && !view?.running ? (
                      <Button label={`${say("scrub.do")}: ${placeName(id, path)}`} onPress={() => scrub(id)}>
                        {say("scrub.do")}
                      </Button>
                    ) : undefined
                  }
                />
              );
            })}
          </Rows>
        )}
      </Shown>
      <p className="second backups-note">{say("scrub.why")}</p>
    </Card>
  );
}

function Scrubbed({ view }: { view: ScrubView }) {
  const say = useWords(words);
  const { sound, damaged, missing, mended, running, endedAt } = view;
  const parts = [
    running ? say("scrub.running") : "",
    say("scrub.sound", { n: sound }),
    damaged > 0 ? say("scrub.damaged", { n: damaged }) : "",
    missing > 0 ? say("scrub.missing", { n: missing }) : "",
    mended > 0 ? say("scrub.mended", { n: mended }) : "",
  ].filter(Boolean);
  return (
    <>
      {parts.join(" · ")}
      {endedAt && !running && (
        <>
          {" · "}
          <Clock at={endedAt} />
        </>
      )}
    </>
  );
}

const HOURS = [1, 2, 4] as const;

export function Line({ now }: { now: Now }) {
  const say = useWords(words);
  const { language } = useChoices();
  const mayAct = useMay("act");
  const until = now.ceremonyUntil;
  const read = useKept("ceremony", useRead("GET /api/admin/ceremony", { again: `${until}|${useReturn()}` }));
  async function leave(hours: number) {
    await ask("POST /api/admin/ceremony", { body: { minutes: hours * 60 } });
  }
  return (
    <Card title={say("line.title")}>
      <Shown read={read} what={say("line.loading")} rows={1}>
        {({ limitBytesPerSecond, ceremonyBytesPerSecond }) => (
          <div className="backups-run">
            <div>
              <b>
                {until ? (
                  <Until at={until} />
                ) : limitBytesPerSecond === null ? (
                  say("line.free")
                ) : (
                  say("line.limit", { speed: speed(language, limitBytesPerSecond) })
                )}
              </b>
              <p className="second">
                {until ? say("line.heldWhy", { speed: speed(language, ceremonyBytesPerSecond) }) : say("line.why")}
              </p>
            </div>
            {mayAct && (
              <div className="backups-run-do">
                {until ? (
                  <Button onPress={() => leave(0)}>{say("line.end")}</Button>
                ) : (
                  HOURS.map((hours) => (
                    <Button key={hours} onPress={() => leave(hours)}>
                      {say("line.hours", { n: hours })}
                    </Button>
                  ))
                )}
              </div>
            )}
          </div>
        )}
      </Shown>
    </Card>
  );
}

function Until({ at }: { at: string }) {
  const say = useWords(words);
  const { language } = useChoices();
  const time = new Date(at).toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  return <>{say("line.held", { time })}</>;
}
