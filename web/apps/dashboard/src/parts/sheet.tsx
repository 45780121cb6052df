// A sheet over the page: from below on a phone, in the middle elsewhere. Escape, the back gesture and a tap beside it close it.

import { type ReactNode, useEffect, useId, useRef } from "react";
import { useWords } from "../live/choices.js";
import { common } from "../words/common.js";
import { tamed } from "../words/tame.js";
import { Boundary } from "./boundary.js";
import { Icon } from "./icon.js";

export interface SheetProps {
  title: ReactNode;
  onClose: () => void;
  children: ReactNode;
  /** Beside the button that closes it. */
  foot?: ReactNode;
  className?: string;
}

/** Shown as long as it is rendered. */
export function Sheet({ title, onClose, children, foot, className = "" }: SheetProps) {
  const say = useWords(common);
  const id = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close();
  }, []);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape does the same, by the element itself
    <dialog
      ref={dialog}
      className={`sheet ${className}`}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => event.target === dialog.current && onClose()}
    >
      <div className="sheet-inside">
        <div className="sheet-head">
          <h2 id={id}>{tamed(title)}</h2>
          <button type="button" className="button is-icon" onClick={onClose} aria-label={say("do.close")}>
            <Icon name="close" />
          </button>
        </div>
        <div className="sheet-body">
          <Boundary>{children}</Boundary>
        </div>
        {foot !== undefined && <div className="sheet-foot">{foot}</div>}
      </div>
    </dialog>
  );
}
