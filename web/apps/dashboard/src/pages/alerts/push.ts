// Whether this device can be told while the page is closed, and signing it up. The worker is `sw.js`, beside this.

import { ask } from "../../live/ask.js";
import type { Language } from "../../words/words.js";
import type { Browser } from "./can.js";

export function browser(): Browser {
  return {
    isSecure: isSecureContext,
    hasWorker: "serviceWorker" in navigator,
    hasPush: "PushManager" in window && "Notification" in window,
    isStandalone: (navigator as { standalone?: boolean }).standalone,
    permission: "Notification" in window ? Notification.permission : undefined,
  };
}

const KEY = "kilat.push";
const WORKER = "/admin/sw.js";

export interface SignedUp {
  readonly id: string;
  readonly lang: Language;
  readonly atLeast: "high" | "critical";
}

/** What this device was signed up as; null when it is not, or the browser dropped it. */
export async function signedUp(): Promise<SignedUp | null> {
  try {
    const registration = await navigator.serviceWorker.getRegistration(WORKER);
    const subscription = await registration?.pushManager.getSubscription();
    const kept = localStorage.getItem(KEY);
    return subscription && kept ? (JSON.parse(kept) as SignedUp) : null;
  } catch {
    return null;
  }
}

/** Asks the person, then the browser, then Kilat. Also changes what a device is told. */
export async function signUp(lang: Language, atLeast: SignedUp["atLeast"]): Promise<SignedUp> {
  const permission = await Notification.requestPermission();
  if (permission !== "granted") throw new DOMException("", "NotAllowedError");
  const { publicKey } = await ask("GET /api/push");
  await navigator.serviceWorker.register(WORKER, { scope: "/admin/" });
  const registration = await navigator.serviceWorker.getRegistration(WORKER);
  if (!registration) throw new DOMException("", "InvalidStateError");
  await active(registration);
  const subscription = await registration.pushManager.subscribe({
    userVisibleOnly: true,
    applicationServerKey: publicKey,
  });
  const { endpoint, keys } = subscription.toJSON();
  const body = {
    endpoint: endpoint ?? "",
    keys: { auth: keys?.["auth"] ?? "", p256dh: keys?.["p256dh"] ?? "" },
    lang,
    atLeast,
  };
  const { id } = await ask("POST /api/push", { body });
  const signed = { id, lang, atLeast };
  localStorage.setItem(KEY, JSON.stringify(signed));
  return signed;
}

/** A worker that is being put in place takes no subscription yet. */
async function active(registration: ServiceWorkerRegistration): Promise<void> {
  const worker = registration.installing ?? registration.waiting;
  if (registration.active || !worker) return;
  await new Promise<void>((done, fail) => {
    worker.addEventListener("statechange", () => {
      if (worker.state === "activated") done();
      if (worker.state === "redundant") fail(new DOMException("", "InvalidStateError"));
    });
  });
}

/** Kilat forgets the device, and the browser the subscription. */
export async function signOff({ id }: SignedUp): Promise<void> {
  await ask("DELETE /api/push/devices/{id}", { path: { id } });
  const registration = await navigator.serviceWorker.getRegistration(WORKER);
  await (await registration?.pushManager.getSubscription())?.unsubscribe();
  localStorage.removeItem(KEY);
}
