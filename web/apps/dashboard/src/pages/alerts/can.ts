// Whether this browser can be told while the page is closed, and if not, why.

/**
 * - `insecure`: the page came by plain HTTP, so the browser has no push at all.
 * - `home`: an iPhone has it only for what stands on its home screen.
 * - `none`: this browser has none.
 * - `blocked`: somebody forbade it for this page.
 */
export type Can = "yes" | "insecure" | "home" | "none" | "blocked";

export interface Browser {
  readonly isSecure: boolean;
  readonly hasWorker: boolean;
  readonly hasPush: boolean;
  /** Of an iPhone or iPad: whether it was opened from the home screen. */
  readonly isStandalone: boolean | undefined;
  readonly permission: NotificationPermission | undefined;
}

export function canPush({ isSecure, hasWorker, hasPush, isStandalone, permission }: Browser): Can {
  if (!isSecure) return "insecure";
  if (!hasWorker || !hasPush) return isStandalone === false ? "home" : "none";
  return permission === "denied" ? "blocked" : "yes";
}
