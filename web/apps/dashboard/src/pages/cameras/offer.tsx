// What a card that is in holds and Kilat does not: read by a press, and followed until that ended, whoever pressed.

import type { CameraRow, CardImportAnswer } from "@kilat/client";
import { useEffect, useState } from "react";
import { ask, useRead } from "../../live/ask.js";
import { useChoices, useWords } from "../../live/choices.js";
import { useMay } from "../../live/session.js";
import { Button, Icon, Progress } from "../../parts/index.js";
import { size } from "../../words/times.js";
import { endOf, goes, offered } from "./told.js";
import { words } from "./words.js";

/** How often a card that is being read is asked about. */
const EVERY_MS = 1_000;

export function Offer({ card, reload }: { card: CameraRow; reload: () => void }) {
  const say = useWords(words);
  const mayAct = useMay("act");
  const path = { id: card.id };
  const [pressed, setPressed] = useState(0);
  const [isGoing, setIsGoing] = useState(false);
  // Its message changes with what is done with it, on this device and on others.
  const again = `${pressed} ${card.message}`;
  const read = useRead("GET /api/admin/cameras/{id}/import", { path, again, ...(isGoing && { everyMs: EVERY_MS }) });
  const now = read.value;
  const isRead = now !== null && goes(now);
  useEffect(() => {
    if (isGoing && !isRead) reload();
    setIsGoing(isRead);
  }, [isGoing, isRead, reload]);
  const n = offered(card, now);
  const end = pressed > 0 && now && !isRead ? endOf(now) : null;
  const isDone = end?.key === "offer.done" || end?.key === "offer.doneEvent";
  return (
    <div className="cameras-offer">
      {now && isRead ? (
        <Reading now={now} />
      ) : (
        n > 0 &&
        !isDone && (
          <>
            <p className="cameras-line">
              <Icon name="camera" />
              <span>{say("offer", { n })}</span>
            </p>
            {mayAct && (
              <Button
                look="main"
                label={`${say("offer.do")}: ${card.name}`}
                onPress={async () => {
                  await ask("POST /api/admin/cameras/{id}/import", { path });
                  setPressed((times) => times + 1);
                  return say("offer.asked");
                }}
              >
                {say("offer.do")}
              </Button>
            )}
          </>
        )
      )}
      <p className={end ? "cameras-line" : undefined} role="status">
        {end && (
          <>
            <Icon name={isDone ? "check" : "triangle"} className={isDone ? "is-safe" : "is-trouble"} />
            <span>{say.sentence(end)}</span>
          </>
        )}
      </p>
    </div>
  );
}

function Reading({ now }: { now: CardImportAnswer }) {
  const say = useWords(words);
  const { language } = useChoices();
  const { progress } = now;
  const bytes = progress && { done: size(language, progress.doneBytes), all: size(language, progress.totalBytes) };
  return (
    <div>
      <span>
        {progress && bytes
          ? say("offer.reading", { n: progress.totalFiles, files: progress.doneFiles, ...bytes })
          : say("offer.asked")}
      </span>
      <Progress
        percent={progress && progress.totalBytes > 0 ? (100 * progress.doneBytes) / progress.totalBytes : 0}
        label={say("offer.label", { name: now.name })}
      />
    </div>
  );
}
