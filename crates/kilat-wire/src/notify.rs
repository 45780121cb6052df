//! Bodies about who is told beyond the browser: targets and devices. A secret is in a request when it is given; an
//! answer holds one only when Kilat has just made it.

use std::collections::BTreeMap;

use kilat_core::{Lang, NamedBy, NoticeKind, Priority};
use serde::{Deserialize, Serialize};

/// How a target is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum TargetKind {
    /// Everything, signed as Standard Webhooks.
    Webhook,
    /// A call with a body of one's own.
    Http,
    /// A message of a Telegram bot.
    Telegram,
    /// A message to an ntfy topic.
    Ntfy,
    /// A call in regular intervals, for a watch elsewhere that tells when it stays away.
    Heartbeat,
}

/// How it goes with somebody who is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum TellingState {
    /// Nothing was told yet.
    Idle,
    /// It took what it was told last.
    Ok,
    /// It did not; it is tried again.
    Failing,
    /// The settings say that it is told nothing.
    Off,
}

/// How it went so far.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct TellingView {
    /// In a word.
    pub state: TellingState,
    /// What was wrong last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
    /// Failed attempts at what comes next.
    pub attempts: u32,
    /// Messages that it took.
    pub told: u64,
    /// Messages that were given up, after three days of attempts.
    pub given_up: u64,
    /// Notifications that were raised since it fails.
    pub waiting: u64,
    /// When it took something last (RFC 3339).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_success_at: Option<String>,
    /// When it failed last (RFC 3339).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_error_at: Option<String>,
}

/// A target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct TargetRow {
    /// Its name.
    pub name: String,
    /// How it is told.
    pub kind: TargetKind,
    /// Where to, without secrets: `{secret}` stands for a part that nobody may read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The chat, of a Telegram bot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chat: Option<String>,
    /// How often, of a heartbeat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every_seconds: Option<u64>,
    /// Who named it.
    pub named_by: NamedBy,
    /// Of which loudness and above it is told.
    pub at_least: Priority,
    /// Of which types it is told; of all when empty.
    pub types: Vec<NoticeKind>,
    /// In which language.
    pub lang: Lang,
    /// Whether it is told again of what nobody has seen.
    pub escalations: bool,
    /// Whether it is told that a cause ended.
    pub ends: bool,
    /// How it goes.
    #[serde(flatten)]
    pub telling: TellingView,
}

/// `POST /api/admin/notify`.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CreateTarget {
    /// Its name: lower-case letters, digits and `-`.
    pub name: String,
    /// How it is told.
    pub kind: TargetKind,
    /// Where to; a Telegram bot needs none. `{secret}` stands for the secret `url_secret`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The chat, of a Telegram bot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chat: Option<String>,
    /// What is sent to an `http` target: `{title}`, `{message}`, `{priority}`, `{id}`, `{state}` are replaced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// The type of that: `application/json` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// How often, of a heartbeat: 60 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every_seconds: Option<u64>,
    /// Of which loudness and above it is told: `high` when absent, of a webhook everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<Priority>,
    /// Of which types it is told; of all when empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub types: Vec<NoticeKind>,
    /// In which language: English when absent.
    #[serde(default)]
    pub lang: Lang,
    /// Whether it is told again of what nobody has seen: yes when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub escalations: Option<bool>,
    /// Whether it is told that a cause ended: yes when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends: Option<bool>,
    /// What lets Kilat in there, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub secrets: BTreeMap<String, String>,
    /// Whether it is added without having been told something.
    #[serde(default)]
    pub untested: bool,
}

/// A new target.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct NewTargetAnswer {
    /// Proves to a webhook that it is Kilat who calls: made now, and told this one time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signing_key: Option<String>,
    /// What is known of it from now on.
    #[serde(flatten)]
    pub row: TargetRow,
}

/// It took a test message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct TargetTested {
    /// Always true.
    #[cfg_attr(feature = "schema", schemars(extend("const" = true)))]
    pub success: bool,
    /// Which.
    pub name: String,
    /// How long it took.
    pub took_ms: u64,
}

/// `GET /api/push`: what a browser subscribes with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct PushKey {
    /// `applicationServerKey`: base64url.
    pub public_key: String,
}

/// `POST /api/push`: what `PushSubscription.toJSON()` says, and what the device is told.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SubscribePush {
    /// The push service's address for the device.
    pub endpoint: String,
    /// The keys that the browser made.
    pub keys: PushKeys,
    /// In which language it is told: English when absent.
    #[serde(default)]
    pub lang: Lang,
    /// Of which loudness and above it is told: `high` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<Priority>,
}

/// Keys of a push subscription, base64url.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PushKeys {
    /// The browser's public key.
    pub p256dh: String,
    /// The browser's secret.
    pub auth: String,
}

/// A device is signed up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PushSubscribed {
    /// Always true.
    #[cfg_attr(feature = "schema", schemars(extend("const" = true)))]
    pub success: bool,
    /// Names the device; it is signed off by it.
    pub id: String,
}

/// A device that somebody signed up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct PushDeviceRow {
    /// Its id.
    pub id: String,
    /// The push service's host.
    pub service: String,
    /// Whose it is.
    pub by: String,
    /// Since when (RFC 3339).
    pub since: String,
    /// In which language it is told.
    pub lang: Lang,
    /// Of which loudness and above.
    pub at_least: Priority,
    /// How it goes.
    #[serde(flatten)]
    pub telling: TellingView,
}
