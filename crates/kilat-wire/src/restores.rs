//! Restores that the server does: what calls about them take and answer, and what viewers are told.

use serde::{Deserialize, Serialize};

/// Where a restore stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RestorePhase {
    /// What the place has of the event is read.
    Reading,
    /// Files are written and compared with their hash.
    Copying,
    /// An operator ended it; it stops at the next block.
    Cancelling,
    /// Every file stands there.
    Completed,
    /// All that the place has whole stands there; the rest is named.
    Incomplete,
    /// It could not go on; whole files stay.
    Failed,
    /// An operator ended it; whole files stay.
    Cancelled,
    /// Kilat ended before it did; whole files stay. Begun again, it takes what is there as it is.
    Interrupted,
}

/// One restore: photos of an event from one destination into a folder of the server's machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct RestoreRun {
    /// Its id.
    pub restore_id: String,
    /// Whose photos.
    pub event_id: String,
    /// From which destination.
    pub from: String,
    /// How many names were asked for; absent when all photos were.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub names: Option<u64>,
    /// Into which folder. Absent in what viewers are told: it is for who may act.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
    /// Where it stands.
    pub phase: RestorePhase,
    /// When it was asked for.
    pub start_time: String,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_time: Option<String>,
    /// Files to bring; 0 before that was found.
    pub total_photos: u64,
    /// Their bytes.
    pub total_bytes: u64,
    /// Files written, each compared with its hash. Absent when Kilat ended before it could count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restored_photos: Option<u64>,
    /// Files that stood there already with the same bytes; absent as above.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub was_there: Option<u64>,
    /// Files that could not be brought; absent as above.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed_photos: Option<u64>,
    /// Bytes written, or compared where they stood already.
    pub processed_bytes: u64,
    /// Bytes a second over the last seconds; absent when nobody measured it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes_per_second: Option<u64>,
    /// How long the rest takes at that speed; absent when nobody can tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eta_ms: Option<u64>,
    /// The first of the files that could not be brought; `failedPhotos` says how many there are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<RestoreFailure>,
    /// What happened, if it did not bring everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// What to do next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
    /// What is wrong with the lists of copies there, in words; the first few.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// When this was so.
    pub as_of: String,
}

/// A file that could not be brought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct RestoreFailure {
    /// Its path below the event's folder.
    pub name: String,
    /// What was wrong with its copy.
    pub message: String,
}

/// `POST /api/admin/events/{id}/restore`, and `…/restore/plan`, which begins nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StartRestore {
    /// From which destination: all that has a copy there. This or `run`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// From the destination of this backup run, which must have ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// Only photos of these names, without regard to case; all when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub photos: Option<Vec<String>>,
    /// Into this folder of the server's machine, from the root on: only for owners. A new one when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
}

/// `POST /api/admin/restores/{id}/retry`: the same again, into the same folder.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RetryRestore {
    /// From this destination instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
}

/// What a restore would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct RestorePlan {
    /// Whose photos.
    pub event_id: String,
    /// From which destination.
    pub from: String,
    /// Into which folder.
    pub folder: String,
    /// Files with a proven copy there that were asked for.
    pub photos: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Photos of the event that have no proven copy there: they cannot come from it.
    pub missing_photos: u64,
    /// Bytes of those that do not stand in the folder yet.
    pub needed_bytes: u64,
    /// Room that may be filled there.
    pub free_bytes: u64,
}

/// The answer to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RestorePlanAnswer {
    /// Always true.
    #[cfg_attr(feature = "schema", schemars(extend("const" = true)))]
    pub success: bool,
    /// What would be done.
    pub data: RestorePlan,
}

/// The answer to what is done about one restore.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RestoreAnswer {
    /// Always true.
    #[cfg_attr(feature = "schema", schemars(extend("const" = true)))]
    pub success: bool,
    /// What was done.
    pub message: String,
    /// The restore, as it is now.
    pub data: RestoreRun,
}

/// `GET /api/admin/restores`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RestoreListAnswer {
    /// Always true.
    #[cfg_attr(feature = "schema", schemars(extend("const" = true)))]
    pub success: bool,
    /// Restores on record, newest first.
    pub data: Vec<RestoreRun>,
}
