// What is not needed every minute, and how the dashboard looks.

import { choose, type Theme, useChoices, useWords } from "../../live/choices.js";
import { type Choice, chooseFollow, useFollow } from "../../live/follow.js";
import { useNow } from "../../live/live.js";
import { to } from "../../live/route.js";
import { signOut, useSession } from "../../live/session.js";
import { Button, Card, Options, Row, Rows, Switch } from "../../parts/index.js";
import { common } from "../../words/common.js";
import { span } from "../../words/times.js";
import { BEHIND_MORE, PAGES } from "../index.js";

export function Page() {
  const say = useWords(common);
  const { language, theme, isBright } = useChoices();
  const { choice, isLive, everyMs } = useFollow();
  const session = useSession();
  const version = useNow()?.value.version;
  return (
    <div className="more">
      <Card label={say("nav.more")} className="more-pages">
        <Rows>
          {BEHIND_MORE.map((name) => (
            <Row key={name} icon={PAGES[name].icon} title={say(`nav.${name}`)} href={to(name)} />
          ))}
        </Rows>
      </Card>
      <Card title={say("more.look")}>
        <div className="more-look">
          <Options<Theme>
            label={say("more.theme")}
            value={theme}
            options={[
              ["system", say("more.theme.system")],
              ["light", say("more.theme.light")],
              ["dark", say("more.theme.dark")],
            ]}
            onChange={(theme) => choose({ theme })}
          />
          <Switch label={say("more.bright")} isOn={isBright} onChange={(isBright) => choose({ isBright })} />
          <button
            type="button"
            className="button"
            onClick={() => choose({ language: language === "en" ? "id" : "en" })}
          >
            {say("more.language")}
          </button>
        </div>
      </Card>
      <Card title={say("more.follow")}>
        <div className="more-look">
          <Options<Choice>
            label={say("more.follow")}
            value={choice}
            options={[
              ["studio", say("more.follow.studio")],
              ["live", say("more.follow.live")],
              ["asking", say("more.follow.asking")],
            ]}
            onChange={chooseFollow}
          />
          <p className="second">
            {isLive ? say("more.follow.isLive") : say("more.follow.isAsking", { span: span(language, everyMs) })}
          </p>
        </div>
      </Card>
      {session.kind === "in" && (
        <Card title={say("more.signedIn", { name: session.name, role: say(`role.${session.role}`) })} look="plain">
          <Button onPress={signOut}>{say("more.signOut", { name: session.name })}</Button>
        </Card>
      )}
      {version && <p className="second more-version">Kilat {version}</p>}
    </div>
  );
}
