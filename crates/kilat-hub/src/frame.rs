//! A message that was serialised once and is shared by every viewer that gets it.

use std::sync::Arc;

use bytes::Bytes;
use kilat_wire::{Channel, Envelope, ServerMessage};

/// What makes two states the same value at different times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StateKey {
    /// What the page shows.
    Now,
    /// `dslr_status`.
    Dslr,
    /// `backup_status`.
    Backups,
    /// `system_status`.
    System,
    /// A copy in flight: photo and destination.
    Copy(Arc<str>, Arc<str>),
}

/// The channels that carry a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Channels(u8);

impl Channels {
    /// Exactly these.
    #[must_use]
    pub fn of(channels: &[Channel]) -> Self {
        channels.iter().fold(Self::default(), |all, channel| all.with(*channel))
    }

    /// One more.
    #[must_use]
    pub fn with(self, channel: Channel) -> Self {
        Self(self.0 | 1 << channel.index())
    }

    /// One less.
    #[must_use]
    pub fn without(self, channel: Channel) -> Self {
        Self(self.0 & !(1 << channel.index()))
    }

    /// Whether any is in both.
    #[must_use]
    pub fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// How many.
    #[must_use]
    pub fn count(self) -> u32 {
        self.0.count_ones()
    }

    pub(crate) fn bits(self) -> u8 {
        self.0
    }

    pub(crate) fn from_bits(bits: u8) -> Self {
        Self(bits)
    }
}

/// A serialised message.
#[derive(Debug, Clone)]
pub struct Frame {
    /// The JSON text, always UTF-8.
    pub text: Text,
    /// Set for state: a later frame of the same key replaces it.
    pub key: Option<StateKey>,
    /// For state: the higher one is newer.
    pub version: u64,
    /// For outcomes: the state that is over.
    pub ends: Option<StateKey>,
}

/// Shared UTF-8 bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text(Bytes);

impl Text {
    /// The bytes, to hand to a socket without copying.
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        self.0
    }
}

impl std::fmt::Display for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.0))
    }
}

impl Frame {
    /// An event: told once, in order.
    #[must_use]
    pub fn event(text: String) -> Self {
        Self { text: Text(text.into()), key: None, version: 0, ends: None }
    }

    /// A state: only the latest matters.
    #[must_use]
    pub fn state(key: StateKey, version: u64, text: String) -> Self {
        Self { text: Text(text.into()), key: Some(key), version, ends: None }
    }

    /// The same event, which also ends a state.
    #[must_use]
    pub fn ending(mut self, key: StateKey) -> Self {
        self.ends = Some(key);
        self
    }
}

/// Serialises a message for a channel.
#[must_use]
pub fn encode(message: ServerMessage, channel: Option<Channel>, timestamp: String, id: Option<String>) -> String {
    let envelope = Envelope { message, timestamp, channel, id };
    // Plain data with text keys: serialising it cannot fail. Should it ever, viewers get a message that says so.
    serde_json::to_string(&envelope).unwrap_or_else(|error| {
        tracing::error!(%error, "cannot serialise a message");
        r#"{"type":"error","payload":{"code":"internal","message":"a message could not be written"},"timestamp":""}"#
            .to_owned()
    })
}
