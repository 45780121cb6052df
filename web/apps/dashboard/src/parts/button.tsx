// A command: pressed, asked, then the server's own word on it.

import { KilatError } from "@kilat/client";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { useWords } from "../live/choices.js";
import { common } from "../words/common.js";
import { Icon, type IconName } from "./icon.js";

export interface ButtonProps {
  children: ReactNode;
  /** Does it; what it gives is said beside the button, "Done" where it gives nothing. */
  onPress: () => unknown;
  icon?: IconName;
  /** `main`: the one thing to do on this page. `danger`: it takes something away. */
  look?: "plain" | "main" | "danger";
  isDisabled?: boolean;
  /** What it is about, where the words alone do not say: "Try again DSC_0388.NEF". */
  label?: string;
}

type Word = { readonly kind: "none" | "asked" | "done" | "refused"; readonly text: string };
const NOTHING: Word = { kind: "none", text: "" };

/** A button whose command may take a while. One that only changes what is shown is a `Press`. */
export function Button({ children, onPress, icon, look = "plain", isDisabled = false, label }: ButtonProps) {
  const say = useWords(common);
  const [word, setWord] = useState<Word>(NOTHING);
  const isThere = useRef(true);
  useEffect(() => {
    isThere.current = true;
    return () => {
      isThere.current = false;
    };
  }, []);
  async function press() {
    if (word.kind === "asked") return;
    setWord({ kind: "asked", text: say("did.asked") });
    let next: Word;
    try {
      const said = await onPress();
      next = { kind: "done", text: typeof said === "string" ? said : say("did.done") };
    } catch (error) {
      next = { kind: "refused", text: refusal(error, say) };
    }
    if (isThere.current) setWord(next);
  }
  return (
    <span className="command">
      <button
        type="button"
        className={`button is-${look}`}
        onClick={press}
        // Disabled for real, it would lose the focus.
        aria-disabled={word.kind === "asked" || undefined}
        disabled={isDisabled}
        aria-label={label}
      >
        {icon && <Icon name={icon} />}
        {children}
      </button>
      <span className={`command-word is-${word.kind}`} role="status">
        {word.text}
      </span>
    </span>
  );
}

/** What became of a command that was not done, in a sentence. */
export function refusal(error: unknown, say: ReturnType<typeof useWords<(typeof common)["en"]>>): string {
  if (!(error instanceof KilatError)) return say("did.refused", { why: `${error}` });
  if (error.code === "no_link") return say("did.noLink");
  return say("did.refused", { why: [error.message, error.remedy].filter(Boolean).join("; ") });
}

/** A button that only changes what is shown: at once, nothing is asked. */
export function Press(props: {
  children: ReactNode;
  onPress: () => void;
  icon?: IconName;
  isOn?: boolean;
  label?: string;
  look?: "plain" | "main";
}) {
  const { children, onPress, icon, isOn, label, look = "plain" } = props;
  return (
    <button type="button" className={`button is-${look}`} onClick={onPress} aria-pressed={isOn} aria-label={label}>
      {icon && <Icon name={icon} />}
      {children}
    </button>
  );
}
