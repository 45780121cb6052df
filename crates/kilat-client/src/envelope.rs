//! Reads what of a message a client must understand; everything else is passed on as it stands.
//!
//! Tolerant where a newer server may say more: unknown types, channels and reasons are no errors.

use std::borrow::Cow;
use std::collections::BTreeMap;

use kilat_wire::{Channel, Channels, Cursor, Draining, ErrorBody};
use serde::Deserialize;
use serde_json::value::RawValue;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Head<'a> {
    #[serde(borrow)]
    r#type: Cow<'a, str>,
    epoch: Option<String>,
    seq: Option<u64>,
    prev: Option<BTreeMap<String, u64>>,
    #[serde(borrow)]
    as_of: Option<Cow<'a, str>>,
    #[serde(borrow)]
    payload: Option<&'a RawValue>,
}

/// An entry of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) epoch: String,
    pub(crate) seq: u64,
    prev: BTreeMap<String, u64>,
}

impl Entry {
    /// Of these channels, those that carry it, and where each stood before it.
    pub(crate) fn places(&self, channels: Channels) -> impl Iterator<Item = (Channel, u64)> {
        channels.iter().filter_map(|channel| Some((channel, *self.prev.get(channel.as_str())?)))
    }
}

/// What could not be told.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Skipped {
    pub(crate) why: String,
    #[serde(default)]
    pub(crate) message: String,
    pub(crate) up_to: u64,
}

/// The answer to a subscription.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Subscribed {
    pub(crate) epoch: String,
    pub(crate) seq: u64,
    pub(crate) recovered: bool,
    pub(crate) replayed: u64,
    #[serde(default)]
    pub(crate) skipped: Option<Skipped>,
}

/// A page of the polling call.
#[derive(Debug, Deserialize)]
pub(crate) struct Page {
    pub(crate) epoch: String,
    pub(crate) seq: u64,
    pub(crate) recovered: bool,
    #[serde(default)]
    pub(crate) skipped: Option<Skipped>,
    #[serde(default)]
    pub(crate) more: bool,
    pub(crate) messages: Vec<Box<RawValue>>,
}

/// What a message is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum What {
    Entry(Entry),
    State,
    Subscribed(Subscribed),
    Draining(u64),
    Error(ErrorBody),
    Other,
}

/// A message's type and what it is; none when it is no message at all.
pub(crate) fn read(text: &str) -> Option<(String, What)> {
    let head: Head<'_> = serde_json::from_str(text).ok()?;
    let payload = head.payload.map_or("null", RawValue::get);
    let what = match head.r#type.as_ref() {
        "subscribed" => serde_json::from_str(payload).ok().map(What::Subscribed)?,
        "draining" => {
            let draining: Draining = serde_json::from_str(payload).ok()?;
            What::Draining(draining.reconnect_after_ms)
        }
        "error" => serde_json::from_str(payload).ok().map(What::Error)?,
        _ => match (head.epoch, head.seq, head.prev) {
            (Some(epoch), Some(seq), Some(prev)) => What::Entry(Entry { epoch, seq, prev }),
            _ if head.as_of.is_some() => What::State,
            _ => What::Other,
        },
    };
    Some((head.r#type.into_owned(), what))
}

/// The message that subscribes, with the cursor if there is one.
pub(crate) fn subscribe(id: &str, channels: Channels, since: Option<&Cursor>) -> String {
    let channels: Vec<&str> = channels.iter().map(Channel::as_str).collect();
    let mut payload = serde_json::json!({ "channels": channels });
    if let Some(since) = since {
        payload["since"] = serde_json::json!(since);
    }
    serde_json::json!({ "type": "subscribe", "id": id, "payload": payload }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_told_by_its_prev_and_a_state_by_its_age() {
        let entry = r#"{"type":"x","payload":{},"channel":"upload","epoch":"e","seq":7,"prev":{"upload":3,"new":6}}"#;
        let Some((_, What::Entry(entry))) = read(entry) else { panic!("an entry") };
        let places: Vec<_> = entry.places(Channels::of(&Channel::ALL)).collect();
        assert_eq!((entry.seq, places), (7, vec![(Channel::Upload, 3)]));
        let state = r#"{"type":"now","payload":{},"channel":"dslr","epoch":"e","seq":7,"asOf":"t"}"#;
        assert_eq!(read(state), Some(("now".to_owned(), What::State)));
        assert_eq!(read("[]"), None);
    }

    #[test]
    fn a_reason_that_a_newer_server_gives_is_no_error() {
        let text = r#"{"type":"subscribed","payload":{"channel":"upload","channels":["upload"],"epoch":"e","seq":7,
            "recovered":false,"replayed":0,"skipped":{"why":"eaten","message":"by a dog","upTo":7}}}"#;
        let Some((_, What::Subscribed(subscribed))) = read(text) else { panic!("an answer") };
        assert_eq!(subscribed.skipped.map(|skipped| skipped.why).as_deref(), Some("eaten"));
    }

    #[test]
    fn what_is_asked_is_what_the_server_understands() {
        let since = Cursor { epoch: "01a".to_owned(), seq: 3 };
        let channels = Channels::of(&[Channel::Upload, Channel::System]);
        let asked = kilat_wire::parse_client(&subscribe("s1", channels, Some(&since))).expect("understood");
        assert_eq!(asked.request, kilat_wire::ClientRequest::Subscribe(channels, Some(since)));
        assert_eq!(asked.id.as_deref(), Some("s1"));
    }
}
