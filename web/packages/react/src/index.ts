"use client";
// The hooks. Importing them connects nothing, on a server neither.

export {
  KilatProvider,
  type KilatProviderProps,
  type Language,
  type Surroundings,
  type Theme,
  useKilatClient,
} from "./context.js";
export { type Selector, useChannels, useKilat, useKilatEvent, useKilatStatus } from "./known.js";
export {
  type Notices,
  type SystemNotifications,
  type SystemNotificationsOptions,
  useNotices,
  useSystemNotifications,
} from "./notices.js";
export {
  type BackupRealtime,
  type BackupRealtimeOptions,
  type DSLRRealtime,
  type DSLRRealtimeOptions,
  useBackupRealtime,
  useDSLRRealtime,
  useWebSocketRealtime,
  type WebSocketRealtime,
  type WebSocketRealtimeOptions,
} from "./realtime.js";
export { useStudioSettings } from "./studio.js";
