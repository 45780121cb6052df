//! The two kinds of what channels carry, declared here and nowhere else.
//!
//! *State*: the latest value of a key matters, a slow client may skip those between. *Log*: ordered,
//! durable, numbered; never skipped in silence.

use serde_json::Value;

/// Longest key of a published state, in characters: ids and file names fit.
const MAX_KEY_CHARS: usize = 300;

/// What a message is to a viewer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// The latest value of this key.
    State {
        /// What makes two messages the same value at different times.
        key: String,
    },
    /// An entry of the channel's log.
    Log,
}

/// A type that only the server may send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reserved;

/// States and the fields that tell one from another of the same type. What is not here is log.
const STATES: [(&str, &[&str]); 6] = [
    ("dslr_status", &[]),
    ("backup_status", &[]),
    ("backup_progress", &["backupId"]),
    ("restore_status", &[]),
    ("system_status", &[]),
    ("now", &[]),
];

/// A copy in flight is state; its start and its outcome are log.
const IN_FLIGHT: (&str, &str, &[&str]) = ("upload_progress", "uploading", &["photoId", "fileName", "destination"]);

/// What connections say about themselves, and what Kilat alone knows.
const RESERVED: [&str; 7] = ["connected", "subscribed", "published", "draining", "heartbeat_response", "error", "now"];

impl Kind {
    /// The kind of a message that a program publishes.
    ///
    /// # Errors
    /// [`Reserved`] when no program may.
    pub fn of_published(r#type: &str, payload: &Value) -> Result<Self, Reserved> {
        if RESERVED.contains(&r#type) {
            return Err(Reserved);
        }
        let (in_flight, status, parts) = IN_FLIGHT;
        if r#type == in_flight && payload.get("status").and_then(Value::as_str) == Some(status) {
            return Ok(Self::State { key: key(r#type, parts, payload) });
        }
        let state = STATES.iter().find(|(name, _)| *name == r#type);
        Ok(state.map_or(Self::Log, |(_, parts)| Self::State { key: key(r#type, parts, payload) }))
    }
}

fn key(r#type: &str, parts: &[&str], payload: &Value) -> String {
    let mut key = r#type.to_owned();
    for part in parts {
        key.push('\n');
        key.push_str(payload.get(part).and_then(Value::as_str).unwrap_or(""));
    }
    key.chars().take(MAX_KEY_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn progress_is_state_and_its_outcome_is_log() {
        let of = |status: &str, name: &str| {
            Kind::of_published("upload_progress", &json!({ "status": status, "fileName": name }))
        };
        assert_eq!(of("uploading", "a"), of("uploading", "a"));
        assert_ne!(of("uploading", "a"), of("uploading", "b"));
        for status in ["starting", "completed", "failed", ""] {
            assert_eq!(of(status, "a"), Ok(Kind::Log));
        }
    }

    #[test]
    fn what_nobody_declared_is_never_skipped_and_what_the_server_says_nobody_else_may() {
        assert_eq!(Kind::of_published("notification", &json!({})), Ok(Kind::Log));
        assert_eq!(Kind::of_published("weather", &json!([])), Ok(Kind::Log));
        assert_eq!(Kind::of_published("subscribed", &json!({})), Err(Reserved));
        assert_eq!(Kind::of_published("now", &json!({})), Err(Reserved));
    }
}
