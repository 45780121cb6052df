//! Why a file was not taken, in words that tell its sender what to do.

use std::io;
use std::path::{Path, PathBuf};

use kilat_core::{Class, Classify, OsFault, size_text};

use super::intake::Inner;

/// Why a file was not taken.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    /// It would fill the disk that Kilat's own folder is on.
    #[error("the disk of Kilat's intake has {} left, and {} of it must stay free: free some space there, then send again", size_text(*free_bytes), size_text(*floor_bytes))]
    NoRoom {
        /// Free now.
        free_bytes: u64,
        /// What must stay free.
        floor_bytes: u64,
    },
    /// Above the limit that the settings name.
    #[error("the file has more than {}: raise max_file_mb, start Kilat again, then send again", size_text(*most_bytes))]
    TooLarge {
        /// The limit.
        most_bytes: u64,
    },
    /// What came is not what was announced.
    #[error("the file came with other bytes than its sender announced: send it again")]
    Differs,
    /// There is no such part, or it is shorter than where its sender wants to go on.
    #[error("there is nothing to go on with: send the file from its beginning")]
    NoPart,
    /// The sender went away; what came is kept as a part where it has a name.
    #[error("the sender stopped in the middle: {0}")]
    Cut(#[source] io::Error),
    /// The disk fails.
    #[error("Kilat's intake cannot write {}: {source}", path.display())]
    Io {
        /// What could not be written.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

impl Classify for IntakeError {
    fn class(&self) -> Class {
        match self {
            Self::NoRoom { .. } => Class::NeedsOperator,
            Self::TooLarge { .. } | Self::Differs | Self::NoPart => Class::GiveUp,
            Self::Cut(_) | Self::Io { .. } => Class::Retry { after: None },
        }
    }
}

impl IntakeError {
    pub(super) fn io(path: &Path, source: io::Error, inner: &Inner) -> Self {
        if OsFault::of(&source) == OsFault::Full {
            return inner.no_room();
        }
        Self::Io { path: path.to_owned(), source }
    }
}
