//! What the page at `/admin` shows: one small state, sent whole on every change.
//!
//! A value that nobody measured is `null`, never 0.

use kilat_core::{Camera, DestinationKind, EventStatus, PhotoKind};
use serde::{Deserialize, Serialize};

use crate::PhotoReceipt;

/// Everything that the page shows at once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Now {
    /// The server's clock when this was made.
    pub server_time: String,
    /// When the server started.
    pub started_at: String,
    /// The server's version.
    pub version: String,
    /// Whether this is a demo: nothing shown is a real photo.
    pub demo: bool,
    /// The active event.
    pub event: Option<EventView>,
    /// Photos of the active event.
    pub counts: Counts,
    /// When the newest photo was filed.
    pub last_photo_at: Option<String>,
    /// Whether an operator paused copying.
    pub paused: bool,
    /// Until when copies over the network leave the line to a ceremony; none when none is on.
    pub ceremony_until: Option<String>,
    /// Where photos come from.
    pub sources: Vec<SourceView>,
    /// Cameras seen in the active event.
    pub cameras: Vec<CameraView>,
    /// Where copies go.
    pub destinations: Vec<DestinationView>,
    /// The links behind the server; whether the viewer reaches it, the viewer knows.
    pub links: Links,
    /// The newest photos, newest first.
    pub newest: Vec<PhotoView>,
    /// What is not as it should be, newest first.
    pub problems: Vec<Problem>,
    /// When the values were true.
    pub as_of: String,
    /// How old they may be before they must not be shown as live.
    pub max_age_ms: u64,
}

/// What a photo comes through before and behind the server, told apart: one that breaks is not shown as another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Links {
    /// The server to its sources.
    pub source: Link,
    /// The sources to their cameras.
    pub camera: Link,
    /// The server to its destinations: as the worst of them. That an operator paused copying is no fault of theirs.
    pub storage: Link,
}

/// One link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Link {
    /// Whether it holds.
    pub state: LinkState,
    /// Since when that is so.
    pub since: Option<String>,
    /// What is broken or unknown, in words; none while it is up.
    pub what: Option<String>,
}

/// Whether a link holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum LinkState {
    /// All of it.
    Up,
    /// None of it.
    Down,
    /// Some of it.
    Partly,
    /// Nobody can tell.
    Unknown,
}

/// An event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EventView {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its day, `YYYY-MM-DD`.
    pub date: String,
    /// Where it stands.
    pub status: EventStatus,
}

/// Photos of the active event. `held ≥ stored ≥ safe` always.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// Shot by the cameras, where they tell.
    pub shot: Option<u64>,
    /// Filed by Kilat.
    pub held: u64,
    /// With a proven copy at one destination or more.
    pub stored: u64,
    /// With a proven copy at every destination named for them.
    pub safe: u64,
    /// Copies due, waiting or under way.
    pub waiting: u64,
    /// Copies given up.
    pub failed: u64,
    /// Arrivals that could not be filed and were not followed by a whole one.
    pub incomplete: u64,
}

/// A source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SourceView {
    /// Its id.
    pub id: String,
    /// `hot_folder`.
    #[cfg_attr(feature = "schema", schemars(extend("enum" = ["hot_folder"])))]
    pub kind: String,
    /// Its folder.
    pub path: String,
    /// Whether it can be read.
    pub online: bool,
    /// Since when that is so.
    pub since: String,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When a file last arrived.
    pub last_arrival_at: Option<String>,
    /// Photos of the active event from it, where that is known.
    pub held: Option<u64>,
}

/// A camera.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CameraView {
    /// Who it is.
    #[serde(flatten)]
    pub camera: Camera,
    /// Its photos in the active event.
    pub held: u64,
    /// When its newest photo was filed.
    pub last_at: String,
}

/// A destination.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct DestinationView {
    /// Its id.
    pub id: String,
    /// Where it is.
    pub path: String,
    /// Whether each photo goes there at once, or whole events by backups.
    pub kind: DestinationKind,
    /// Whether it takes copies.
    pub up: bool,
    /// Since when that is so.
    pub since: String,
    /// Why not, and what to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Copies of the active event's photos proven there by uploads; of those of backups, `backup_status` tells.
    pub stored: u64,
    /// Copies due there by uploads.
    pub waiting: u64,
    /// Free bytes, when measured.
    pub free_bytes: Option<u64>,
    /// Bytes in all, when measured.
    pub total_bytes: Option<u64>,
    /// Bytes a second over the last ten seconds; none when nothing was copied.
    pub speed_bytes_per_second: Option<f64>,
}

/// Where a photo is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum PhotoState {
    /// Held; copies are due.
    Waiting,
    /// A copy is being written.
    Copying,
    /// All its copies are proven.
    Stored,
    /// A copy was given up.
    Failed,
}

/// A photo in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct PhotoView {
    /// Its id.
    pub id: String,
    /// Its name at the source.
    pub name: String,
    /// Its kind.
    pub kind: PhotoKind,
    /// Its length.
    pub size_bytes: u64,
    /// When it was taken, by the camera's clock.
    pub taken_at: Option<String>,
    /// When it was filed.
    pub filed_at: String,
    /// Its preview.
    pub photo_url: String,
    /// Where it is.
    pub state: PhotoState,
    /// Percent of the copy being written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub progress: Option<f64>,
}

/// A photo with its receipts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct PhotoDetail {
    /// As in a list.
    #[serde(flatten)]
    pub photo: PhotoView,
    /// BLAKE3 of the whole file.
    pub hash: String,
    /// What took it.
    pub camera: Option<Camera>,
    /// The source that delivered it first.
    pub source: String,
    /// Its path there.
    pub source_path: String,
    /// One per destination.
    pub copies: Vec<CopyView>,
    /// Every arrival that brought it, oldest first.
    pub receipts: Vec<PhotoReceipt>,
}

/// One copy's receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CopyView {
    /// Where.
    pub destination: String,
    /// `pending`, `failed` or `stored`.
    #[cfg_attr(feature = "schema", schemars(extend("enum" = ["pending", "failed", "stored"])))]
    pub state: String,
    /// Under which name there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Since when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// `device` or `cache`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_back: Option<kilat_core::ReadBack>,
    /// Why not yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// A page of photos.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PhotoList {
    /// Newest first.
    pub photos: Vec<PhotoView>,
    /// Give it as `before` for the next page; none at the end.
    pub next: Option<String>,
}

/// What is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Problem {
    /// Stable while the problem lasts.
    pub id: String,
    /// Its kind.
    pub kind: ProblemKind,
    /// The photo, file, source or destination.
    pub what: String,
    /// What happened and what to do.
    pub message: String,
    /// Since when.
    pub since: String,
    /// `retry` where Kilat can be asked to try again.
    pub action: Option<String>,
}

/// Kinds of problems.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ProblemKind {
    /// A copy was given up.
    CopyFailed,
    /// A file is cut off.
    Incomplete,
    /// A file cannot be read.
    Unreadable,
    /// A file was gone before it was read.
    Vanished,
    /// A file is above the size limit.
    TooLarge,
    /// A source cannot be read.
    SourceOffline,
    /// A destination takes no copies.
    DestinationDown,
    /// A disk is filling.
    DiskLow,
}
