"use client";
// Which client the hooks below read, and how the parts below look. Making it connects nothing.

import { type Client, type ClientOptions, createClient, getWebSocketClient } from "@kilat/client";
import { createContext, createElement, type ReactNode, useContext, useMemo, useState } from "react";

export type Language = "en" | "id";
export type Theme = "system" | "light" | "dark";

/** What everything below a provider shares. */
export interface Surroundings {
  readonly client?: Client | undefined;
  /** Where it reads from another one for a while, the one that notifications came over before. */
  readonly main?: Client | undefined;
  /** Of the parts; the page's own (`<html lang>`) by default, English where it is another one. */
  readonly lang?: Language | undefined;
  /** Of the parts; the system's by default. */
  readonly theme?: Theme | undefined;
  /** In which times are written, for example `Asia/Jakarta`; the viewer's by default. */
  readonly timeZone?: string | undefined;
}

export interface KilatProviderProps extends Surroundings {
  /** Makes a client of its own, once; later changes are not looked at. */
  readonly options?: ClientOptions | undefined;
  readonly children?: ReactNode;
}

const Context = createContext<Surroundings>({});

/** Optional: without it the hooks read the page's one client, `getWebSocketClient()`. */
export function KilatProvider({
  client,
  main,
  options,
  lang,
  theme,
  timeZone,
  children,
}: KilatProviderProps): ReactNode {
  const outer = useContext(Context);
  const [own] = useState(() => options && createClient(options));
  const value = useMemo(
    () => ({
      client: client ?? own ?? outer.client,
      main: main ?? (client ? undefined : outer.main),
      lang: lang ?? outer.lang,
      theme: theme ?? outer.theme,
      timeZone: timeZone ?? outer.timeZone,
    }),
    [client, main, own, lang, theme, timeZone, outer],
  );
  return createElement(Context.Provider, { value }, children);
}

export const useSurroundings = (): Surroundings => useContext(Context);

/** The client itself: for `call` of `@kilat/client/call`, `send`, `reconnect`, `ageMs`. */
export function useKilatClient(): Client {
  return useContext(Context).client ?? getWebSocketClient();
}
