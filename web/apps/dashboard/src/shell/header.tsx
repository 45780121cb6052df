// Which event this is, and how this device hears of it. The link is this device's own: never mixed with the others.

import { useChoices, useWords } from "../live/choices.js";
import { useFollow } from "../live/follow.js";
import { useIsStale, useNow, useStatus } from "../live/live.js";
import { Age } from "../parts/age.js";
import { Pill, type Tone } from "../parts/pill.js";
import { common } from "../words/common.js";
import { day, span } from "../words/times.js";

/** The client's states, as a person needs them. */
const LINKS = {
  idle: "connecting",
  connecting: "connecting",
  live: "live",
  polling: "polling",
  none: "none",
  asleep: "connecting",
  stopped: "none",
  closed: "none",
} as const;
const TONES: Record<(typeof LINKS)[keyof typeof LINKS], Tone> = {
  live: "safe",
  polling: "busy",
  none: "trouble",
  connecting: "busy",
};

export function Header() {
  const { language } = useChoices();
  const event = useNow()?.value.event;
  return (
    <header className="header">
      <div className="header-event">
        <h1>{event?.name ?? "Kilat"}</h1>
        <p className="second">{event ? day(language, event.date) : " "}</p>
      </div>
      <LinkPill />
    </header>
  );
}

function LinkPill() {
  const say = useWords(common);
  const { language } = useChoices();
  const { link } = useStatus();
  const { everyMs } = useFollow();
  const now = useNow();
  const isStale = useIsStale();
  const shown = LINKS[link];
  return (
    <div className="header-link" data-link={shown}>
      <div role="status">
        <Pill tone={TONES[shown]}>
          {shown === "polling" ? say("link.polling", { span: span(language, everyMs) }) : say(`link.${shown}`)}
        </Pill>
      </div>
      {/* Outside of what is read aloud: it changes every second. */}
      <span className={`second ${isStale ? "is-old" : ""}`}>{now ? <Age at={now.value.serverTime} /> : " "}</span>
    </div>
  );
}

export function Demo() {
  const say = useWords(common);
  return useNow()?.value.demo ? <aside className="demo">{say("demo")}</aside> : null;
}
