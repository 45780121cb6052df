// A photo's picture. What has none, or is not ready, shows what kind of file it is.

import type { PhotoView } from "@kilat/client";
import { type ReactNode, useEffect, useState } from "react";

/** Kinds that have a picture to show. */
const SHOWN_KINDS: readonly PhotoView["kind"][] = ["jpeg", "heic", "raw"];
/** A server that is busy with others is asked so often, */
const ATTEMPTS = 4;
/** and so long apart. */
const WAIT_MS = 4_000;

export function Picture({
  photo,
  size,
  alt = "",
  none,
}: {
  photo: PhotoView;
  size: "small" | "large";
  alt?: string;
  none: ReactNode;
}) {
  const [attempt, setAttempt] = useState(0);
  const [isThere, setIsThere] = useState(false);
  const [isOver, setIsOver] = useState(!SHOWN_KINDS.includes(photo.kind));
  const [hasFailed, setHasFailed] = useState(false);
  useEffect(() => {
    if (!hasFailed) return;
    if (attempt + 1 >= ATTEMPTS) {
      setIsOver(true);
      return;
    }
    const timer = setTimeout(() => {
      setHasFailed(false);
      setAttempt(attempt + 1);
    }, WAIT_MS);
    return () => clearTimeout(timer);
  }, [hasFailed, attempt]);
  return (
    <>
      {!isThere && none}
      {!isOver && !hasFailed && (
        <img
          className={isThere ? "is-there" : undefined}
          alt={alt}
          loading={size === "small" ? "lazy" : "eager"}
          decoding="async"
          draggable={false}
          src={`${photo.photoUrl}?size=${size}${attempt ? `&again=${attempt}` : ""}`}
          onLoad={() => setIsThere(true)}
          onError={() => setHasFailed(true)}
        />
      )}
    </>
  );
}
