// Notices that pass by. What must not be missed stands under Alerts, too.

import type { Notification } from "@kilat/client";
import { useEffect, useRef, useState } from "react";
import { useChoices, useWords } from "../live/choices.js";
import { client } from "../live/client.js";
import { common } from "../words/common.js";
import { tame } from "../words/tame.js";
import { useCountNotices } from "./notices.js";

/** At the same time, and for how long. */
const MOST = 3;
const SHOWN_MS = 6_000;

export function Toasts() {
  useCountNotices();
  const say = useWords(common);
  const { language } = useChoices();
  const [shown, setShown] = useState<readonly Notification[]>([]);
  const timers = useRef(new Set<ReturnType<typeof setTimeout>>());
  useEffect(() => {
    const own = timers.current;
    const undo = client.on("notification", (notice) => {
      // One that changed is no news again.
      if (!notice.showToast || notice.state === "acknowledged" || notice.state === "resolved") return;
      setShown((old) => [...old.filter(({ id }) => id !== notice.id), notice].slice(-MOST));
      const timer = setTimeout(() => {
        own.delete(timer);
        setShown((old) => old.filter((one) => one !== notice));
      }, SHOWN_MS);
      own.add(timer);
    });
    return () => {
      undo();
      for (const timer of own) clearTimeout(timer);
    };
  }, []);
  return (
    <div className="toasts" role="status">
      {shown.map((notice) => {
        const { title, message } = notice.texts?.[language] ?? notice;
        const photos = notice.type === "event_milestone" ? notice.data?.["photos"] : undefined;
        return (
          <p key={notice.id} className="toast">
            {photos ? say("notice.milestone", { photos }) : tame(`${title}: ${message}`)}
          </p>
        );
      })}
    </div>
  );
}
