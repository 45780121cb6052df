// @ts-check
// The shapes of what the server says, as `crates/kilat-wire/src/now.rs` writes them. Types only.

/**
 * @typedef {{ shot: number | null, held: number, stored: number, safe: number, waiting: number, failed: number, incomplete: number }} Counts
 * @typedef {{ id: string, name: string, date: string, status: string }} EventView
 * @typedef {{ id: string, kind: string, path: string, online: boolean, since: string, reason?: string, lastArrivalAt: string | null, held: number | null }} SourceView
 * @typedef {{ make: string, model: string, serial: string | null }} Camera
 * @typedef {Camera & { held: number, lastAt: string }} CameraView
 * @typedef {{ id: string, path: string, kind: "upload" | "backup", up: boolean, since: string, reason?: string, stored: number, waiting: number, freeBytes: number | null, totalBytes: number | null, speedBytesPerSecond: number | null }} DestinationView
 * @typedef {"waiting" | "copying" | "stored" | "failed"} PhotoState
 * @typedef {{ id: string, name: string, kind: string, sizeBytes: number, takenAt: string | null, filedAt: string, photoUrl: string, state: PhotoState, progress?: number }} PhotoView
 * @typedef {{ destination: string, state: string, key?: string, at?: string, readBack?: string, message?: string }} CopyView
 * @typedef {PhotoView & { hash: string, camera: Camera | null, source: string, sourcePath: string, copies: CopyView[] }} PhotoDetail
 * @typedef {"copy_failed" | "incomplete" | "unreadable" | "vanished" | "too_large" | "source_offline" | "destination_down" | "disk_low"} ProblemKind
 * @typedef {{ id: string, kind: ProblemKind, what: string, message: string, since: string, action: string | null }} Problem
 * @typedef {{ state: "up" | "down" | "partly" | "unknown", since: string | null, what: string | null }} Link
 * @typedef {{ source: Link, camera: Link, storage: Link }} Links
 * @typedef {{ serverTime: string, startedAt: string, version: string, demo: boolean, event: EventView | null, counts: Counts, lastPhotoAt: string | null, paused: boolean, sources: SourceView[], cameras: CameraView[], destinations: DestinationView[], links: Links, newest: PhotoView[], problems: Problem[], asOf: string, maxAgeMs: number }} Now
 * @typedef {{ id: string, type: string, title: string, message: string, priority: string, data?: Record<string, string>, showToast: boolean, persistent: boolean }} Notification
 */

export {};
