// What this viewer chose: language, colours, brightness. Kept in the browser; one that keeps nothing is told again.

import { useSyncExternalStore } from "react";
import { type Catalogue, type Language, languageOf, type Say, voice, type Words } from "../words/words.js";

export type Theme = "system" | "light" | "dark";
export interface Choices {
  readonly language: Language;
  readonly theme: Theme;
  readonly isBright: boolean;
}

/** What this browser kept under a name, if it keeps anything. */
export function kept(key: string): string | null {
  try {
    return localStorage.getItem(`kilat.${key}`);
  } catch {
    return null;
  }
}

export function keep(key: string, value: string) {
  try {
    localStorage.setItem(`kilat.${key}`, value);
  } catch {
    // It holds until the page is closed.
  }
}

const query = new URLSearchParams(location.search);
const wanted = query.get("theme") ?? kept("theme");
let choices: Choices = {
  language: languageOf(query.get("lang") ?? kept("language") ?? navigator.language),
  theme: wanted === "light" || wanted === "dark" ? wanted : "system",
  isBright: kept("bright") === "yes",
};
const watchers = new Set<() => void>();

function show() {
  const root = document.documentElement;
  root.lang = choices.language;
  root.dataset["theme"] = choices.theme;
  root.classList.toggle("is-bright", choices.isBright);
}
show();

export function choose(change: Partial<Choices>): void {
  choices = { ...choices, ...change };
  keep("language", choices.language);
  keep("theme", choices.theme);
  keep("bright", choices.isBright ? "yes" : "no");
  show();
  for (const told of watchers) told();
}

export function useChoices(): Choices {
  return useSyncExternalStore(
    (told) => {
      watchers.add(told);
      return () => void watchers.delete(told);
    },
    () => choices,
  );
}

const voices = new Map<Catalogue, Map<Language, unknown>>();

/** A catalogue in the viewer's language. */
export function useWords<W extends Words>(catalogue: Catalogue<W>): Say<W> {
  const { language } = useChoices();
  let own = voices.get(catalogue);
  if (!own) {
    own = new Map();
    voices.set(catalogue, own);
  }
  let say = own.get(language) as Say<W> | undefined;
  if (!say) {
    say = voice(catalogue, language);
    own.set(language, say);
  }
  return say;
}
