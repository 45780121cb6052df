//! Why a copy failed, in words for a photographer, and what a loop may do about it.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

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
    /// It cannot be opened as it is named.
    #[error("{place:?} cannot be used: {why}")]
    Unusable {
        /// The destination.
        place: PathBuf,
        /// What is missing, and what to do.
        why: String,
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
    /// The credentials are wrong, expired or not enough.
    #[error("{place:?} does not take our credentials ({why}): set them anew for this destination; photos wait")]
    Credentials {
        /// The destination.
        place: PathBuf,
        /// What the other side said, in short.
        why: String,
    },
    /// Nobody answers there, or somebody whom we do not trust.
    #[error("{place:?} cannot be reached ({why}): look at the network and the address; photos wait")]
    Unreachable {
        /// The destination.
        place: PathBuf,
        /// How that shows.
        why: String,
    },
    /// The other side asks for patience.
    #[error("{place:?} asks to come more slowly; photos wait")]
    Busy {
        /// The destination.
        place: PathBuf,
        /// How long, where it said so.
        after: Option<Duration>,
    },
    /// The clocks differ by more than a signature allows.
    #[error("{place:?} refuses because the clock of this machine is wrong: set it by time server; photos wait")]
    ClockSkew {
        /// The destination.
        place: PathBuf,
    },
    /// A server that proves to be another one than at first.
    #[error(
        "{place:?} shows another host key ({found}) than before ({known}): if its owner changed it, remove this \
         destination and add it again, else somebody stands in between; photos wait"
    )]
    HostKey {
        /// The destination.
        place: PathBuf,
        /// The fingerprint it had.
        known: String,
        /// The fingerprint it has.
        found: String,
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
            | Self::Credentials { .. }
            | Self::Unreachable { .. }
            | Self::ClockSkew { .. }
            | Self::HostKey { .. }
            | Self::Unusable { .. } => Class::NeedsOperator,
            Self::Busy { after, .. } => Class::Retry { after: *after },
            Self::SourceChanged { .. } => Class::GiveUp,
            Self::SourceGone { .. } | Self::Corrupt { .. } | Self::Cancelled | Self::Io { .. } => {
                Class::Retry { after: None }
            }
        }
    }
}

impl StoreError {
    /// What an error of the system means for a source.
    #[must_use]
    pub fn of_source(file: &Path, source: io::Error) -> Self {
        let file = file.to_owned();
        if source.kind() == io::ErrorKind::NotFound {
            return Self::SourceGone { file };
        }
        Self::Io { what: "read", path: file, source }
    }

    /// What an error of the system means for a destination.
    pub(crate) fn at(place: &Path, what: &'static str, path: &Path, source: io::Error) -> Self {
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
