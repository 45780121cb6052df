//! Cameras, phones, programs and cards that hand their photos to Kilat itself, and what happened to them.
//!
//! A [`Camera`](crate::Camera) is a body as its files name it; a [`KnownCamera`] is something that Kilat is in touch
//! with. The facts are one theme of [`Fact`](crate::Fact).

use serde::{Deserialize, Serialize};

use crate::{Camera, CameraId, EventId, Millis, PasswordHash, count_text, size_text};

/// The way that a file took into Kilat's own folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// Pulled from a camera by cable, or by its network protocol that does the same (PTP/IP).
    Cable,
    /// Sent by FTP or FTPS.
    Ftp,
    /// Sent by HTTP.
    Http,
    /// Read from a card.
    Card,
}

impl Way {
    /// As it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cable => "cable",
            Self::Ftp => "ftp",
            Self::Http => "http",
            Self::Card => "card",
        }
    }
}

/// Who handed a file in, and how.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Via {
    /// How.
    pub way: Way,
    /// Who.
    pub camera: CameraId,
}

/// What kind of thing Kilat is in touch with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum CameraKind {
    /// The studio named it, and it signs in to send: by FTP, FTPS or HTTP.
    Sender,
    /// It is pulled from: on USB, or by PTP/IP.
    Tethered,
    /// A card, or a camera that shows itself as one.
    Card,
}

/// Something that photos come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KnownCamera {
    /// Stable: of its name, or of its model and serial number.
    pub id: CameraId,
    /// As people call it.
    pub name: String,
    /// What it is.
    pub kind: CameraKind,
    /// The body, as the thing itself tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Camera>,
    /// Where it is plugged in or mounted, for people: `USB 1-2`, `/media/NIKON Z 9`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// What it signs in with, if it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login: Option<CameraLogin>,
}

/// What a sender signs in with; its user name is its id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CameraLogin {
    /// Proves its password.
    pub password: PasswordHash,
    /// When it is let in no more; never when none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Millis>,
}

/// How Kilat's touch with a camera stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum CameraState {
    /// Named, and not heard of yet.
    Unseen,
    /// It answers.
    Ready,
    /// It is there and sleeps: its own power saving.
    Asleep,
    /// It is there, and another program has it.
    Held {
        /// Which program.
        by: String,
    },
    /// It is there and answers no more, also after its helper was started anew.
    Wedged,
    /// It is there, and this build or machine cannot pull from it.
    Unsupported,
    /// It is not there any more: unplugged, off, or out of reach.
    Gone,
}

impl CameraState {
    /// Whether photos can come from it as it stands.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        match self {
            Self::Ready => true,
            Self::Unseen | Self::Asleep | Self::Held { .. } | Self::Wedged | Self::Unsupported | Self::Gone => false,
        }
    }
}

/// A file that a camera's or a card's own list names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Frame {
    /// Its path on the card, for people and for comparison; bytes that are no UTF-8 are replaced.
    pub path: String,
    /// Its length.
    pub size_bytes: u64,
    /// When it was taken or written by the camera's clock, in seconds since 1970 as if that were UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub written_s: Option<i64>,
}

impl Frame {
    /// Its name without folders.
    #[must_use]
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }
}

/// What happened to cameras.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum CameraFact {
    /// It is known from now on, or known differently: another place, another password.
    Added {
        /// As it is now.
        camera: KnownCamera,
    },
    /// It is forgotten: it may not sign in any more. Its photos stay.
    Removed {
        /// Which.
        camera: CameraId,
    },
    /// Kilat's touch with it changed.
    Changed {
        /// Which.
        camera: CameraId,
        /// How it stands now.
        #[serde(flatten)]
        state: CameraState,
        /// Why and what to do, in words for a photographer.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<String>,
    },
    /// Its list names these files, which no list of it named before in this event.
    Listed {
        /// Whose list.
        camera: CameraId,
        /// The event that was active then.
        event: EventId,
        /// At most [`MAX_FRAMES_TOLD`].
        frames: Vec<Frame>,
        /// Whether they are of an earlier shoot, and stay where they are until somebody asks for them.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        older: bool,
    },
    /// Its list names these files no more: it was formatted, or they were deleted on it.
    Unlisted {
        /// Whose list.
        camera: CameraId,
        /// Their paths on the card, at most [`MAX_FRAMES_TOLD`].
        paths: Vec<String>,
    },
    /// The clock of a body is wrong by this much, or right again; the order of its photos follows, what they say stays.
    ClockSeen {
        /// The event whose photos told.
        event: EventId,
        /// Which body; with a serial number.
        body: Camera,
        /// By how much it is ahead, in milliseconds; negative when it is behind.
        skew_ms: i64,
        /// Of photos filed from then on: somebody set it. None: of all that are not older than the last setting.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        since: Option<Millis>,
    },
    /// A card is in, and this is on it.
    Offered {
        /// Which card.
        camera: CameraId,
        /// What is on it.
        tally: CardTally,
    },
    /// Somebody wants what is on it and is not held.
    ImportAsked {
        /// Which card, or which camera on the cable.
        camera: CameraId,
        /// Also what is of earlier shoots.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        older: bool,
    },
    /// What is on it is being read.
    ImportBegan {
        /// Which card.
        camera: CameraId,
        /// What is on it.
        tally: CardTally,
    },
    /// Reading it ended.
    ImportEnded {
        /// Which card.
        camera: CameraId,
        /// How.
        end: ImportEnd,
        /// What is on it, and what became of it.
        tally: CardTally,
    },
}

/// What is on a card, in files that Kilat files.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct CardTally {
    /// All of them.
    pub frames: u64,
    /// Held before it was looked at.
    pub held: u64,
    /// Read from it now; also those whose content was held by another way.
    pub imported: u64,
    /// Not whole on the card itself.
    pub cut_off: u64,
    /// Not readable, or larger than what is taken.
    pub unreadable: u64,
    /// Not read yet.
    pub left: u64,
    /// Bytes of those.
    pub left_bytes: u64,
    /// Of earlier shoots and not held: they are read when somebody asks for them too.
    pub older: u64,
    /// The first names of what is cut off or not readable; at most [`MAX_SAMPLES`](crate::MAX_SAMPLES).
    pub names: Vec<String>,
}

impl CardTally {
    /// Whether every frame on it that is to be read is held.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.cut_off + self.unreadable + self.left == 0
    }

    /// In words: `412 frames, 410 held already, 2 imported, 0 unreadable; every frame on it is held`.
    #[must_use]
    pub fn words(&self) -> String {
        let Self { held, imported, unreadable, cut_off, left, older, .. } = self;
        let mut words = format!("{}, {held} held already, {imported} imported", count_text(self.frames, "frame"));
        if *cut_off > 0 {
            words.push_str(&format!(", {cut_off} cut off on the card"));
        }
        words.push_str(&format!(", {unreadable} unreadable"));
        let of_earlier = format!("{} of earlier shoots", count_text(*older, "frame"));
        if self.is_whole() {
            let rest = match older {
                0 => "every frame on it is held".to_owned(),
                1 => format!("the rest is held, {of_earlier} is not"),
                _ => format!("the rest is held, {of_earlier} are not"),
            };
            return format!("{words}; {rest}");
        }
        if *left > 0 {
            words.push_str(&format!("; {} ({}) not held yet", count_text(*left, "frame"), size_text(self.left_bytes)));
        }
        if *older > 0 {
            words.push_str(&format!("; besides, {of_earlier} not held"));
        }
        if !self.names.is_empty() {
            let more = (cut_off + unreadable).saturating_sub(self.names.len() as u64);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            words.push_str(&format!("; missing: {}{more}", self.names.join(", ")));
        }
        words
    }
}

/// How reading a card ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "end", rename_all = "snake_case")]
pub enum ImportEnd {
    /// Everything on it was looked at.
    Done,
    /// It was pulled out.
    Pulled,
    /// Kilat was stopped, or somebody stopped it.
    Stopped,
    /// It cannot go on before somebody did something.
    Refused {
        /// Why, and what to do.
        reason: String,
    },
}

/// What a camera tells of itself while it is in touch; what it does not tell is absent. Never a fact: it is on the
/// [`Board`](crate::Board).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CameraReading {
    /// How full its battery is.
    pub battery_percent: Option<u8>,
    /// How many shots its cards have room for.
    pub shots_left: Option<u64>,
    /// Free on its cards.
    pub free_bytes: Option<u64>,
    /// What its cards hold in all.
    pub capacity_bytes: Option<u64>,
    /// The lens, as it names it.
    pub lens: Option<String>,
    /// Time, aperture, sensitivity.
    pub exposure: Option<String>,
    /// How far its clock, read as if it were UTC, is ahead of UTC: its time zone and its error.
    pub clock_ahead_s: Option<i64>,
}

/// Files named by one fact: some 30 KB.
pub const MAX_FRAMES_TOLD: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_is_told_in_words_that_say_what_is_missing() {
        let tally = CardTally { frames: 412, held: 410, imported: 2, ..CardTally::default() };
        assert_eq!(tally.words(), "412 frames, 410 held already, 2 imported, 0 unreadable; every frame on it is held");
        let tally = CardTally {
            frames: 4,
            held: 1,
            cut_off: 1,
            unreadable: 1,
            left: 1,
            left_bytes: 6_700_000,
            names: vec!["A.JPG".to_owned()],
            ..tally
        };
        assert_eq!(
            tally.words(),
            "4 frames, 1 held already, 2 imported, 1 cut off on the card, 1 unreadable; 1 frame (6.7 MB) not held yet; \
             missing: A.JPG and 1 more"
        );
        let tally = CardTally { frames: 9, held: 6, older: 3, ..CardTally::default() };
        assert_eq!(
            tally.words(),
            "9 frames, 6 held already, 0 imported, 0 unreadable; the rest is held, 3 frames of earlier shoots are not"
        );
        let tally = CardTally { left: 1, held: 5, ..tally };
        assert!(tally.words().ends_with("1 frame (0 B) not held yet; besides, 3 frames of earlier shoots not held"));
    }
}
