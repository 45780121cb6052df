//! Why a copy failed, in words for a photographer, and what a loop may do about it.

use std::io;
use std::path::PathBuf;

use kilat_core::{Class, Classify, OsFault};

/// Why a copy failed. Each completes "cannot …" or stands alone as what happened and what to do.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No room.
    #[error("{place:?} is full: free some room there; photos are kept where they came from and are copied then")]
    Full {
        /// The destination.
        place: PathBuf,
    },
    /// Mounted read-only.
    #[error("{place:?} is read-only: check its lock switch, or mount it for writing; photos wait")]
    ReadOnly {
        /// The destination.
        place: PathBuf,
    },
    /// Permission denied.
    #[error("{place:?} may not be written: let this user write there; photos wait")]
    Denied {
        /// The destination.
        place: PathBuf,
    },
    /// The place is not there, or another one is.
    #[error(
        "{place:?} is not there ({why}): plug it in or mount it, or name another folder if it is lost; photos wait"
    )]
    Gone {
        /// The destination.
        place: PathBuf,
        /// How that shows.
        why: &'static str,
    },
    /// The source was overwritten since it was hashed.
    #[error("{file:?} was overwritten before it was copied: is the original still on the card?")]
    SourceChanged {
        /// The source.
        file: PathBuf,
    },
    /// The source is not there any more.
    #[error("{file:?} was removed before it was copied: put it back, or is the original still on the card?")]
    SourceGone {
        /// The source.
        file: PathBuf,
    },
    /// What was read back differs from what was written.
    #[error("{place:?} gave back other bytes than were written: if it happens again, do not trust this disk")]
    Corrupt {
        /// The destination.
        place: PathBuf,
    },
    /// The place does not let us in or does not hold together.
    #[error("{why}; photos wait")]
    Refused {
        /// The destination.
        place: PathBuf,
        /// What happened to what, and what to do.
        why: String,
    },
    /// The caller ended it.
    #[error("the copy was cancelled")]
    Cancelled,
    /// Anything else.
    #[error("{what} {path:?}: {source}")]
    Io {
        /// What was tried, for example `write`.
        what: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl Classify for StoreError {
    fn class(&self) -> Class {
        match self {
            Self::Full { .. }
            | Self::ReadOnly { .. }
            | Self::Denied { .. }
            | Self::Gone { .. }
            | Self::Refused { .. } => Class::NeedsOperator,
            Self::SourceChanged { .. } => Class::GiveUp,
            Self::SourceGone { .. } | Self::Corrupt { .. } | Self::Cancelled | Self::Io { .. } => {
                Class::Retry { after: None }
            }
        }
    }
}

impl StoreError {
    /// What an error of the system means for a destination.
    pub(crate) fn at(place: &std::path::Path, what: &'static str, path: &std::path::Path, source: io::Error) -> Self {
        let place = place.to_owned();
        match OsFault::of(&source) {
            OsFault::Full => Self::Full { place },
            OsFault::ReadOnly => Self::ReadOnly { place },
            OsFault::Denied => Self::Denied { place },
            OsFault::Gone => Self::Gone { place, why: "a file or its device disappeared" },
            OsFault::Other => Self::Io { what, path: path.to_owned(), source },
        }
    }
}
