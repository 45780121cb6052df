"use client";
// Notifications: the newest first, each in the viewer's language, cleared one by one or all, with an undo.

import type { Notification } from "@kilat/client";
import { type ReactNode, useEffect, useRef, useState } from "react";
import type { Notices } from "../notices.js";
import { Button, type Kind, Note } from "./pieces.js";
import { useSpeech } from "./speak.js";
import { Age } from "./time.js";
import { tame } from "./words.js";

/** Of more it says how many. */
const SHOWN = 3;
/** As long as a thumb needs to change its mind. */
const UNDO_MS = 15_000;

export function kindOf({ priority, state }: Notification): Kind {
  if (state === "resolved") return "plain";
  if (priority === "critical" || priority === "high") return "trouble";
  return priority === "medium" ? "busy" : "plain";
}

export function NoticeList({ of }: { readonly of: Notices }): ReactNode {
  const { t, lang } = useSpeech();
  const { notifications, clearedCount } = of;
  const list = useRef<HTMLDivElement>(null);
  const [undoable, setUndoable] = useState(0);
  useEffect(() => {
    setUndoable(clearedCount);
    const timer = setTimeout(() => setUndoable(0), UNDO_MS);
    return () => clearTimeout(timer);
  }, [clearedCount]);
  // The button that was pressed is gone: the focus stays near.
  const go = (act: () => void) => {
    act();
    list.current?.focus();
  };
  return (
    <div className="kl-notices" ref={list} tabIndex={-1}>
      {notifications.slice(0, SHOWN).map((notice) => {
        const { title, message } = notice.texts?.[lang] ?? notice;
        return (
          <Note
            key={notice.id}
            kind={kindOf(notice)}
            title={title}
            action={
              <Button
                kind="quiet"
                label={t("clearOne", { what: title })}
                onClick={() => go(() => of.dismissNotification(notice.id))}
              >
                <span aria-hidden="true">✕</span>
              </Button>
            }
          >
            {tame(message)}{" "}
            <span className="kl-nowrap">
              <Age of={notice.updatedAt} />
              {notice.state === "resolved" ? ` · ${t("ended")}` : ""}
            </span>
          </Note>
        );
      })}
      {notifications.length || undoable ? (
        <div className="kl-line">
          <output className="kl-second">
            {undoable
              ? t("cleared", { n: undoable })
              : notifications.length > SHOWN
                ? t("more", { n: notifications.length - SHOWN })
                : ""}
          </output>
          {undoable ? (
            <Button kind="quiet" onClick={() => go(of.undoClear)}>
              {t("undo")}
            </Button>
          ) : null}
          {notifications.length ? (
            <Button kind="quiet" onClick={() => go(of.clearNotifications)}>
              {t("clearAll")}
            </Button>
          ) : null}
        </div>
      ) : null}
    </div>
  );
}
