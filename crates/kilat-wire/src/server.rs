//! What the server says: the envelope, every type of message, and what a connection says about itself.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    BackupProgress, BackupRun, CameraStatus, Channel, DslrStatus, Notification, Now, ProgramEnvelope, RestoreRun,
    SystemStatus, UploadProgress,
};

/// One frame.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
    #[cfg_attr(feature = "schema", schemars(extend("propertyNames" = { "$ref": "#/$defs/Channel" })))]
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

/// What a client hears on any transport.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum Heard {
    /// A message that this version knows.
    Known(Box<Envelope>),
    /// One that a program published, of a type of its own.
    Program(ProgramEnvelope),
}

/// Everything that the server says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
    /// The restore that goes, or the newest one.
    RestoreStatus(RestoreRun),
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
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum PublishedKind {
    /// Only its latest value matters.
    State,
    /// Kept and numbered.
    Log,
}

/// The server is about to stop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Draining {
    /// Connect again after this long: another number for each client.
    pub reconnect_after_ms: u64,
}

/// Answer to `heartbeat`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct HeartbeatResponse {
    /// The server's clock.
    pub timestamp: String,
}

/// Answer to a message that was not understood or not allowed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
}
