//! What channels carry, in the shapes that existing clients know: states, progress, notifications.

use std::collections::BTreeMap;

use kilat_core::{Lang, NoticeKind, NoticeState, NoticeText, Priority};
use serde::{Deserialize, Serialize};

/// State of ingest, as existing pages show it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CameraStatus {
    /// `connected` or `disconnected`.
    #[cfg_attr(feature = "schema", schemars(extend("enum" = ["connected", "disconnected"])))]
    pub status: String,
    /// The camera or folder.
    pub camera_model: String,
    /// What happened.
    pub message: String,
}

/// Where one photo is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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

/// State of the server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SystemStatus {
    /// `ok` or `degraded`.
    #[cfg_attr(feature = "schema", schemars(extend("enum" = ["ok", "degraded"])))]
    pub status: String,
    /// What is so, in words.
    pub message: String,
    /// Measured values by name.
    pub data: BTreeMap<String, serde_json::Value>,
}

/// Something that a person must see.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
    /// Title and message in every language.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    #[cfg_attr(feature = "schema", schemars(extend("propertyNames" = { "$ref": "#/$defs/Lang" })))]
    pub texts: BTreeMap<Lang, NoticeText>,
    /// What it is about, for example `destination:disk`; none when it tells of a moment.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub about: Option<String>,
    /// Where it stands.
    pub state: NoticeState,
    /// How many were folded into it, with itself.
    pub count: u64,
    /// The first names of what was folded into it.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub samples: Vec<String>,
    /// When it changed last.
    pub updated_at: String,
    /// When its cause ended.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub resolved_at: Option<String>,
    /// When somebody had seen it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub acknowledged_at: Option<String>,
    /// Who had seen it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub acknowledged_by: Option<String>,
    /// How often it was told again because nobody had seen it.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub escalations: u32,
    /// Whether a toast is wanted.
    pub show_toast: bool,
    /// Whether it stays until someone dismisses it.
    pub persistent: bool,
    /// When it was raised.
    pub timestamp: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks by reference")]
fn is_zero(count: &u32) -> bool {
    *count == 0
}

#[cfg(test)]
mod tests {
    use super::*;

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
