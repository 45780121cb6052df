// A value that changes often, followed at a pace that a server likes.

import { useEffect, useRef, useState } from "react";

/** The value, at once when it was quiet, else at most every so often; the last one is never left out. */
export function useSlowly<T>(value: T, everyMs: number): T {
  const [followed, setFollowed] = useState(value);
  const changedAt = useRef(Number.NEGATIVE_INFINITY);
  useEffect(() => {
    if (Object.is(value, followed)) return;
    const timer = setTimeout(
      () => {
        changedAt.current = performance.now();
        setFollowed(value);
      },
      Math.max(0, changedAt.current + everyMs - performance.now()),
    );
    return () => clearTimeout(timer);
  }, [value, followed, everyMs]);
  return followed;
}
