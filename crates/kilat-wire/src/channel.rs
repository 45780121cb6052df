//! The channels that a viewer subscribes to, and sets of them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What a viewer subscribes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    /// State of ingest as a whole, and of the cameras.
    Dslr,
    /// Event backups.
    Backup,
    /// Every copy's way.
    Upload,
    /// Cameras only.
    Camera,
    /// Notifications and the server itself.
    System,
}

/// A text that names no channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownChannel;

impl Channel {
    /// All of them, in the order in which they are told to clients.
    pub const ALL: [Self; 5] = [Self::Dslr, Self::Backup, Self::Upload, Self::Camera, Self::System];

    /// Its name on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Dslr => "dslr",
            Self::Backup => "backup",
            Self::Upload => "upload",
            Self::Camera => "camera",
            Self::System => "system",
        }
    }

    /// Its place in [`Channel::ALL`].
    #[must_use]
    pub fn index(self) -> usize {
        self as usize
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Channel {
    type Err = UnknownChannel;
    fn from_str(text: &str) -> Result<Self, UnknownChannel> {
        Self::ALL.into_iter().find(|channel| channel.as_str() == text).ok_or(UnknownChannel)
    }
}

/// A set of channels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Channels(u8);

impl Channels {
    /// How many sets there are: a table with a place for each is small.
    pub const SETS: usize = 1 << Channel::ALL.len();

    /// Exactly these.
    #[must_use]
    pub const fn of(channels: &[Channel]) -> Self {
        let (mut bits, mut next) = (0, 0);
        while next < channels.len() {
            bits |= 1 << channels[next] as u8;
            next += 1;
        }
        Self(bits)
    }

    /// Those of both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Those of this one that are not in the other.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether any is in both.
    #[must_use]
    pub const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether it is in there.
    #[must_use]
    pub const fn has(self, channel: Channel) -> bool {
        self.meets(Self::of(&[channel]))
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// How many.
    #[must_use]
    pub const fn count(self) -> usize {
        self.0.count_ones() as usize
    }

    /// Its place in a table with [`Channels::SETS`] places.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }

    /// Its channels, in the order of [`Channel::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Channel> {
        Channel::ALL.into_iter().filter(move |channel| self.has(*channel))
    }
}

impl FromIterator<Channel> for Channels {
    fn from_iter<I: IntoIterator<Item = Channel>>(channels: I) -> Self {
        channels.into_iter().fold(Self::default(), |all, channel| all.and(Self::of(&[channel])))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_holds_what_it_was_given_and_nothing_else() {
        let set: Channels = [Channel::Upload, Channel::Dslr, Channel::Upload].into_iter().collect();
        assert_eq!(set.iter().collect::<Vec<_>>(), [Channel::Dslr, Channel::Upload]);
        assert_eq!((set.count(), set.has(Channel::Camera), set.is_empty()), (2, false, false));
        assert!(set.without(set).is_empty());
        assert!(Channels::of(&Channel::ALL).index() < Channels::SETS);
    }
}
