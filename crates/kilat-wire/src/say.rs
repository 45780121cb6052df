//! What a client writes: the messages that `client` reads, as types for programs that say them.
//!
//! Reading stays by hand in `client`, which names every mistake; a test holds the two together.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Channel, Cursor};

/// One frame of a client.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ClientEnvelope {
    /// What it asks: `type` and `payload`.
    #[serde(flatten)]
    pub message: ClientSays,
    /// When it was said, RFC 3339; Kilat does not look at it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<String>,
    /// The client's own name for the message, given back as `ref` in its answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
}

/// Everything that a client says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "type", content = "payload", rename_all = "snake_case")]
pub enum ClientSays {
    /// Send these channels from now on.
    Subscribe(Subscribe),
    /// Send them no more.
    Unsubscribe(Which),
    /// Send their state once.
    GetStatus(Which),
    /// Say that you are there.
    Heartbeat(Heartbeat),
    /// Send this to a channel's viewers.
    Publish(PublishBody),
}

/// Channels: one, as old clients name it, or several as one subscription.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum Which {
    /// Several.
    Several {
        /// At least one.
        #[cfg_attr(feature = "schema", schemars(extend("minItems" = 1)))]
        channels: Vec<Channel>,
    },
    /// One.
    One {
        /// This.
        channel: Channel,
    },
}

/// `subscribe`: their state first, then what was missed since the cursor, in order, then what happens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Subscribe {
    /// Which.
    #[serde(flatten)]
    pub which: Which,
    /// Where to go on; without it only what happens from now on is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Cursor>,
}

/// `heartbeat`: every 30 s, from clients that cannot answer pings or want to measure.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Heartbeat {
    /// The client's clock, RFC 3339; Kilat does not look at it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<String>,
}

/// `publish`: from programs with the role agent or admin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PublishBody {
    /// Where.
    pub channel: Channel,
    /// The message's type; it decides whether it is a state or an entry of the log.
    #[cfg_attr(feature = "schema", schemars(extend("pattern" = "^[A-Za-z0-9_]{1,64}$")))]
    pub r#type: String,
    /// What viewers get, as it stands: an object or a list.
    #[cfg_attr(feature = "schema", schemars(extend("type" = ["object", "array"])))]
    pub payload: Value,
}

/// A published message as viewers get it. Its type is the program's own, so clients that do not know it pass it over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ProgramEnvelope {
    /// The program's own.
    pub r#type: String,
    /// As it was published.
    #[cfg_attr(feature = "schema", schemars(extend("type" = ["object", "array"])))]
    pub payload: Value,
    /// When it was recorded or handed on, RFC 3339.
    pub timestamp: String,
    /// The channel that carries it.
    pub channel: Channel,
    /// The history that `seq` counts in.
    pub epoch: String,
    /// As in [`Envelope`](crate::Envelope).
    pub seq: u64,
    /// Of a log entry only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(extend("propertyNames" = { "$ref": "#/$defs/Channel" })))]
    pub prev: Option<std::collections::BTreeMap<Channel, u64>>,
    /// Of a state only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_of: Option<String>,
    /// Of a state only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_age_ms: Option<u64>,
}

impl ClientEnvelope {
    /// A message without a name of its own.
    #[must_use]
    pub fn of(message: ClientSays) -> Self {
        Self { message, timestamp: None, id: None }
    }

    /// As it goes onto the socket.
    ///
    /// # Errors
    /// When what is published cannot be written as JSON.
    pub fn to_text(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{Channels, ClientRequest, Kind, parse_client};

    fn understood(message: ClientSays) -> ClientRequest {
        let said = ClientEnvelope { id: Some("7".to_owned()), ..ClientEnvelope::of(message) };
        let text = said.to_text().expect("plain data");
        let heard = parse_client(&text).unwrap_or_else(|mistake| panic!("{text}: {mistake:?}"));
        assert_eq!(heard.id.as_deref(), Some("7"), "{text}");
        assert_eq!(serde_json::from_str::<ClientEnvelope>(&text).expect("read back"), said);
        heard.request
    }

    #[test]
    fn what_these_types_write_is_what_the_server_reads() {
        let one = Channels::of(&[Channel::Upload]);
        let two = Channels::of(&[Channel::Upload, Channel::System]);
        let several = || Which::Several { channels: vec![Channel::Upload, Channel::System] };
        let cursor = || Some(Cursor { epoch: "01m8".to_owned(), seq: 417 });
        let which = Which::One { channel: Channel::Upload };
        let subscribe = |which, since| understood(ClientSays::Subscribe(Subscribe { which, since }));
        assert_eq!(subscribe(which.clone(), None), ClientRequest::Subscribe(one, None));
        assert_eq!(subscribe(several(), cursor()), ClientRequest::Subscribe(two, cursor()));
        assert_eq!(understood(ClientSays::Unsubscribe(which)), ClientRequest::Unsubscribe(one));
        assert_eq!(understood(ClientSays::GetStatus(several())), ClientRequest::GetStatus(two));
        assert_eq!(understood(ClientSays::Heartbeat(Heartbeat::default())), ClientRequest::Heartbeat);
        let publish = PublishBody {
            channel: Channel::Upload,
            r#type: "weather".to_owned(),
            payload: json!({ "rain": true, "hours": [1, 2] }),
        };
        let ClientRequest::Publish(heard) = understood(ClientSays::Publish(publish.clone())) else {
            panic!("a publication")
        };
        assert_eq!((heard.channel, &heard.r#type, &heard.kind), (publish.channel, &publish.r#type, &Kind::Log));
        assert_eq!(serde_json::from_str::<Value>(&heard.payload).expect("JSON"), publish.payload);
    }
}
