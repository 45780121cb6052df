//! A message that was serialised and framed once and is shared by every viewer that gets it.
//!
//! The bytes are what a WebSocket carries, header first; other transports take the text behind it.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use kilat_core::Millis;
use kilat_wire::{Channel, Channels, Envelope, ServerMessage};
use serde::Serialize;
use serde_json::value::RawValue;

/// Longest payload whose length fits in the first two bytes of a header.
const SHORT: usize = 125;

/// What makes two states the same value at different times.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum StateKey {
    /// What the page shows.
    Now,
    /// `dslr_status`.
    Dslr,
    /// `backup_status`.
    Backups,
    /// `restore_status`.
    Restore,
    /// `system_status`.
    System,
    /// `camera_status`: a source.
    Camera(Arc<str>),
    /// A copy in flight: photo and destination.
    Copy(Arc<str>, Arc<str>),
    /// A backup run that goes.
    Backup(Arc<str>),
    /// What a program publishes.
    Published(Arc<str>),
}

impl StateKey {
    /// States that Kilat itself builds, of which an older one must never follow a newer one.
    pub(crate) const OWN: usize = 6;

    /// Its place among those; none for the others.
    pub(crate) fn own(&self) -> Option<usize> {
        match self {
            Self::Now => Some(0),
            Self::Dslr => Some(1),
            Self::Backups => Some(2),
            Self::System => Some(3),
            // All sources are looked at together: one place for them.
            Self::Camera(_) => Some(4),
            Self::Restore => Some(5),
            Self::Copy(..) | Self::Backup(_) | Self::Published(_) => None,
        }
    }
}

/// What a frame is to the one who gets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// The latest value of a key; the higher version is newer.
    State {
        /// Which value.
        key: StateKey,
        /// Which state of it.
        version: u64,
    },
    /// An entry of the log.
    Log {
        /// Its place.
        seq: u64,
        /// The state that is over with it.
        ends: Option<StateKey>,
    },
    /// Meant for one viewer only.
    Answer,
    /// Asks whether somebody is there.
    Ping,
    /// The last one.
    Close,
}

/// A framed message.
#[derive(Debug, Clone)]
pub struct Frame {
    wire: Bytes,
    text_at: usize,
    /// The channels that carry it; none for an answer.
    pub channels: Channels,
    /// What it is.
    pub what: What,
}

impl Frame {
    /// Frames a text.
    #[must_use]
    pub fn text(text: &str, channels: Channels, what: What) -> Self {
        let wire = framed(0x81, text.as_bytes());
        Self { text_at: wire.len() - text.len(), wire: wire.into(), channels, what }
    }

    /// For one viewer.
    #[must_use]
    pub fn answer(text: &str) -> Self {
        Self::text(text, Channels::default(), What::Answer)
    }

    /// Bytes, for an echo: viewers get texts only.
    #[must_use]
    pub fn binary(payload: &[u8]) -> Self {
        let wire = framed(0x82, payload);
        Self { text_at: wire.len(), wire: wire.into(), channels: Channels::default(), what: What::Answer }
    }

    /// Asks whether somebody is there.
    #[must_use]
    pub fn ping() -> Self {
        Self::control(0x89, &[], What::Ping)
    }

    /// Answers a ping with what it brought: at most 125 bytes.
    #[must_use]
    pub fn pong(payload: &[u8]) -> Self {
        Self::control(0x8a, payload, What::Answer)
    }

    /// The last frame: a code of docs/protocol.md, and why.
    #[must_use]
    pub fn close(code: u16, reason: &str) -> Self {
        let mut payload = code.to_be_bytes().to_vec();
        payload.extend(reason.bytes().take(SHORT - 2));
        Self::control(0x88, &payload, What::Close)
    }

    fn control(head: u8, payload: &[u8], what: What) -> Self {
        let wire = framed(head, &payload[..payload.len().min(SHORT)]);
        Self { text_at: wire.len(), wire: wire.into(), channels: Channels::default(), what }
    }

    /// As a WebSocket carries it.
    #[must_use]
    pub fn wire(&self) -> &Bytes {
        &self.wire
    }

    /// The message alone, UTF-8; empty for what only a WebSocket knows.
    #[must_use]
    pub fn message(&self) -> Bytes {
        self.wire.slice(self.text_at..)
    }

    /// Its place in the log, if it is an entry.
    #[must_use]
    pub fn seq(&self) -> Option<u64> {
        match self.what {
            What::Log { seq, .. } => Some(seq),
            What::State { .. } | What::Answer | What::Ping | What::Close => None,
        }
    }
}

/// A frame of a server: never masked, never in pieces.
fn framed(head: u8, payload: &[u8]) -> Vec<u8> {
    let mut wire = Vec::with_capacity(payload.len() + 10);
    wire.push(head);
    let length = payload.len();
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(short), _) if length <= SHORT => wire.push(short),
        (_, Ok(middle)) => {
            wire.push(126);
            wire.extend(middle.to_be_bytes());
        }
        (_, Err(_)) => {
            wire.push(127);
            wire.extend((length as u64).to_be_bytes());
        }
    }
    wire.extend(payload);
    wire
}

/// Serialises an answer for one viewer.
#[must_use]
pub fn answer(message: ServerMessage, at: Millis) -> Frame {
    Frame::answer(&encode(&Envelope::of(message, at.to_rfc3339())))
}

/// Serialises a state. `channels` carry it, the one that it is about first.
pub(crate) fn state(
    (key, version): (StateKey, u64),
    message: ServerMessage,
    channels: &[Channel],
    (epoch, at, max_age_ms): (&str, Millis, u64),
) -> Frame {
    let text = encode(&Envelope {
        channel: channels.first().copied(),
        epoch: Some(epoch.to_owned()),
        seq: Some(version),
        as_of: Some(at.to_rfc3339()),
        max_age_ms: Some(max_age_ms),
        ..Envelope::of(message, at.to_rfc3339())
    });
    Frame::text(&text, Channels::of(channels), What::State { key, version })
}

/// An entry of the log, ready to be serialised.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) content: Content,
    /// The channels that carry it, the one that it is about first.
    pub(crate) channels: [Option<Channel>; 2],
    pub(crate) seq: u64,
    pub(crate) at: Millis,
    pub(crate) id: Option<String>,
    pub(crate) ends: Option<StateKey>,
}

/// What an entry says.
#[derive(Debug, Clone)]
pub(crate) enum Content {
    /// One of Kilat's own messages.
    Own(Box<ServerMessage>),
    /// A program's, as it stands.
    Published { r#type: String, payload: String },
}

impl Entry {
    pub(crate) fn channels(&self) -> Channels {
        self.channels.into_iter().flatten().collect()
    }

    /// Serialises it. `last` are the places of the entries before it, by channel, and is moved on.
    pub(crate) fn frame(self, epoch: &str, last: &mut [u64; Channel::ALL.len()]) -> Frame {
        let channels = self.channels();
        let prev: BTreeMap<Channel, u64> = channels.iter().map(|channel| (channel, last[channel.index()])).collect();
        for channel in channels.iter() {
            last[channel.index()] = self.seq;
        }
        let channel = self.channels[0];
        let text = match self.content {
            Content::Own(message) => encode(&Envelope {
                channel,
                epoch: Some(epoch.to_owned()),
                seq: Some(self.seq),
                prev: Some(prev),
                id: self.id,
                ..Envelope::of(*message, self.at.to_rfc3339())
            }),
            Content::Published { r#type, payload } => match RawValue::from_string(payload) {
                Ok(payload) => encode(&Foreign {
                    r#type: &r#type,
                    payload: &payload,
                    timestamp: self.at.to_rfc3339(),
                    channel,
                    epoch: Some(epoch),
                    seq: Some(self.seq),
                    prev: Some(prev),
                    as_of: None,
                    max_age_ms: None,
                }),
                // Checked when it was accepted; a journal that was edited by hand is told as it is.
                Err(error) => UNREADABLE.replace("{}", &error.to_string().replace(['"', '\\'], "'")),
            },
        };
        Frame::text(&text, channels, What::Log { seq: self.seq, ends: self.ends })
    }
}

/// A program's message, as it stands.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Foreign<'a> {
    r#type: &'a str,
    payload: &'a RawValue,
    timestamp: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<Channel>,
    #[serde(skip_serializing_if = "Option::is_none")]
    epoch: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seq: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prev: Option<BTreeMap<Channel, u64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    as_of: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_age_ms: Option<u64>,
}

/// A program's state, as it stands.
pub(crate) fn published_state(
    (key, version): (&str, u64),
    (r#type, payload): (&str, &RawValue),
    channel: Channel,
    (epoch, at, max_age_ms): (&str, Millis, u64),
) -> Frame {
    let text = encode(&Foreign {
        r#type,
        payload,
        timestamp: at.to_rfc3339(),
        channel: Some(channel),
        epoch: Some(epoch),
        seq: Some(version),
        prev: None,
        as_of: Some(at.to_rfc3339()),
        max_age_ms: Some(max_age_ms),
    });
    Frame::text(&text, Channels::of(&[channel]), What::State { key: StateKey::Published(key.into()), version })
}

const UNREADABLE: &str =
    r#"{"type":"error","payload":{"code":"internal","message":"a message could not be written: {}"},"timestamp":""}"#;

/// Plain data with text keys: serialising it cannot fail. Should it ever, viewers get a message that says so.
fn encode(message: &impl Serialize) -> String {
    serde_json::to_string(message).unwrap_or_else(|error| {
        tracing::error!(%error, "cannot serialise a message");
        UNREADABLE.replace("{}", "see the server's log")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_tells_the_length_in_as_few_bytes_as_the_protocol_wants() {
        for (length, head) in [(0, 2), (125, 2), (126, 4), (65_535, 4), (65_536, 10)] {
            let frame = Frame::answer(&"a".repeat(length));
            assert_eq!(frame.wire().len(), head + length, "{length}");
            assert_eq!(frame.message().len(), length);
        }
    }

    #[test]
    fn an_entry_names_the_places_before_it_and_moves_them_on() {
        let mut last = [5; Channel::ALL.len()];
        let content = Content::Published { r#type: "weather".to_owned(), payload: r#"{"z": 1}"#.to_owned() };
        let channels = [Some(Channel::Upload), Some(Channel::Dslr)];
        let entry = Entry { content, channels, seq: 9, at: Millis(0), id: None, ends: None };
        let frame = entry.frame("e", &mut last);
        let text = String::from_utf8(frame.message().to_vec()).expect("UTF-8");
        assert!(text.contains(r#""payload":{"z": 1}"#), "{text}");
        assert!(text.contains(r#""channel":"upload","epoch":"e","seq":9,"prev":{"dslr":5,"upload":5}"#), "{text}");
        assert_eq!(last, [9, 5, 9, 5, 5]);
    }
}
