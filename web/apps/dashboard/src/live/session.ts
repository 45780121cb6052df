// Who is signed in. Absent: the session itself, which no script can read; only the server knows whether there is one.

import { KilatError, type Role, type SignIn } from "@kilat/client";
import { call } from "@kilat/client/call";
import { useSyncExternalStore } from "react";
import { client } from "./client.js";

/**
 * - `asking`: no answer yet.
 * - `in`: this one.
 * - `unknown`: the server does not answer; the dashboard says so in its own way.
 * - `foreign`: the address under which it was opened is none of the server's.
 * - `out`: nobody; `why` when a link or a password was refused just now.
 */
export type Session =
  | { readonly kind: "asking" }
  | { readonly kind: "in"; readonly name: string; readonly role: Role }
  | { readonly kind: "unknown" }
  | { readonly kind: "foreign" }
  | { readonly kind: "out"; readonly why: KilatError | null };

let session: Session = { kind: "asking" };
const watchers = new Set<() => void>();

function become(next: Session) {
  session = next;
  for (const told of watchers) told();
}

export function useSession(): Session {
  return useSyncExternalStore(
    (told) => {
      watchers.add(told);
      return () => void watchers.delete(told);
    },
    () => session,
  );
}

/** The code of a sign-in link, which leaves the address and the history at once. */
function takeCode(): string | null {
  const code = new URLSearchParams(location.hash.slice(1)).get("in");
  if (code !== null) history.replaceState(null, "", location.pathname + location.search);
  return code;
}

/** Comes in by the link's code, or by the session that there is. */
export async function enter(): Promise<void> {
  const code = takeCode();
  let why: KilatError | null = null;
  try {
    if (code !== null) await call(client, "POST /api/session", { body: { code } });
  } catch (error) {
    why = isRefusal(error) ? error : null;
  }
  try {
    const { name, role } = await call(client, "GET /api/session");
    become({ kind: "in", name, role });
    // It may have given up for want of a session.
    if (client.getStatus().link === "stopped") client.reconnect();
  } catch (error) {
    const isOut = isRefusal(error) && error.status === 401;
    if (isForeign(error)) become({ kind: "foreign" });
    else become(isOut ? { kind: "out", why } : { kind: "unknown" });
  }
}

/** By name and password. Refused with a `KilatError`. */
export async function signIn(body: SignIn): Promise<void> {
  await call(client, "POST /api/session", { body });
  await enter();
}

/** Out of this session; the door stands there again, whatever the server says. */
export async function signOut(): Promise<void> {
  try {
    await call(client, "DELETE /api/session");
  } finally {
    location.reload();
  }
}

/** Somebody heard that nobody is signed in any more: by an admin, in another window, or by time. */
export function signedOut(): void {
  if (session.kind !== "out") become({ kind: "out", why: null });
}

function isRefusal(error: unknown): error is KilatError {
  return error instanceof KilatError && error.status > 0;
}

/** Whether it was refused for the name in the browser's address line, whoever asks. */
export function isForeign(error: unknown): boolean {
  return error instanceof KilatError && error.code === "foreign_host";
}

client.on("@status", ({ link, stop }) => {
  // While it comes back, the reason of its last stop still stands there.
  if (link === "stopped" && stop?.why === "not_signed_in") signedOut();
  // Nobody answered when the page was opened; why this is refused, the session tells.
  if (link === "stopped" && stop?.why === "not_allowed" && session.kind === "unknown") void enter();
});

/** What a role may do; the server decides, this only spares people a refusal. */
export type Right = "photos" | "act" | "events" | "inside" | "links" | "destinations" | "targets" | "access";
const OPERATOR: readonly Right[] = ["photos", "act", "events", "inside", "links"];

/** Whether whoever is signed in may do it. Who is not known may try. */
export function useMay(right: Right): boolean {
  const session = useSession();
  if (session.kind !== "in" || session.role === "admin") return true;
  if (session.role === "operator") return OPERATOR.includes(right);
  return session.role === "viewer" && right === "photos";
}
