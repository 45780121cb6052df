//! What a client may say, and what it hears when it says it wrong.
//!
//! A mistake never closes the connection: it is answered with its code, what was wrong and what to
//! do. Unknown fields are ignored, unknown types are not.

use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::{Channel, Channels, Cursor, Kind};

/// Longest accepted text frame: the longest legitimate one is a published state.
pub const MAX_FRAME_BYTES: usize = 64 * 1024;

/// Longest piece of a client's own text that is repeated back to it.
const MAX_ECHO_CHARS: usize = 40;
/// Of the reason why a message is no JSON.
const MAX_WHY_CHARS: usize = 120;
/// Longest type of a published message.
const MAX_TYPE_CHARS: usize = 64;

/// A message that was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientMessage {
    /// The client's own name for it, given back in the answer.
    pub id: Option<String>,
    /// What it asks.
    pub request: ClientRequest,
}

/// What a client may ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientRequest {
    /// Send these channels from now on: their state first, then what was missed since the cursor, in order.
    Subscribe(Channels, Option<Cursor>),
    /// Send them no more.
    Unsubscribe(Channels),
    /// Send their state once.
    GetStatus(Channels),
    /// Say that you are there.
    Heartbeat,
    /// Send this to the channel's viewers.
    Publish(Box<Publish>),
}

/// What a program publishes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publish {
    /// Where.
    pub channel: Channel,
    /// The message's type.
    pub r#type: String,
    /// State or log.
    pub kind: Kind,
    /// JSON, as it stands.
    pub payload: String,
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
    let raw: Map<String, Value> = serde_json::from_str(text).map_err(|error| {
        // Where a text stands instead of an object, the error holds all of it.
        let why = echo(&error.to_string(), MAX_WHY_CHARS);
        let message =
            format!("the message is not a JSON object ({why}); send {{\"type\", \"payload\", \"timestamp\"}}");
        Mistake { code: "malformed_json", message, id: None }
    })?;
    let id = raw.get("id").and_then(Value::as_str).map(|id| echo(id, MAX_ECHO_CHARS));
    let request = request(text, &raw).map_err(|mistake| Mistake { id: id.clone(), ..mistake })?;
    Ok(ClientMessage { id, request })
}

fn request(text: &str, raw: &Map<String, Value>) -> Result<ClientRequest, Mistake> {
    let Some(kind) = raw.get("type").and_then(Value::as_str) else {
        return Err(malformed("the message has no \"type\" that is a text".to_owned()));
    };
    let payload = raw.get("payload").unwrap_or(&Value::Null);
    Ok(match kind {
        "subscribe" => ClientRequest::Subscribe(channels(kind, payload)?, since(payload)?),
        "unsubscribe" => ClientRequest::Unsubscribe(channels(kind, payload)?),
        "get_status" => ClientRequest::GetStatus(channels(kind, payload)?),
        "heartbeat" => ClientRequest::Heartbeat,
        "publish" => ClientRequest::Publish(Box::new(publish(text, payload)?)),
        other => {
            let known = "subscribe, unsubscribe, get_status, heartbeat, publish";
            return Err(wrong(
                "unknown_type",
                format!("{:?} is no message type; send one of {known}", echo(other, MAX_ECHO_CHARS)),
            ));
        }
    })
}

/// `channel`, as old clients name one, or `channels`.
fn channels(kind: &str, payload: &Value) -> Result<Channels, Mistake> {
    let needs = || {
        malformed(format!(
            "{:?} needs payload.channel, a text, or payload.channels, a list",
            echo(kind, MAX_ECHO_CHARS)
        ))
    };
    if let Some(names) = payload.get("channels") {
        let names = names.as_array().filter(|names| !names.is_empty()).ok_or_else(needs)?;
        return names.iter().map(|name| name.as_str().ok_or_else(needs).and_then(channel)).collect();
    }
    let name = payload.get("channel").and_then(Value::as_str).ok_or_else(needs)?;
    Ok(Channels::of(&[channel(name)?]))
}

fn channel(name: &str) -> Result<Channel, Mistake> {
    name.parse::<Channel>().map_err(|_name| {
        let known = Channel::ALL.map(Channel::as_str).join(", ");
        wrong("unknown_channel", format!("there is no channel {:?}; there are {known}", echo(name, MAX_ECHO_CHARS)))
    })
}

fn since(payload: &Value) -> Result<Option<Cursor>, Mistake> {
    match payload.get("since") {
        None | Some(Value::Null) => Ok(None),
        Some(since) => {
            let cursor = serde_json::from_value::<Cursor>(since.clone()).ok();
            let cursor = cursor.and_then(|cursor| cursor.to_string().parse::<Cursor>().ok());
            let what =
                "payload.since needs \"epoch\", a text, and \"seq\", a number, as they came with the last message";
            cursor.map(Some).ok_or_else(|| malformed(what.to_owned()))
        }
    }
}

fn publish(text: &str, payload: &Value) -> Result<Publish, Mistake> {
    #[derive(serde::Deserialize)]
    struct Outer<'a> {
        #[serde(borrow)]
        payload: Inner<'a>,
    }
    #[derive(serde::Deserialize)]
    struct Inner<'a> {
        #[serde(borrow)]
        payload: &'a RawValue,
    }
    let needs = || {
        let what =
            "\"publish\" needs payload.channel and payload.type, texts, and payload.payload, an object or a list";
        malformed(what.to_owned())
    };
    let channel = channel(payload.get("channel").and_then(Value::as_str).ok_or_else(needs)?)?;
    let r#type = payload.get("type").and_then(Value::as_str).ok_or_else(needs)?;
    let is_name = !r#type.is_empty()
        && r#type.chars().count() <= MAX_TYPE_CHARS
        && r#type.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !is_name {
        return Err(malformed(format!("payload.type is 1 to {MAX_TYPE_CHARS} letters, digits and underscores")));
    }
    let content = payload.get("payload").filter(|it| it.is_object() || it.is_array()).ok_or_else(needs)?;
    let kind = Kind::of_published(r#type, content).map_err(|_reserved| {
        wrong(
            "reserved_type",
            format!("only the server sends {:?}; publish another type", echo(r#type, MAX_ECHO_CHARS)),
        )
    })?;
    // The text as it stands: a viewer gets the very bytes that were published.
    let raw: Outer<'_> = serde_json::from_str(text).map_err(|_error| needs())?;
    Ok(Publish { channel, r#type: r#type.to_owned(), kind, payload: raw.payload.payload.get().to_owned() })
}

fn malformed(message: String) -> Mistake {
    wrong("malformed_message", message)
}

fn wrong(code: &'static str, message: String) -> Mistake {
    Mistake { code, message, id: None }
}

fn echo(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Found by fuzzing: a message that was one long text came back whole.
    #[test]
    fn a_refusal_never_gives_a_long_message_back() {
        let refused = parse_client(&format!("{:?}", "a".repeat(60_000))).expect_err("no object");
        assert_eq!(refused.code, "malformed_json");
        assert!(refused.message.len() < 300, "{} bytes", refused.message.len());
    }

    fn code(text: &str) -> &'static str {
        parse_client(text).err().map_or("", |mistake| mistake.code)
    }

    fn understood(text: &str) -> ClientRequest {
        parse_client(text).expect("understood").request
    }

    #[test]
    fn old_clients_are_understood() {
        let text = r#"{"type":"subscribe","payload":{"channel":"dslr"},"timestamp":"2025-01-01T00:00:00Z","x":1}"#;
        assert_eq!(understood(text), ClientRequest::Subscribe(Channels::of(&[Channel::Dslr]), None));
        let beat = r#"{"type":"heartbeat","payload":{"timestamp":"2025-01-01T00:00:00Z"}}"#;
        assert_eq!(understood(beat), ClientRequest::Heartbeat);
        assert_eq!(understood(r#"{"type":"heartbeat"}"#), ClientRequest::Heartbeat);
    }

    #[test]
    fn several_channels_are_one_subscription() {
        let both = Channels::of(&[Channel::Dslr, Channel::Upload]);
        let text = r#"{"type":"subscribe","payload":{"channels":["upload","dslr","upload"]}}"#;
        assert_eq!(understood(text), ClientRequest::Subscribe(both, None));
        assert_eq!(code(r#"{"type":"subscribe","payload":{"channels":[]}}"#), "malformed_message");
        assert_eq!(code(r#"{"type":"subscribe","payload":{"channels":["upload","x"]}}"#), "unknown_channel");
    }

    #[test]
    fn a_cursor_is_taken_or_refused_and_never_ignored() {
        let subscribe = |since: &str| {
            let text = format!(r#"{{"type":"subscribe","payload":{{"channel":"upload","since":{since}}}}}"#);
            parse_client(&text).map(|message| message.request).map_err(|mistake| mistake.code)
        };
        let upload = Channels::of(&[Channel::Upload]);
        let cursor = Cursor { epoch: "01m8".to_owned(), seq: 7 };
        assert_eq!(subscribe(r#"{"epoch":"01m8","seq":7}"#), Ok(ClientRequest::Subscribe(upload, Some(cursor))));
        assert_eq!(subscribe("null"), Ok(ClientRequest::Subscribe(upload, None)));
        for wrong in ["7", r#""01m8:7""#, r#"{"epoch":"","seq":7}"#, r#"{"epoch":"a"}"#, r#"{"epoch":"a","seq":-1}"#] {
            assert_eq!(subscribe(wrong), Err("malformed_message"), "{wrong}");
        }
    }

    #[test]
    fn what_is_published_stays_as_it_stands() {
        let payload = r#"{"z":1,  "a":"\u00e9","id":9007199254740993}"#;
        let text = format!(
            r#"{{"type":"publish","id":"7","payload":{{"channel":"upload","type":"weather","payload":{payload}}}}}"#
        );
        let ClientRequest::Publish(publish) = understood(&text) else { panic!("a publication") };
        assert_eq!((publish.payload.as_str(), &publish.kind), (payload, &Kind::Log));
        let publish = |r#type: &str, payload: &str| {
            let text = format!(
                r#"{{"type":"publish","payload":{{"channel":"dslr","type":"{}","payload":{payload}}}}}"#,
                r#type
            );
            code(&text)
        };
        assert_eq!(publish("error", "{}"), "reserved_type");
        assert_eq!(publish("a b", "{}"), "malformed_message");
        assert_eq!(publish("weather", "7"), "malformed_message");
        assert_eq!(publish("dslr_status", "{}"), "");
    }

    #[test]
    fn every_mistake_has_its_code() {
        assert_eq!(code("{"), "malformed_json");
        assert_eq!(code("[1]"), "malformed_json");
        assert_eq!(code(&"[".repeat(10_000)), "malformed_json");
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
