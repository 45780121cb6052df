//! Event backups: runs and their progress, what calls about them take and answer, how safe an event is, the scrub.
//!
//! The first eleven fields of a run are what existing clients read; its `status` has the four words that they know,
//! `phase` tells more.

use kilat_core::{AskedBy, Medium, RunKind};
use serde::{Deserialize, Serialize};

/// Where a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum BackupPhase {
    /// It waits for its turn at the destination.
    Queued,
    /// What is there is compared with what should be.
    Listing,
    /// What is missing is copied and read back.
    Copying,
    /// Copies are read back.
    Verifying,
    /// The list of the copies is written.
    Sealing,
    /// An operator stopped it for now.
    Paused,
    /// The destination takes no copies; it goes on by itself.
    Waiting,
    /// Every photo has a proven copy.
    Completed,
    /// Not every photo has one.
    Failed,
    /// An operator ended it.
    Cancelled,
}

/// One backup run: one event to one destination.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct BackupRun {
    /// Its id.
    pub backup_id: String,
    /// The event that it brings.
    pub event_id: String,
    /// `initializing`, `backing_up`, `completed` or `failed`.
    #[cfg_attr(feature = "schema", schemars(extend("enum" = ["initializing", "backing_up", "completed", "failed"])))]
    pub status: String,
    /// When it was asked for.
    pub start_time: String,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_time: Option<String>,
    /// How long it took, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration: Option<u64>,
    /// Photos of the event; of a run that reads back: copies at the destination.
    pub total_photos: u64,
    /// Photos done: there already, stored, or failed.
    pub processed_photos: u64,
    /// Photos with a proven copy.
    pub successful_uploads: u64,
    /// Photos that failed.
    pub failed_uploads: u64,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Where to.
    pub destination: String,
    /// Whether it copies, or reads back.
    pub kind: RunKind,
    /// Who asked for it.
    pub asked_by: AskedBy,
    /// Where it stands.
    pub phase: BackupPhase,
    /// Why it waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What to do about its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
    /// Bytes of all of them.
    pub total_bytes: u64,
    /// Bytes done.
    pub processed_bytes: u64,
    /// Bytes a second over the last seconds; absent when nobody measured it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes_per_second: Option<u64>,
    /// How long the rest takes at that speed; absent when nobody can tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub eta_ms: Option<u64>,
    /// Photos that had a proven copy there before.
    pub was_there: u64,
    /// Room at the destination when the run compared; absent where it does not tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub free_bytes: Option<u64>,
    /// What it works on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub current_files: Vec<BackupFile>,
    /// The first of the photos that failed; `failedUploads` says how many there are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<BackupFailure>,
    /// When this was so.
    pub as_of: String,
}

/// A file that a run works on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct BackupFile {
    /// Its name.
    pub name: String,
    /// Bytes done so far.
    pub done_bytes: u64,
    /// Bytes in all.
    pub total_bytes: u64,
}

/// A photo that a run gave up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct BackupFailure {
    /// Which.
    pub photo_id: String,
    /// Its name.
    pub name: String,
    /// What happened and what to do.
    pub message: String,
}

/// Progress of one backup run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct BackupProgress {
    /// Which run.
    pub backup_id: String,
    /// Which event.
    pub event_id: String,
    /// As in [`BackupRun`].
    #[cfg_attr(feature = "schema", schemars(extend("enum" = ["initializing", "backing_up", "completed", "failed"])))]
    pub status: String,
    /// Percent of the bytes, 0 to 100.
    pub progress: f64,
    /// Photos done.
    pub processed_photos: u64,
    /// Photos to bring.
    pub total_photos: u64,
    /// Photos with a proven copy.
    pub successful_uploads: u64,
    /// Photos that failed.
    pub failed_uploads: u64,
    /// Where to.
    pub destination: String,
    /// Where it stands.
    pub phase: BackupPhase,
    /// Bytes of all photos.
    pub total_bytes: u64,
    /// Bytes done.
    pub processed_bytes: u64,
    /// Bytes a second over the last seconds; absent when nobody measured it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes_per_second: Option<u64>,
    /// How long the rest takes at that speed; absent when nobody can tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub eta_ms: Option<u64>,
    /// What it works on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub current_files: Vec<BackupFile>,
}

/// `POST /api/admin/events/{id}/backup`. Without a body: to every backup destination.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct StartBackup {
    /// Where to; every backup destination when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destinations: Option<Vec<String>>,
    /// What to do; to copy when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<RunKind>,
}

/// The answer to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BackupsStarted {
    /// Always true.
    #[cfg_attr(feature = "schema", schemars(extend("const" = true)))]
    pub success: bool,
    /// What was done.
    pub message: String,
    /// The first run.
    pub data: BackupRun,
    /// All runs that were asked for; one that went already is answered, not begun twice.
    pub runs: Vec<BackupRun>,
}

/// `GET /api/admin/events/{id}/backup`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EventBackups {
    /// Always true.
    #[cfg_attr(feature = "schema", schemars(extend("const" = true)))]
    pub success: bool,
    /// With `backupId` that run, else the event's, newest first.
    pub data: OneOrAll,
}

/// One run or a list of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum OneOrAll {
    /// The run that was asked for.
    One(Box<BackupRun>),
    /// Those of the event.
    All(Vec<BackupRun>),
}

/// The answer to what an operator does to a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BackupAnswer {
    /// Always true.
    #[cfg_attr(feature = "schema", schemars(extend("const" = true)))]
    pub success: bool,
    /// What was done.
    pub message: String,
    /// The run, as it is now.
    pub data: BackupRun,
}

/// `GET /api/admin/events/{id}/safety`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SafetyAnswer {
    /// Always true.
    #[cfg_attr(feature = "schema", schemars(extend("const" = true)))]
    pub success: bool,
    /// How safe the event is.
    pub data: SafetyView,
}

/// How many proven copies of an event's photos there are, and whether that is enough.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SafetyView {
    /// Which event.
    pub event_id: String,
    /// Its name.
    pub event_name: String,
    /// Whether every photo meets the rule, and every file that arrived is a photo.
    pub safe_to_format: bool,
    /// The same in words, with what is missing.
    pub verdict: String,
    /// What the studio asks for.
    pub rule: SafetyRuleView,
    /// Photos of the event.
    pub photos: u64,
    /// Those of them that meet the rule.
    pub safe_photos: u64,
    /// Files that arrived and are no photo: not read yet, or unreadable.
    pub unfiled: u64,
    /// How many photos have how many copies, fewest first.
    pub tally: Vec<SafetyTally>,
    /// Where copies are.
    pub places: Vec<SafetyPlace>,
    /// The first of the photos that do not meet the rule.
    pub missing: Vec<SafetyMissing>,
}

/// How many copies every photo must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SafetyRuleView {
    /// Proven copies, each on a disk or service of its own.
    pub copies: u32,
    /// Kinds of media.
    pub media: u32,
    /// In another building.
    pub off_site: u32,
}

/// Photos that have the same number of copies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SafetyTally {
    /// Copies on disks and services of their own.
    pub copies: u32,
    /// Kinds of media.
    pub media: u32,
    /// In another building.
    pub off_site: u32,
    /// How many photos.
    pub photos: u64,
}

/// A destination that holds copies of an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SafetyPlace {
    /// Its id.
    pub id: String,
    /// What it is.
    pub medium: Medium,
    /// Whether it is in another building.
    pub off_site: bool,
    /// Destinations with the same words here lie on one disk, and count as one.
    pub volume: String,
    /// Photos of the event with a proven copy there.
    pub photos: u64,
}

/// A photo that does not meet the rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SafetyMissing {
    /// Which.
    pub photo_id: String,
    /// Its name.
    pub name: String,
    /// Where it has proven copies.
    pub copies_at: Vec<String>,
}

/// `POST /api/admin/scrub`. Without a body: at every destination.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StartScrub {
    /// Where; everywhere when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destination: Option<String>,
}

/// The state of the scrubs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ScrubAnswer {
    /// Always true.
    #[cfg_attr(feature = "schema", schemars(extend("const" = true)))]
    pub success: bool,
    /// By destination, those that were never read back left out.
    pub data: Vec<ScrubView>,
}

/// The newest scrub of one destination.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ScrubView {
    /// Which.
    pub destination: String,
    /// Whether copies are due to be read back now.
    pub running: bool,
    /// When it began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub began_at: Option<String>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<String>,
    /// Copies that are what they were.
    pub sound: u64,
    /// Copies that are gone.
    pub missing: u64,
    /// Copies that are damaged.
    pub damaged: u64,
    /// How many of those of backups have a good copy again, beside the bad one.
    pub mended: u64,
    /// What is wrong with the manifests there, in words; the first ten.
    pub flaws: Vec<String>,
    /// Why it cannot go on now: what is wrong with the destination and what to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waits: Option<String>,
}
