//! Bodies of the HTTP calls.

use std::collections::BTreeMap;

use kilat_core::EventStatus;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use crate::{BackupRun, DslrStatus, Notification};

/// Every refusal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Apology {
    /// Always false.
    #[cfg_attr(feature = "schema", schemars(extend("const" = false)))]
    pub success: bool,
    /// Stable code.
    pub code: String,
    /// What happened, to what.
    pub error: String,
    /// What to do next.
    pub remedy: String,
}

/// `GET /api/dslr/status`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DslrAnswer {
    /// Always true.
    #[cfg_attr(feature = "schema", schemars(extend("const" = true)))]
    pub success: bool,
    /// The state.
    #[serde(flatten)]
    pub status: DslrStatus,
}

/// `POST /api/dslr/status`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DslrRequest {
    /// One of [`DslrAction`]; a text, so that an unknown one is refused by name.
    #[cfg_attr(feature = "schema", schemars(extend("enum" = ["pause", "resume", "update_settings"])))]
    pub action: String,
    /// For `update_settings`.
    #[serde(default, deserialize_with = "object")]
    pub settings: Option<SettingsPatch>,
}

/// Serde reads a struct from a list of its fields too, which nobody means.
fn object<'de, D: Deserializer<'de>>(from: D) -> Result<Option<SettingsPatch>, D::Error> {
    let fields: Option<Map<String, Value>> = Option::deserialize(from)?;
    fields.map(|fields| serde_json::from_value(Value::Object(fields)).map_err(D::Error::custom)).transpose()
}

/// What `POST /api/dslr/status` can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DslrAction {
    /// Stop copying; arrivals go on.
    Pause,
    /// Copy again.
    Resume,
    /// Change settings.
    UpdateSettings,
}

impl DslrAction {
    /// The action of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "pause" => Some(Self::Pause),
            "resume" => Some(Self::Resume),
            "update_settings" => Some(Self::UpdateSettings),
            _ => None,
        }
    }
}

/// Settings to change; what is absent stays. Unknown names are refused, not ignored.
///
/// Existing pages send all settings that they show, changed or not: those that this call cannot change
/// may be named with the value that they have.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SettingsPatch {
    /// Who is named as the photographer.
    pub uploader_name: Option<String>,
    /// Whether notices are announced.
    pub notifications_enabled: Option<bool>,
    /// Cannot be changed.
    pub auto_detect: Option<bool>,
    /// Cannot be changed here.
    pub backup_enabled: Option<bool>,
    /// Cannot be changed.
    pub watermark_enabled: Option<bool>,
    /// Cannot be changed here.
    pub watch_folder: Option<String>,
    /// Cannot be changed here.
    pub event_id: Option<String>,
}

/// `POST /api/dslr/control`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ControlRequest {
    /// One of [`ControlAction`]; a text, so that an unknown one is refused by name.
    #[cfg_attr(feature = "schema", schemars(extend("enum" = ["start", "stop", "restart", "status"])))]
    pub action: String,
}

/// What `POST /api/dslr/control` can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ControlAction {
    /// Copy.
    Start,
    /// Do not copy.
    Stop,
    /// Stop, then copy and try again what was given up.
    Restart,
    /// Only tell.
    Status,
}

impl ControlAction {
    /// The action of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "start" => Some(Self::Start),
            "stop" => Some(Self::Stop),
            "restart" => Some(Self::Restart),
            "status" => Some(Self::Status),
            _ => None,
        }
    }
}

/// `GET` and `POST /api/dslr/control`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ControlAnswer {
    /// Always true.
    #[cfg_attr(feature = "schema", schemars(extend("const" = true)))]
    pub success: bool,
    /// What was done.
    pub message: String,
    /// Where copying stands now.
    pub state: ControlState,
}

/// Where copying stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ControlState {
    /// Whether copying is not paused.
    pub is_running: bool,
    /// When the server started.
    pub start_time: Option<String>,
    /// The server's process.
    pub process_id: Option<u32>,
    /// The last action given here.
    pub last_command: Option<String>,
}

/// A row of `GET /api/admin/events`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EventRow {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its day, `YYYY-MM-DD`.
    pub date: String,
    /// Where it stands.
    pub status: EventStatus,
}

/// `POST /api/admin/events`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateEvent {
    /// As the studio calls it: 1 to 120 characters on one line.
    #[cfg_attr(feature = "schema", schemars(extend("minLength" = 1, "maxLength" = 120)))]
    pub name: String,
    /// `YYYY-MM-DD`; today when absent.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(extend("format" = "date")))]
    pub date: Option<String>,
    /// Whether new photos belong to it at once.
    #[serde(default, rename = "use")]
    pub use_now: bool,
}

/// `POST /api/uploads/retry`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RetryAnswer {
    /// Always true.
    #[cfg_attr(feature = "schema", schemars(extend("const" = true)))]
    pub success: bool,
    /// What was done.
    pub message: String,
}

/// `GET /api/notifications`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NoticeList {
    /// Newest first.
    pub notifications: Vec<Notification>,
    /// How many stand open, also those on other pages.
    pub open: u64,
    /// `before` of the next page; none on the last.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub next: Option<u64>,
}

/// `POST /api/notifications/{id}/ack` and `POST /api/notifications/ack`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AckAnswer {
    /// Always true.
    #[cfg_attr(feature = "schema", schemars(extend("const" = true)))]
    pub success: bool,
    /// How many were acknowledged now; 0 when somebody did before.
    pub acknowledged: u64,
}

/// `GET /health` and `GET /api/health`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Health {
    /// `ok` or `degraded`.
    #[cfg_attr(feature = "schema", schemars(extend("enum" = ["ok", "degraded"])))]
    pub status: String,
    /// Each part with `ok` or what is wrong.
    pub checks: BTreeMap<String, String>,
    /// The server's version.
    pub version: String,
    /// Seconds since the server started.
    pub uptime_seconds: u64,
    /// Connected viewers.
    pub clients: u64,
    /// The server's process: by it a command knows that this is the server it looked for.
    pub pid: u32,
}

/// `GET /api/admin/backup/status`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BackupListAnswer {
    /// Always true.
    #[cfg_attr(feature = "schema", schemars(extend("const" = true)))]
    pub success: bool,
    /// The runs.
    pub data: BackupList,
}

/// `DELETE /api/admin/backup/status`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BackupsForgotten {
    /// Always true.
    #[cfg_attr(feature = "schema", schemars(extend("const" = true)))]
    pub success: bool,
    /// What was done.
    pub message: String,
}

/// Backup runs.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct BackupList {
    /// In numbers.
    pub summary: BackupSummary,
    /// The last ten.
    pub recent_backups: Vec<BackupRun>,
    /// All that are kept.
    pub all_backups: Vec<BackupRun>,
}

/// Backup runs in numbers.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct BackupSummary {
    /// Runs kept.
    pub total_backups: u64,
    /// Runs under way.
    pub active_backups: u64,
    /// Runs that ended well.
    pub completed_backups: u64,
    /// Runs that failed.
    pub failed_backups: u64,
    /// Photos brought by all of them.
    pub total_photos_backed_up: u64,
    /// Photos that failed in all of them.
    pub total_photos_failed: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_an_object_and_unknown_ones_are_refused() {
        let of = |settings: &str| {
            serde_json::from_str::<DslrRequest>(&format!(r#"{{"action":"update_settings","settings":{settings}}}"#))
        };
        assert!(of(r#"{"uploaderName":"Sari"}"#).expect("settings").settings.is_some());
        assert!(of("null").expect("none").settings.is_none());
        assert!(of("[null,null]").is_err());
        assert!(of(r#"{"nobodysSetting":true}"#).is_err());
    }

    #[test]
    fn every_action_of_the_contract_is_known() {
        for name in ["pause", "resume", "update_settings"] {
            assert!(DslrAction::named(name).is_some(), "{name}");
        }
        for name in ["start", "stop", "restart", "status"] {
            assert!(ControlAction::named(name).is_some(), "{name}");
        }
    }
}
