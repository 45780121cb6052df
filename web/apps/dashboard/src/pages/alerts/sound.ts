// A sound and a buzz for what is critical: only where somebody allowed it by a tap, at most one in 30 s.
//
// It goes on listening on every page once this was loaded. Browsers let nothing sound before a tap on the page: after a
// reload the first tap anywhere wakes it.

import { useSyncExternalStore } from "react";
import { client } from "../../live/client.js";
import { isHeard } from "./notices.js";

export type Sound = "off" | "on" | "asleep";

const KEY = "kilat.sound";
let audio: AudioContext | null = null;
let isWanted = read();
let heardAtMs = Number.NEGATIVE_INFINITY;
const watchers = new Set<() => void>();

function read(): boolean {
  try {
    return localStorage.getItem(KEY) === "on";
  } catch {
    return false;
  }
}

function tell() {
  for (const told of watchers) told();
}

function state(): Sound {
  if (!isWanted) return "off";
  return audio?.state === "running" ? "on" : "asleep";
}

/** Within a tap: afterwards it may sound by itself. */
async function wake(): Promise<void> {
  if (!isWanted || audio?.state === "running") return;
  audio ??= new AudioContext();
  audio.onstatechange = tell;
  try {
    await audio.resume();
  } catch {
    // It stays asleep, which is shown.
  }
  tell();
}

/** Called by a tap on the switch. */
export async function allowSound(isOn: boolean): Promise<void> {
  isWanted = isOn;
  try {
    localStorage.setItem(KEY, isOn ? "on" : "off");
  } catch {
    // It holds until the page is closed.
  }
  tell();
  await wake();
}

/** Two rising tones, and a buzz where the device has one. */
export function ring(): void {
  if (audio?.state === "running") {
    const at = audio.currentTime;
    for (const [from, pitch] of [
      [0, 660],
      [0.22, 880],
    ] as const)
      tone(audio, at + from, pitch);
  }
  // Absent on iPhones and where the device has none.
  navigator.vibrate?.([180, 90, 180]);
}

const TONE_S = 0.18;

function tone(context: AudioContext, at: number, pitch: number) {
  const source = context.createOscillator();
  const gain = context.createGain();
  source.frequency.value = pitch;
  // Neither end clicks.
  gain.gain.setValueAtTime(0, at);
  gain.gain.linearRampToValueAtTime(0.4, at + 0.02);
  gain.gain.linearRampToValueAtTime(0, at + TONE_S);
  source.connect(gain).connect(context.destination);
  source.start(at);
  source.stop(at + TONE_S);
}

client.on("notification", (notice) => {
  const nowMs = performance.now();
  if (!isWanted || !isHeard(notice, heardAtMs, nowMs)) return;
  heardAtMs = nowMs;
  ring();
});
addEventListener("pointerdown", () => void wake());
addEventListener("keydown", () => void wake());

export function useSound(): Sound {
  return useSyncExternalStore((told) => {
    watchers.add(told);
    return () => void watchers.delete(told);
  }, state);
}
