"use client";
// How the studio wants its pages to ask, as its settings say: a default, which options of a page and the viewer's own
// switch go before. Asked once for a page.

import type { SystemSettingsAnswer } from "@kilat/client";
import { call } from "@kilat/client/call";
import { question, useAsked } from "./asked.js";
import { useKilatClient, useSurroundings } from "./context.js";

const settings = question<SystemSettingsAnswer | null>(null, (client) =>
  call(client, "GET /api/admin/system/settings"),
);

/** The studio's settings; null until they are known, or while nobody asks for them. */
export function useStudioSettings(isOn = true): SystemSettingsAnswer | null {
  const client = useKilatClient();
  const main = useSurroundings().main ?? client;
  return useAsked(settings, main, client, isOn)[0];
}
