//! What the server says: the messages that existing clients know, and `now` and `error` beside them.

use std::collections::BTreeMap;

use kilat_core::{NoticeKind, Priority};
use serde::{Deserialize, Serialize};

use crate::{Channel, Now};

/// One frame.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Envelope {
    /// What it says: `type` and `payload`.
    #[serde(flatten)]
    pub message: ServerMessage,
    /// When it was said, RFC 3339.
    pub timestamp: String,
    /// The channel that carries it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<Channel>,
    /// The history that `seq` counts in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub epoch: Option<String>,
    /// Of a log entry: its own place. Of a state: the last entry that it takes into account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
    /// Of a log entry only: every channel that carries it, with a place after which nothing else happened there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prev: Option<BTreeMap<Channel, u64>>,
    /// Of a state: when it was so, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_of: Option<String>,
    /// Of a state: how old it may be before it must not be shown as live.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_age_ms: Option<u64>,
    /// Its own id, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
}

impl Envelope {
    /// A message that belongs to no channel.
    #[must_use]
    pub fn of(message: ServerMessage, timestamp: String) -> Self {
        Self {
            message,
            timestamp,
            channel: None,
            epoch: None,
            seq: None,
            prev: None,
            as_of: None,
            max_age_ms: None,
            id: None,
        }
    }
}

/// Everything that the server says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "payload", rename_all = "snake_case")]
pub enum ServerMessage {
    /// First message of every connection.
    Connected(Connected),
    /// Answer to `subscribe`: where the channel stands, and what of the missed entries follows.
    Subscribed(Subscribed),
    /// Answer to `publish`: accepted.
    Published(Published),
    /// The server is about to stop.
    Draining(Draining),
    /// Answer to `heartbeat`.
    HeartbeatResponse(HeartbeatResponse),
    /// State of ingest.
    DslrStatus(DslrStatus),
    /// A source came or went.
    CameraStatus(CameraStatus),
    /// One photo's way.
    UploadProgress(UploadProgress),
    /// All backup runs.
    BackupStatus(Vec<BackupRun>),
    /// One backup run.
    BackupProgress(BackupProgress),
    /// State of the server.
    SystemStatus(SystemStatus),
    /// Something that a person must see.
    Notification(Notification),
    /// Everything that the page shows.
    Now(Box<Now>),
    /// Answer to a message that was not understood or not allowed.
    Error(ErrorBody),
}

/// First message of every connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Connected {
    /// This connection's name in the server's log.
    pub client_id: String,
    /// The server's clock.
    pub timestamp: String,
    /// What can be subscribed to.
    pub available_channels: Vec<Channel>,
    /// The server's version.
    pub version: String,
}

/// Answer to `subscribe`. After it come the channels' state, the missed entries in order, then what happens.
/// Said again when a viewer was too slow and is brought up to date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscribed {
    /// Which; the first of several.
    pub channel: Channel,
    /// All that were asked for at once.
    pub channels: Vec<Channel>,
    /// The history that `seq` counts in.
    pub epoch: String,
    /// Where the channel stood: with the `replayed` entries that follow, everything up to here was told.
    pub seq: u64,
    /// Whether nothing is missing since the cursor that was given. Without a cursor: true, nothing was asked for.
    pub recovered: bool,
    /// Missed entries that follow the state, all of them at or before `seq`.
    pub replayed: u64,
    /// What could not be told, and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skipped: Option<Skipped>,
}

/// What could not be told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Skipped {
    /// Why.
    pub why: SkippedWhy,
    /// The same in words, with what to do.
    pub message: String,
    /// After this entry; none when the cursor is of another history.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<u64>,
    /// Up to this one.
    pub up_to: u64,
}

/// Why entries could not be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SkippedWhy {
    /// The cursor is of another history: the journal was lost, or restored from a copy.
    OtherEpoch,
    /// The cursor is beyond the newest entry, which no honest one can be.
    Ahead,
    /// More happened than is told at once; the state and `GET /api/photos` have it all.
    TooFar,
}

/// Answer to `publish`. A state was handed on; an entry of the log is on the disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Published {
    /// The program's own name for the message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub r#ref: Option<String>,
    /// Where.
    pub channel: Channel,
    /// `state` or `log`.
    pub kind: PublishedKind,
    /// Of an entry: the history that `seq` counts in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub epoch: Option<String>,
    /// Of an entry: its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
}

/// What became of a published message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PublishedKind {
    /// Only its latest value matters.
    State,
    /// Kept and numbered.
    Log,
}

/// The server is about to stop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Draining {
    /// Connect again after this long: another number for each client.
    pub reconnect_after_ms: u64,
}

/// Answer to `heartbeat`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeartbeatResponse {
    /// The server's clock.
    pub timestamp: String,
}

/// State of ingest, as existing pages show it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DslrStatus {
    /// Whether every source can be read.
    pub is_connected: bool,
    /// Whether copies are under way.
    pub is_processing: bool,
    /// Photos of the event stored at a destination.
    pub total_uploaded: u64,
    /// Photos of the event whose copy was given up.
    pub failed_uploads: u64,
    /// When a copy was last stored.
    pub last_upload: Option<String>,
    /// The first source's folder.
    pub watch_folder: String,
    /// The active event.
    pub event_id: String,
    /// Who is named as the photographer.
    pub uploader_name: String,
    /// Copies waiting or under way.
    pub queue_size: u64,
    /// Megabytes (10⁶ bytes) a second over the last ten seconds.
    pub upload_speed: f64,
    /// Whether copying is not paused.
    pub service_running: bool,
    /// The server's clock.
    pub last_heartbeat: String,
    /// The camera that took the newest photo of those that name one.
    pub camera_model: String,
    /// New files are found by themselves: always true.
    pub auto_detect: bool,
    /// Whether a backup destination is set.
    pub backup_enabled: bool,
    /// Whether notices are announced.
    pub notifications_enabled: bool,
    /// Kilat does not mark photos: always false.
    pub watermark_enabled: bool,
}

/// A source came or went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CameraStatus {
    /// `connected` or `disconnected`.
    pub status: String,
    /// The camera or folder.
    pub camera_model: String,
    /// What happened.
    pub message: String,
}

/// Where one photo is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UploadStatus {
    /// The file arrived.
    Starting,
    /// Its copy is being written.
    Uploading,
    /// Its copy is stored and read back.
    Completed,
    /// It could not be filed, or its copy was given up.
    Failed,
}

/// One photo's way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UploadProgress {
    /// Where it is.
    pub status: UploadStatus,
    /// Its name at the source.
    pub file_name: String,
    /// When this was so.
    pub timestamp: String,
    /// Its length in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file_size: Option<u64>,
    /// Percent of the copy, 0 to 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub progress: Option<f64>,
    /// Bytes of the copy in all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
    /// Where its preview is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub photo_url: Option<String>,
    /// What happened and what to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The photo, once it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub photo_id: Option<String>,
    /// The destination, where a copy is meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub destination: Option<String>,
}

/// One backup run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BackupRun {
    /// Its id.
    pub backup_id: String,
    /// The event that it brings.
    pub event_id: String,
    /// `initializing`, `backing_up`, `completed` or `failed`.
    pub status: String,
    /// When it began.
    pub start_time: String,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_time: Option<String>,
    /// How long it took, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration: Option<u64>,
    /// Photos to bring.
    pub total_photos: u64,
    /// Photos looked at.
    pub processed_photos: u64,
    /// Photos stored.
    pub successful_uploads: u64,
    /// Photos that failed.
    pub failed_uploads: u64,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// Progress of one backup run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BackupProgress {
    /// Which run.
    pub backup_id: String,
    /// Which event.
    pub event_id: String,
    /// As in [`BackupRun`].
    pub status: String,
    /// Percent, 0 to 100.
    pub progress: f64,
    /// Photos looked at.
    pub processed_photos: u64,
    /// Photos to bring.
    pub total_photos: u64,
    /// Photos stored.
    pub successful_uploads: u64,
    /// Photos that failed.
    pub failed_uploads: u64,
}

/// State of the server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SystemStatus {
    /// `ok` or `degraded`.
    pub status: String,
    /// What is so, in words.
    pub message: String,
    /// Measured values by name.
    pub data: BTreeMap<String, serde_json::Value>,
}

/// Something that a person must see.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Notification {
    /// Its id; the same id is the same notification.
    pub id: String,
    /// Its kind.
    pub r#type: NoticeKind,
    /// Short.
    pub title: String,
    /// What happened, to what, what to do.
    pub message: String,
    /// How loud.
    pub priority: Priority,
    /// Its parts.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub data: BTreeMap<String, String>,
    /// Whether a toast is wanted.
    pub show_toast: bool,
    /// Whether it stays until someone dismisses it.
    pub persistent: bool,
    /// When it was raised.
    pub timestamp: String,
}

/// Answer to a message that was not understood or not allowed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorBody {
    /// Stable code.
    pub code: String,
    /// What was wrong and what to do.
    pub message: String,
    /// The client's own name for the message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub r#ref: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_has_type_payload_and_timestamp_at_its_top() {
        let beat = HeartbeatResponse { timestamp: "t".to_owned() };
        let frame = Envelope::of(ServerMessage::HeartbeatResponse(beat), "t".to_owned());
        let text = serde_json::to_string(&frame).expect("plain data");
        assert_eq!(text, r#"{"type":"heartbeat_response","payload":{"timestamp":"t"},"timestamp":"t"}"#);
    }

    #[test]
    fn nothing_uploaded_yet_is_null_and_not_a_date() {
        let status = r#"{"isConnected":true,"isProcessing":false,"totalUploaded":0,"failedUploads":0,"lastUpload":null,
            "watchFolder":"","eventId":"","uploaderName":"","queueSize":0,"uploadSpeed":0.0,"serviceRunning":true,
            "lastHeartbeat":"t","cameraModel":"","autoDetect":true,"backupEnabled":false,
            "notificationsEnabled":true,"watermarkEnabled":false}"#;
        let status: DslrStatus = serde_json::from_str(status).expect("the old fields are all there is");
        assert!(serde_json::to_string(&status).expect("plain data").contains("\"lastUpload\":null"));
    }
}
