"use client";
// The three monitors, as this site shows them. Everything else of the page is the site's own.

import "./kilat";
import { BackupStatusMonitor, DSLRMonitor, SystemMonitor } from "@kilat/react/monitors";
import { version } from "react";

export function Live() {
  return (
    <div className="live" data-react={version}>
      <DSLRMonitor />
      <BackupStatusMonitor />
      <SystemMonitor />
    </div>
  );
}
