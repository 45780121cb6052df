//! Bodies of the calls that look inside: who is connected, and one connection's last lines.

use serde::{Deserialize, Serialize};

use crate::{Channel, Heard, Skipped};

/// `GET /api/channels` without its messages, which follow as they would on a socket: states, then entries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PageHead {
    /// Which; the first of several.
    pub channel: Channel,
    /// All that were asked for at once.
    pub channels: Vec<Channel>,
    /// The history that `seq` counts in.
    pub epoch: String,
    /// Ask with this one next: everything up to here was told.
    pub seq: u64,
    /// Whether nothing is missing since the cursor that was given.
    pub recovered: bool,
    /// Missed entries among the messages.
    pub replayed: u64,
    /// What could not be told, and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skipped: Option<Skipped>,
    /// Whether more entries follow at once: ask again.
    pub more: bool,
}

/// `GET /api/channels`, as a client reads it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ChannelPage {
    /// What it covers.
    #[serde(flatten)]
    pub head: PageHead,
    /// The channels' states, then the missed entries in order.
    pub messages: Vec<Heard>,
}

/// `GET /api/admin/clients`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ClientList {
    /// In the order of their coming; at most 1,000.
    pub clients: Vec<ClientView>,
    /// How many there are.
    pub viewers: u64,
    /// Their subscriptions.
    pub subscriptions: u64,
}

/// One connected client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ClientView {
    /// As in `connected`.
    pub client_id: String,
    /// Whose token or account it is.
    pub who: String,
    /// What it may do: `viewer`, `operator`, `agent` or `admin`.
    #[cfg_attr(feature = "schema", schemars(extend("enum" = ["viewer", "agent", "operator", "admin"])))]
    pub role: String,
    /// Where it came from.
    pub address: String,
    /// `websocket` or `sse`.
    #[cfg_attr(feature = "schema", schemars(extend("enum" = ["websocket", "sse"])))]
    pub transport: String,
    /// What it calls itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// What it is subscribed to.
    pub channels: Vec<Channel>,
    /// Seconds since it connected.
    pub connected_seconds: u64,
    /// Seconds since it was heard.
    pub last_heard_seconds: u64,
    /// Places of the log between the newest entry and the last that it was told.
    pub behind: u64,
    /// Messages that wait for it.
    pub queued: u64,
    /// Seconds since its connection took nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blocked_seconds: Option<u64>,
    /// Messages sent.
    pub sent_messages: u64,
    /// Bytes sent.
    pub sent_bytes: u64,
    /// States that it skipped to a later one, because it was slow.
    pub skipped_states: u64,
    /// How often it was too slow for the log and was brought up to date.
    pub resyncs: u64,
}

/// `GET /api/admin/clients/ID/trace`. Lines are noted from the first look on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ClientTrace {
    /// As in `connected`.
    pub client_id: String,
    /// The last lines, oldest first: `<` is heard from the client, `>` told to it.
    pub lines: Vec<String>,
}
