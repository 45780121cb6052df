//! What a client may say, and what it hears when it says it wrong.
//!
//! A mistake never closes the connection: it is answered with its code, what was wrong and what to
//! do. Unknown fields are ignored, unknown types are not.

use serde_json::{Map, Value};

use crate::Channel;

/// Longest accepted text frame: the longest legitimate one has under 200 bytes.
pub const MAX_FRAME_BYTES: usize = 64 * 1024;

/// Longest piece of a client's own text that is repeated back to it.
const MAX_ECHO_CHARS: usize = 40;

/// A message that was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientMessage {
    /// The client's own name for it, given back in an `error`.
    pub id: Option<String>,
    /// What it asks.
    pub request: ClientRequest,
}

/// What a client may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientRequest {
    /// Send this channel from now on, its state first.
    Subscribe(Channel),
    /// Send it no more.
    Unsubscribe(Channel),
    /// Send its state once.
    GetStatus(Channel),
    /// Say that you are there.
    Heartbeat,
}

/// A message that was not understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Stable code.
    pub code: &'static str,
    /// What was wrong and what to do.
    pub message: String,
    /// The client's own name for the message, if it could be read.
    pub id: Option<String>,
}

/// Reads one text frame.
///
/// # Errors
/// A [`Mistake`] to answer with; the connection goes on.
pub fn parse_client(text: &str) -> Result<ClientMessage, Mistake> {
    let raw: Map<String, Value> = serde_json::from_str(text).map_err(|error| Mistake {
        code: "malformed_json",
        message: format!("the message is not a JSON object ({error}); send {{\"type\", \"payload\", \"timestamp\"}}"),
        id: None,
    })?;
    let id = raw.get("id").and_then(Value::as_str).map(echo);
    let wrong = |code, message| Mistake { code, message, id: id.clone() };
    let Some(kind) = raw.get("type").and_then(Value::as_str) else {
        return Err(wrong("malformed_message", "the message has no \"type\" that is a text".to_owned()));
    };
    let channel = || {
        let Some(name) = raw.get("payload").and_then(|payload| payload.get("channel")).and_then(Value::as_str) else {
            return Err(wrong("malformed_message", format!("{:?} needs payload.channel, a text", echo(kind))));
        };
        name.parse::<Channel>().map_err(|_name| {
            let known = Channel::ALL.map(Channel::as_str).join(", ");
            wrong("unknown_channel", format!("there is no channel {:?}; there are {known}", echo(name)))
        })
    };
    let request = match kind {
        "subscribe" => ClientRequest::Subscribe(channel()?),
        "unsubscribe" => ClientRequest::Unsubscribe(channel()?),
        "get_status" => ClientRequest::GetStatus(channel()?),
        "heartbeat" => ClientRequest::Heartbeat,
        other => {
            let known = "subscribe, unsubscribe, get_status, heartbeat";
            return Err(wrong("unknown_type", format!("{:?} is no message type; send one of {known}", echo(other))));
        }
    };
    Ok(ClientMessage { id, request })
}

fn echo(text: &str) -> String {
    text.chars().take(MAX_ECHO_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn code(text: &str) -> &'static str {
        parse_client(text).err().map_or("", |mistake| mistake.code)
    }

    #[test]
    fn old_clients_are_understood() {
        let text = r#"{"type":"subscribe","payload":{"channel":"dslr"},"timestamp":"2025-01-01T00:00:00Z","x":1}"#;
        assert_eq!(parse_client(text).map(|m| m.request), Ok(ClientRequest::Subscribe(Channel::Dslr)));
        let beat = r#"{"type":"heartbeat","payload":{"timestamp":"2025-01-01T00:00:00Z"}}"#;
        assert_eq!(parse_client(beat).map(|m| m.request), Ok(ClientRequest::Heartbeat));
        assert_eq!(parse_client(r#"{"type":"heartbeat"}"#).map(|m| m.request), Ok(ClientRequest::Heartbeat));
    }

    #[test]
    fn every_mistake_has_its_code() {
        assert_eq!(code("{"), "malformed_json");
        assert_eq!(code("[1]"), "malformed_json");
        assert_eq!(code(r#"{"payload":{}}"#), "malformed_message");
        assert_eq!(code(r#"{"type":7}"#), "malformed_message");
        assert_eq!(code(r#"{"type":"subscribe"}"#), "malformed_message");
        assert_eq!(code(r#"{"type":"subscribe","payload":{"channel":"x"}}"#), "unknown_channel");
        assert_eq!(code(r#"{"type":"dance"}"#), "unknown_type");
    }

    #[test]
    fn a_mistake_names_the_message_that_it_answers() {
        let mistake = parse_client(r#"{"type":"dance","id":"m-7"}"#).expect_err("unknown type");
        assert_eq!(mistake.id.as_deref(), Some("m-7"));
    }

    proptest! {
        #[test]
        fn no_text_panics_and_no_answer_is_long(text in any::<String>()) {
            if let Err(mistake) = parse_client(&text) {
                prop_assert!(mistake.message.len() < 1_000);
            }
        }
    }
}
