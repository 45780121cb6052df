// What this device does about alerts: sound and buzz while the page is open, pushes while it is not.

import { KilatError } from "@kilat/client";
import { useEffect, useState } from "react";
import { ask } from "../../live/ask.js";
import { useChoices, useWords } from "../../live/choices.js";
import { Button, Card, Options, Press, Switch } from "../../parts/index.js";
import { canPush } from "./can.js";
import { browser, type SignedUp, signedUp, signOff, signUp } from "./push.js";
import { allowSound, ring, useSound } from "./sound.js";
import { words } from "./words.js";

export function Device() {
  const say = useWords(words);
  return (
    <Card title={say("sound.title")}>
      <SoundPart />
      <PushPart />
    </Card>
  );
}

function SoundPart() {
  const say = useWords(words);
  const sound = useSound();
  return (
    <div className="alerts-setting">
      <Switch
        label={say("sound.label")}
        detail={say(`sound.${sound}`)}
        isOn={sound !== "off"}
        onChange={(isOn) => void allowSound(isOn)}
      />
      {sound !== "off" && <Press onPress={ring}>{say("sound.test")}</Press>}
    </div>
  );
}

function PushPart() {
  const say = useWords(words);
  const { language } = useChoices();
  const [can, setCan] = useState(() => canPush(browser()));
  const [signed, setSigned] = useState<SignedUp | null>(null);
  useEffect(() => {
    let isThere = true;
    if (can === "yes") signedUp().then((known) => isThere && setSigned(known));
    return () => {
      isThere = false;
    };
  }, [can]);
  /** What the browser refuses has no words that a person could use. */
  async function spoken(work: () => Promise<SignedUp | null>) {
    try {
      setSigned(await work());
    } catch (error) {
      setCan(canPush(browser()));
      if (error instanceof KilatError) throw error;
      const isRefusal = error instanceof DOMException && error.name === "NotAllowedError";
      throw new KilatError("push", say(isRefusal ? "push.refused" : "push.noService"));
    }
  }
  async function test(id: string) {
    const { tookMs } = await ask("POST /api/push/devices/{id}/test", { path: { id } });
    return say("push.tested", { n: tookMs });
  }
  if (can !== "yes")
    return (
      <div className="alerts-setting">
        <div>
          <b>{say("push.label")}</b>
          <p className="second">{say(`push.${can}`)}</p>
          {can === "insecure" && <p className="second">{say("push.insecureWhy")}</p>}
        </div>
      </div>
    );
  if (!signed)
    return (
      <div className="alerts-setting">
        <div>
          <b>{say("push.label")}</b>
          <p className="second">{say("push.yes")}</p>
        </div>
        <Button icon="bell" onPress={() => spoken(() => signUp(language, "high"))}>
          {say("push.signUp")}
        </Button>
      </div>
    );
  return (
    <div className="alerts-setting">
      <div>
        <b>{say("push.on")}</b>
        <p className="second">{say("push.yes")}</p>
      </div>
      <Options
        label={say("push.lang")}
        value={signed.lang}
        options={[
          ["en", "English"],
          ["id", "Bahasa Indonesia"],
        ]}
        onChange={(lang) => void spoken(() => signUp(lang, signed.atLeast)).catch(() => undefined)}
      />
      <Options
        label={say("push.atLeast")}
        value={signed.atLeast}
        options={[
          ["high", say("push.high")],
          ["critical", say("push.critical")],
        ]}
        onChange={(atLeast) => void spoken(() => signUp(signed.lang, atLeast)).catch(() => undefined)}
      />
      <div className="alerts-do">
        <Button onPress={() => test(signed.id)}>{say("push.test")}</Button>
        <Button onPress={() => spoken(() => signOff(signed).then(() => null))}>{say("push.signOff")}</Button>
      </div>
    </div>
  );
}
