"use client";
// The three monitors. Their look stands in `styles.css`, which the page imports once.

export { BackupStatusMonitor } from "./backups.js";
export { DSLRMonitor } from "./cameras.js";
export type { MonitorProps } from "./frame.js";
export { SystemMonitor } from "./machine.js";
