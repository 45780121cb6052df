"use client";
// A command and its word: asked, done, or refused because of something. Made once, never by itself again.

import type { KilatError } from "@kilat/client";
import { type ReactNode, useCallback, useEffect, useRef, useState } from "react";
import { type Speech, useSpeech } from "./speak.js";

export type Said =
  | { readonly state: "asked"; readonly what: string }
  | { readonly state: "done"; readonly what: string }
  | { readonly state: "refused"; readonly what: string; readonly error: KilatError };

export interface Command {
  /** What became of the last one; null before the first. */
  readonly said: Said | null;
  isAsked(what: string): boolean;
  /** Asks; `what` names it on this screen. What is asked for already is not asked for twice. */
  run<T>(what: string, ask: () => Promise<T>): Promise<T | undefined>;
}

export function useCommand(): Command {
  const [said, setSaid] = useState<Said | null>(null);
  const asked = useRef(new Set<string>());
  const isThere = useRef(false);
  useEffect(() => {
    isThere.current = true;
    return () => {
      isThere.current = false;
    };
  }, []);
  const run = useCallback(async <T,>(what: string, ask: () => Promise<T>) => {
    if (asked.current.has(what)) return undefined;
    asked.current.add(what);
    setSaid({ state: "asked", what });
    const settle = (next: Said) => {
      asked.current.delete(what);
      if (isThere.current) setSaid(next);
    };
    try {
      const answer = await ask();
      settle({ state: "done", what });
      return answer;
    } catch (error) {
      settle({ state: "refused", what, error: error as KilatError });
      return undefined;
    }
  }, []);
  return { said, run, isAsked: (what) => said?.state === "asked" && said.what === what };
}

/** Why, in words: the server's own where it has some. */
export function why({ t }: Speech, { code, message, remedy }: KilatError): string {
  if (code === "no_link") return t("noAnswer");
  if (code === "not_allowed") return t("refusedRight");
  if (code === "not_signed_in") return t("signIn");
  return t("refused", { why: [message, remedy].filter(Boolean).join(". ") });
}

/** Its line: always there, so that it is read out and nothing jumps. */
export function CommandLine({ of: { said } }: { readonly of: Command }): ReactNode {
  const speech = useSpeech();
  const text = said ? (said.state === "refused" ? why(speech, said.error) : speech.t(said.state)) : "";
  return (
    <output className={`kl-said ${said?.state === "refused" ? "kl-ink-trouble" : ""}`} aria-live="polite">
      {text}
    </output>
  );
}
