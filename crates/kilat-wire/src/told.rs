//! What the server says, type by type: on which channels, and of which kind. And the codes of `error`.
//!
//! For the contract and for tests; `kind` decides what a program's message is.

use crate::Channel;

/// What a type of message is to a viewer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// About the connection: an answer, or a word to this client alone.
    Answer,
    /// The latest value matters; those between may be skipped.
    State,
    /// Ordered, durable, numbered; never skipped in silence.
    Log,
    /// State while the copy is under way (`status: "uploading"`), log at its start and at its end.
    StateOrLog,
}

impl Manner {
    /// Its name in the contract.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Answer => "answer",
            Self::State => "state",
            Self::Log => "log",
            Self::StateOrLog => "state or log",
        }
    }
}

/// A type of message of the server.
#[derive(Debug, Clone, Copy)]
pub struct Told {
    /// `type`.
    pub name: &'static str,
    /// What it is.
    pub manner: Manner,
    /// The channels that may carry it; none for an answer.
    pub channels: &'static [Channel],
    /// When it is said.
    pub when: &'static str,
}

const fn told(name: &'static str, manner: Manner, channels: &'static [Channel], when: &'static str) -> Told {
    Told { name, manner, channels, when }
}

const INGEST: &[Channel] = &[Channel::Dslr, Channel::Camera];
const UPLOADS: &[Channel] = &[Channel::Dslr, Channel::Upload];

/// Every type. Programs may publish further ones, as they stand.
pub const TOLD: [Told; 15] = [
    told("connected", Manner::Answer, &[], "first message of every connection"),
    told("subscribed", Manner::Answer, &[], "answer to `subscribe`; again when a slow viewer is brought up to date"),
    told("published", Manner::Answer, &[], "answer to `publish`: handed on (state) or on the disk (log)"),
    told("draining", Manner::Answer, &[], "the server is about to stop; close 1012 follows"),
    told("heartbeat_response", Manner::Answer, &[], "answer to `heartbeat`"),
    told("error", Manner::Answer, &[], "a message was not understood, not allowed or not recorded"),
    told("dslr_status", Manner::State, INGEST, "on change, 10 a second while changes go on, at least every 10 s"),
    told("now", Manner::State, &[Channel::Dslr], "with `dslr_status`: everything that the page shows"),
    told("camera_status", Manner::Log, INGEST, "a source came or went"),
    told("upload_progress", Manner::StateOrLog, UPLOADS, "one photo's way: announced, under way, stored or failed"),
    told("backup_status", Manner::State, &[Channel::Backup], "all backup runs"),
    told("backup_progress", Manner::State, &[Channel::Backup], "one backup run's progress"),
    told("restore_status", Manner::State, &[Channel::Backup], "the restore that goes, or the newest one"),
    told("system_status", Manner::State, &[Channel::System], "the server's own state"),
    told("notification", Manner::Log, &Channel::ALL, "a person should see it: `system`, and the channel it is about"),
];

/// Codes of `error`, and when they are sent.
pub const ERRORS: [(&str, &str); 11] = [
    ("malformed_json", "the text is no JSON object"),
    ("malformed_message", "a field is missing or of the wrong kind; the message names it"),
    ("unknown_type", "no such `type`"),
    ("unknown_channel", "no such channel"),
    ("reserved_type", "published a type that only the server sends"),
    ("binary_frame", "a binary frame; send text"),
    ("too_large", "a message above 64 KiB; it was dropped"),
    ("too_fast", "more than 100 messages at once or a minute; said once, the rest is dropped in silence"),
    ("not_allowed", "the role does not allow it"),
    ("not_recorded", "a published message could not be recorded: publish it again later"),
    ("internal", "a message could not be written; the server's log says why"),
];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{Kind, ServerMessage};

    #[test]
    fn each_type_of_the_server_stands_here_once() {
        // What serde expects instead of an unknown type are all types that there are.
        let error =
            serde_json::from_value::<ServerMessage>(json!({ "type": "?", "payload": {} })).expect_err("unknown");
        let error = error.to_string();
        let mut known: Vec<&str> = error.split('`').skip(3).step_by(2).collect();
        let mut here: Vec<&str> = TOLD.iter().map(|told| told.name).collect();
        known.sort_unstable();
        here.sort_unstable();
        assert_eq!(here, known, "{error}");
    }

    #[test]
    fn a_type_is_here_of_the_kind_that_it_has_when_a_program_publishes_it() {
        for told in TOLD {
            let kind = Kind::of_published(told.name, &json!({}));
            match told.manner {
                Manner::Answer => assert!(kind.is_err(), "{}", told.name),
                // Only Kilat knows it.
                Manner::State if told.name == "now" => assert!(kind.is_err()),
                Manner::State => assert!(matches!(kind, Ok(Kind::State { .. })), "{}", told.name),
                Manner::Log | Manner::StateOrLog => assert_eq!(kind, Ok(Kind::Log), "{}", told.name),
            }
        }
    }
}
