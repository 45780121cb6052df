//! The machine that Kilat runs on, as pages ask for it, and the settings that belong to it.
//!
//! What was not or cannot be measured is `null` or absent: never a zero, never a guess. Shares are percent, 0 to 100.

use std::collections::BTreeMap;

use kilat_core::{
    AlarmKind, ClockState, CommitTimes, Cpu, Disk, Gauge, Interface, Memory, Process, Span, Temperature, Thresholds,
};
use serde::{Deserialize, Serialize};

use crate::Health;

/// Values of `type` of `GET /api/admin/monitoring`.
pub const MONITORING_TYPES: &[&str] = &["overview", "metrics", "health", "alerts", "stats", "history"];

/// `GET /api/admin/monitoring`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MonitoringAnswer {
    /// Always true.
    #[cfg_attr(feature = "schema", schemars(extend("const" = true)))]
    pub success: bool,
    /// The server's clock.
    pub timestamp: String,
    /// What was asked for.
    #[serde(flatten)]
    pub view: MonitoringView,
}

/// One look at the machine for each `type`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "type", content = "data", rename_all = "lowercase")]
pub enum MonitoringView {
    /// The few numbers of a dashboard.
    Overview(MachineSummary),
    /// Everything that was measured last.
    Metrics(Box<MachineMetrics>),
    /// Each part with `ok` or what is wrong.
    Health(Health),
    /// What is wrong with the machine now.
    Alerts(MachineAlerts),
    /// Least, mean and most of the last ten minutes, of the last day, of the last seven days.
    Stats(MachineStats),
    /// The past as points.
    History(MachineHistory),
}

/// The few numbers of a dashboard; `system_status` carries the same as `data.machine`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct MachineSummary {
    /// When it was measured; none before the first time.
    pub measured_at: Option<String>,
    /// Percent of the processors.
    pub cpu: Option<f64>,
    /// Percent of the memory.
    pub memory: Option<f64>,
    /// Percent of the fullest disk that Kilat uses.
    pub storage: Option<f64>,
    /// Tasks that ran or waited, the mean of a minute.
    pub load: Option<f64>,
    /// Hours until the first of the disks that Kilat uses is full, at the present rate; none while none fills.
    pub hours_until_full: Option<f64>,
    /// Degrees of the hottest sensor.
    pub temperature: Option<f64>,
    /// Bytes received a second.
    pub received_bytes_per_second: Option<f64>,
    /// Bytes sent a second.
    pub sent_bytes_per_second: Option<f64>,
    /// Milliseconds of the journal's commits, the 99th of 100; none when there were none in the last minute.
    pub commit_ms: Option<f64>,
    /// What is wrong with the machine now, in words.
    pub alerts: Vec<String>,
}

/// Everything that was measured last.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct MachineMetrics {
    /// When; none before the first time, like all that follows.
    pub measured_at: Option<String>,
    /// The processors.
    pub cpu: Option<Cpu>,
    /// Memory.
    pub memory: Option<Memory>,
    /// Disks, those that Kilat uses first.
    pub storage: Vec<Disk>,
    /// Network interfaces.
    pub network: Vec<Interface>,
    /// Sensors; empty where the machine has none that can be read.
    pub temperatures: Vec<Temperature>,
    /// Kilat itself.
    pub process: Option<Process>,
    /// Commits of the journal in the last minute; none when there were none.
    pub journal: Option<CommitTimes>,
    /// The clock.
    pub clock: Option<ClockState>,
}

/// What is wrong with the machine now.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MachineAlerts {
    /// One for each kind and disk.
    pub active: Vec<MachineAlert>,
    /// From when on there is one.
    pub thresholds: Thresholds,
}

/// Something that is wrong with the machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MachineAlert {
    /// About what.
    pub kind: AlarmKind,
    /// Which disk.
    pub place: Option<String>,
    /// Since when.
    pub since: String,
    /// How it is now, in the limit's unit; none while it cannot be measured.
    pub value: Option<f64>,
    /// Percent, or hours of a disk that fills.
    pub limit: f64,
    /// What happened and what to do.
    pub message: String,
}

/// Least, mean and most; a gauge that was never measured in that time is absent.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MachineStats {
    /// Of the last ten minutes.
    pub recent: BTreeMap<Gauge, Span>,
    /// Of the last 24 hours.
    pub day: BTreeMap<Gauge, Span>,
    /// Of the last seven days.
    pub week: BTreeMap<Gauge, Span>,
}

/// The past as points, oldest first.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct MachineHistory {
    /// How far back it goes, in minutes.
    pub minutes: u64,
    /// The time of one point, in seconds.
    pub step_seconds: u64,
    /// At most 360. Where nothing was measured there is none.
    pub points: Vec<HistoryPoint>,
}

/// A piece of the past.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct HistoryPoint {
    /// When it began.
    pub at: String,
    /// What was measured in it.
    pub values: BTreeMap<Gauge, Span>,
}

/// `GET` and `POST /api/admin/system/settings`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SystemSettingsAnswer {
    /// Always true.
    #[cfg_attr(feature = "schema", schemars(extend("const" = true)))]
    pub success: bool,
    /// Whether pages shall follow the WebSocket; Kilat answers both, always.
    pub use_realtime: bool,
    /// How often pages that poll shall ask, in milliseconds.
    pub polling_interval: u64,
    /// From when on the machine is worth a notice, in percent; 100 means never.
    pub alert_thresholds: Thresholds,
    /// Whether notices are announced.
    pub enable_notifications: bool,
}

/// `POST /api/admin/system/settings`: what is absent stays.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SetSystemSettings {
    /// Whether pages shall follow the WebSocket.
    pub use_realtime: Option<bool>,
    /// How often pages that poll shall ask, in milliseconds: 1,000 to 3,600,000.
    pub polling_interval: Option<u64>,
    /// From when on the machine is worth a notice.
    pub alert_thresholds: Option<SetThresholds>,
    /// Whether notices are announced.
    pub enable_notifications: Option<bool>,
}

/// Percent, 1 to 100; 100 means never. What is absent stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SetThresholds {
    /// Of the processors, on average over a minute.
    pub cpu: Option<u8>,
    /// Of the memory, on average over a minute.
    pub memory: Option<u8>,
    /// Of each disk that Kilat uses.
    pub storage: Option<u8>,
}
