// What was typed and not sent is not lost by a slip: leaving asks first.

import { useEffect, useRef, useState } from "react";

export interface Leave {
  /** Whether somebody wants to leave and was not answered yet. */
  readonly isAsked: boolean;
  stay(): void;
  /** Leaves for good, to where they wanted. */
  leave(): void;
  /** Nothing would be lost any more: whatever leaves now is not asked. */
  free(): void;
  /** Somebody wants to close: at once when nothing would be lost. */
  close(): void;
}

/** While `isDirty`, the back gesture, another address and closing the page ask. `onClose` leaves from inside. */
export function useLeave(isDirty: boolean, onClose: () => void): Leave {
  const [wish, setWish] = useState<(() => void) | null>(null);
  const isFree = useRef(false);
  useEffect(() => {
    if (!isDirty) return;
    const here = location.hash;
    const unload = (event: BeforeUnloadEvent) => isFree.current || event.preventDefault();
    const turn = (event: Event) => {
      if (isFree.current) return;
      const wanted = location.hash;
      // Put back before anybody else hears of it, so that what was typed stays where it is.
      event.stopImmediatePropagation();
      if (wanted === here) return;
      history.pushState(null, "", here);
      setWish(() => () => {
        location.hash = wanted;
      });
    };
    addEventListener("beforeunload", unload);
    addEventListener("popstate", turn, { capture: true });
    addEventListener("hashchange", turn, { capture: true });
    return () => {
      removeEventListener("beforeunload", unload);
      removeEventListener("popstate", turn, { capture: true });
      removeEventListener("hashchange", turn, { capture: true });
    };
  }, [isDirty]);
  return {
    isAsked: wish !== null,
    stay: () => setWish(null),
    leave: () => {
      isFree.current = true;
      setWish(null);
      wish?.();
    },
    free: () => {
      isFree.current = true;
    },
    close: () => (isDirty ? setWish(() => onClose) : onClose()),
  };
}
