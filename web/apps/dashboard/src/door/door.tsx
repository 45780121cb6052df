// The way in: by a link's code, which was tried already, or by name and password.

import { KilatError } from "@kilat/client";
import { type FormEvent, useState } from "react";
import { choose, useChoices, useWords } from "../live/choices.js";
import { signIn } from "../live/session.js";
import { Field } from "../parts/form.js";
import { Icon } from "../parts/icon.js";
import type { Say } from "../words/words.js";
import { words } from "./words.js";
import "./door.css";

export function Door({ why }: { why: KilatError | null }) {
  const say = useWords(words);
  const { language } = useChoices();
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [isAsking, setIsAsking] = useState(false);
  const [refused, setRefused] = useState(why);
  async function enter(event: FormEvent) {
    event.preventDefault();
    if (isAsking) return;
    setIsAsking(true);
    try {
      await signIn({ name, password });
    } catch (error) {
      setRefused(error instanceof KilatError ? error : new KilatError("broken", `${error}`));
      setIsAsking(false);
    }
  }
  return (
    <main className="door">
      <p className="door-mark">
        <Icon name="bolt" className="is-mark" /> Kilat
      </p>
      <h1>{say("title")}</h1>
      <p className="second">{say("link")}</p>
      <form className="card" onSubmit={enter}>
        <Field
          label={say("name")}
          value={name}
          onChange={(event) => setName(event.target.value)}
          autoComplete="username"
          autoCapitalize="off"
          spellCheck={false}
          required
          maxLength={1_024}
        />
        <Field
          label={say("password")}
          type="password"
          value={password}
          onChange={(event) => setPassword(event.target.value)}
          autoComplete="current-password"
          required
          maxLength={1_024}
        />
        <button type="submit" className="button is-main" aria-disabled={isAsking || undefined}>
          {say("enter")}
        </button>
        <p className="door-answer" role="alert">
          {isAsking ? say("asked") : refused ? reason(refused, say) : ""}
        </p>
      </form>
      <button type="button" className="button" onClick={() => choose({ language: language === "en" ? "id" : "en" })}>
        {say("language")}
      </button>
    </main>
  );
}

function reason(error: KilatError, say: Say<(typeof words)["en"]>): string {
  if (error.code === "no_link") return say("noLink");
  if (error.code === "too_many_attempts") return say("slow");
  if (error.code === "bad_code") return say("badCode");
  if (error.code === "bad_password") return say("badPassword");
  return say("refused", { why: [error.message, error.remedy].filter(Boolean).join("; ") });
}
