// One notice: what happened, to what, since when, how often, what to do, who has seen it.

import type { Notification } from "@kilat/client";
import type { ReactNode } from "react";
import { ask } from "../../live/ask.js";
import { useChoices, useWords } from "../../live/choices.js";
import { to } from "../../live/route.js";
import { useMay } from "../../live/session.js";
import { Age, Button, Clock, Icon, type IconName, type Tone } from "../../parts/index.js";
import { countNotices } from "../../shell/notices.js";
import { tame } from "../../words/tame.js";
import { next } from "./notices.js";
import { words } from "./words.js";

const GOOD: readonly Notification["type"][] = [
  "backup_complete",
  "event_milestone",
  "upload_success",
  "camera_connected",
];

function look({ state, type, priority }: Notification): { icon: IconName; tone: Tone } {
  if (state === "resolved") return { icon: "check", tone: "plain" };
  if (state === "told") return { icon: GOOD.includes(type) ? "check" : "info", tone: "plain" };
  if (priority === "critical" || priority === "high") return { icon: "octagon", tone: "trouble" };
  return { icon: priority === "medium" ? "triangle" : "info", tone: priority === "medium" ? "busy" : "plain" };
}

export function Item({ notice }: { notice: Notification }) {
  const say = useWords(words);
  const { language } = useChoices();
  const mayAct = useMay("act");
  const {
    id,
    state,
    priority,
    texts,
    count,
    samples = [],
    escalations = 0,
    timestamp,
    updatedAt,
    acknowledgedBy,
    acknowledgedAt,
    resolvedAt,
  } = notice;
  const { title, message } = texts?.[language] ?? notice;
  const isOver = state === "resolved" || state === "told";
  const isMany = count > 1;
  const more = count - samples.length;
  const some = tame(samples.join(", "));
  const names = more > 0 ? say("one.more", { names: some, n: more }) : some;
  async function seen() {
    await ask("POST /api/notifications/{id}/ack", { path: { id } });
    countNotices();
  }
  return (
    <article className={`alerts-item is-${state} is-${priority}`} data-notice={id}>
      <Icon name={look(notice).icon} className={`is-${look(notice).tone}`} />
      <div className="alerts-words">
        <h3>{tame(title)}</h3>
        <p>{tame(message)}</p>
        {samples.length > 0 && isMany && <p className="second">{names}</p>}
        <p className="second">
          {!isOver && <b className={`alerts-loud is-${priority}`}>{say(`priority.${priority}`)}</b>}
          {!isOver && " · "}
          {!isOver && `${say("one.since")} `}
          {isOver ? <Clock at={timestamp} /> : <Age at={timestamp} />}
          {isMany && ` · ${say("one.times", { n: count })}`}
          {isMany && !isOver && updatedAt !== timestamp && (
            <>
              {`, ${say("one.last")} `}
              <Age at={updatedAt} />
            </>
          )}
          {escalations > 0 && !isOver && ` · ${say("one.again", { n: escalations })}`}
          {resolvedAt && (
            <>
              {` · ${say("one.over")} `}
              <Clock at={resolvedAt} />
            </>
          )}
        </p>
        {acknowledgedBy && acknowledgedAt && (
          <p className="second">
            {`${say("one.seen", { who: acknowledgedBy })} · `}
            <Clock at={acknowledgedAt} />
          </p>
        )}
        <NextPart notice={notice} mayAct={mayAct}>
          {mayAct && state === "open" && (
            <Button icon="check" label={`${say("seen")}: ${title}`} onPress={seen}>
              {say("seen")}
            </Button>
          )}
        </NextPart>
      </div>
    </article>
  );
}

function NextPart({ notice, mayAct, children }: { notice: Notification; mayAct: boolean; children: ReactNode }) {
  const say = useWords(words);
  const step = next(notice);
  if (!step) return children ? <div className="alerts-do">{children}</div> : null;
  const { sentence, page, command } = step;
  return (
    <>
      {sentence && <p className="alerts-next">{say.sentence(sentence)}</p>}
      <div className="alerts-do">
        {page && (
          <a className="button" href={to(page)}>
            {say(`page.${page}`)}
          </a>
        )}
        {command && mayAct && <Button onPress={() => commanded(command)}>{say(`act.${command}`)}</Button>}
        {children}
      </div>
    </>
  );
}

async function commanded(command: "retry" | "resume"): Promise<void> {
  if (command === "retry") await ask("POST /api/uploads/retry");
  else await ask("POST /api/dslr/status", { body: { action: "resume" } });
}
