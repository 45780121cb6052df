//! Identifiers: one newtype each, so that a photo's id is never taken for a destination's.
//!
//! Events, sources and destinations carry short readable ids that people type; photos and
//! arrivals carry ULIDs, which sort by the time they were made.

use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use crate::Clock;

/// Longest id accepted, in bytes.
const MAX_ID_BYTES: usize = 64;

/// A string that is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not an id: use 1 to {MAX_ID_BYTES} letters, digits, '-' or '_'")]
pub struct ParseIdError {
    text: String,
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// The id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;
            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                check(text).map(|()| Self(text.into()))
            }
        }

        impl TryFrom<String> for $name {
            type Error = ParseIdError;
            fn try_from(text: String) -> Result<Self, ParseIdError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0.as_ref().to_owned()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", self.0)
            }
        }
    };
}

id!(
    /// A shoot.
    EventId
);
id!(
    /// Where photos come from.
    SourceId
);
id!(
    /// A place that must hold a copy.
    DestinationId
);
id!(
    /// Told by a destination itself, so that another disk in its place is noticed.
    MarkId
);
id!(
    /// A camera, phone, program or card that Kilat is in touch with.
    CameraId
);
id!(
    /// One file that a source finished writing.
    ArrivalId
);
id!(
    /// An arrival with its content hash.
    PhotoId
);
id!(
    /// One backup run.
    BackupId
);
id!(
    /// One restore that the server does.
    RestoreId
);
id!(
    /// RAW, JPEG and sidecar of one frame.
    GroupId
);
id!(
    /// Something that opens the door; the id itself opens nothing.
    TokenId
);
id!(
    /// The name of an account, which people type.
    UserName
);

fn check(text: &str) -> Result<(), ParseIdError> {
    let fits = !text.is_empty() && text.len() <= MAX_ID_BYTES;
    let plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    if fits && plain { Ok(()) } else { Err(ParseIdError { text: text.chars().take(MAX_ID_BYTES).collect() }) }
}

/// Makes ids that sort by the time they were made, also within one millisecond.
pub struct IdSource {
    clock: Arc<dyn Clock>,
    generator: Mutex<ulid::Generator>,
}

impl IdSource {
    /// Makes ids by `clock`.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, generator: Mutex::new(ulid::Generator::new()) }
    }

    /// The next id for a photo.
    #[must_use]
    pub fn photo(&self) -> PhotoId {
        PhotoId(self.next())
    }

    /// The next id for an arrival.
    #[must_use]
    pub fn arrival(&self) -> ArrivalId {
        ArrivalId(self.next())
    }

    /// The next id for a group.
    #[must_use]
    pub fn group(&self) -> GroupId {
        GroupId(self.next())
    }

    /// The next id for a token.
    #[must_use]
    pub fn token(&self) -> TokenId {
        TokenId(self.next())
    }

    /// The next id for a backup run.
    #[must_use]
    pub fn backup(&self) -> BackupId {
        BackupId(self.next())
    }

    /// The next id for a restore.
    #[must_use]
    pub fn restore(&self) -> RestoreId {
        RestoreId(self.next())
    }

    /// The next mark for a destination.
    #[must_use]
    pub fn mark(&self) -> MarkId {
        MarkId(self.next())
    }

    /// The next id for an event whose name gives no readable one.
    #[must_use]
    pub fn event(&self) -> EventId {
        EventId(self.next())
    }

    fn next(&self) -> Arc<str> {
        let now = self.clock.now().to_system_time();
        let mut generator = self.generator.lock().unwrap_or_else(PoisonError::into_inner);
        // The generator overflows after 2^80 ids in one millisecond: then any fresh id will do.
        let id = generator.generate_from_datetime(now).unwrap_or_else(|_| ulid::Ulid::from_datetime(now));
        id.to_string().to_lowercase().into()
    }
}

impl EventId {
    /// A readable id from an event's name, for example `garden-wedding` from "Garden wedding";
    /// none when nothing of the name can be kept.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        readable(name).parse().ok()
    }
}

impl CameraId {
    /// The same from a camera's name: `z9-of-budi` from "Z9 of Budi".
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        readable(name).parse().ok()
    }
}

fn readable(name: &str) -> String {
    let mut id = String::new();
    for c in name.chars().flat_map(char::to_lowercase) {
        if c.is_ascii_alphanumeric() {
            id.push(c);
        } else if !id.is_empty() && !id.ends_with('-') {
            id.push('-');
        }
        if id.len() >= MAX_ID_BYTES / 2 {
            break;
        }
    }
    id.trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ManualClock;

    #[test]
    fn ids_made_in_one_millisecond_sort_in_the_order_they_were_made() {
        let ids = IdSource::new(Arc::new(ManualClock::at_ms(1_700_000_000_000)));
        let made: Vec<PhotoId> = (0..1_000).map(|_| ids.photo()).collect();
        assert!(made.windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn an_event_is_named_by_what_can_be_typed() {
        assert_eq!(
            EventId::from_name("Garden wedding, 21/11").map(String::from).as_deref(),
            Some("garden-wedding-21-11")
        );
        assert_eq!(EventId::from_name("婚礼"), None);
    }

    #[test]
    fn a_path_is_not_an_id() {
        assert!("../etc".parse::<PhotoId>().is_err());
        assert!("".parse::<EventId>().is_err());
    }
}
