//! The channels that a viewer subscribes to.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What a viewer subscribes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
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
