//! Why the vault did not do it, in words for a photographer, and what a loop may do about it.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use kilat_core::{Class, Classify, ObjectKey};
use kilat_objects::StoreError;

use crate::lines::{FaultKind, FaultLine};

/// Why the vault did not do it. Each completes "cannot …" or stands alone as what happened and what to do.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The disk, a source, or the bytes that came back.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The password is wrong.
    #[error(
        "the password does not open the repository in {place:?}: give the right one; without it nobody can read what is there, and neither can Kilat"
    )]
    WrongPassword {
        /// The repository.
        place: PathBuf,
    },
    /// Another program works there.
    #[error("the repository in {place:?} is locked: {by}")]
    Locked {
        /// The repository.
        place: PathBuf,
        /// By whom, and what to do.
        by: String,
    },
    /// There is no repository, and none may be made.
    #[error("{detail}: is the right disk mounted? Photos wait; for a new repository name an empty folder")]
    NoRepository {
        /// How that shows.
        detail: String,
    },
    /// The repository does not hold together.
    #[error(
        "the repository in {place:?} is damaged ({detail}): run `restic check --read-data` there and `restic repair`, or back up to another folder"
    )]
    Damaged {
        /// The repository.
        place: PathBuf,
        /// What the library says.
        detail: String,
    },
    /// What came back of one photo is not what was stored.
    #[error(
        "{detail}: do not trust this disk; move that file away and back up again, then what it held is stored anew from the originals"
    )]
    Corrupt {
        /// The repository.
        place: PathBuf,
        /// Which photo, and which file of the repository.
        detail: String,
    },
    /// Not in the repository.
    #[error("find the photo: {detail}")]
    Missing {
        /// What was looked for.
        detail: String,
    },
    /// Too much for one job.
    #[error("back up more than {most} photos at once: back up in parts")]
    TooMany {
        /// How many are taken.
        most: usize,
    },
    /// Two photos of one job would stand at one place.
    #[error("back up two photos as {key:?}")]
    Twice {
        /// Where.
        key: ObjectKey,
    },
    /// The process cannot be started.
    #[error("start the process that works on the repository")]
    Start(#[source] io::Error),
    /// The process ended without an answer; what it had finished stands.
    #[error("the process that works on the repository ended ({how}): the next run goes on where it was")]
    Died {
        /// How it ended.
        how: String,
    },
    /// The process moved nothing for too long, and was killed.
    #[error("the repository in {place:?} moved nothing for {patience:?}: is its disk or network well?")]
    Stalled {
        /// The repository.
        place: PathBuf,
        /// How long it was waited for.
        patience: Duration,
    },
    /// The process said something that is no answer, and was killed.
    #[error("the process that works on the repository answered nonsense")]
    Garbled,
    /// The caller ended it.
    #[error("the backup was cancelled; what was finished stands")]
    Cancelled,
}

impl Classify for VaultError {
    fn class(&self) -> Class {
        match self {
            Self::Store(error) => error.class(),
            Self::WrongPassword { .. }
            | Self::Locked { .. }
            | Self::NoRepository { .. }
            | Self::Damaged { .. }
            | Self::Start(_) => Class::NeedsOperator,
            // Stored again, the same damaged pieces would be taken for stored.
            Self::Corrupt { .. } | Self::TooMany { .. } | Self::Twice { .. } => Class::GiveUp,
            Self::Missing { .. } | Self::Died { .. } | Self::Stalled { .. } | Self::Garbled | Self::Cancelled => {
                Class::Retry { after: None }
            }
        }
    }
}

impl VaultError {
    /// What the process said of a fault; `file` is the source that it was about.
    pub(crate) fn of(fault: FaultLine, place: &Path, file: Option<&Path>) -> Self {
        let FaultLine { what, detail } = fault;
        let (place, file) = (place.to_owned(), file.unwrap_or(place).to_owned());
        match what {
            FaultKind::Full => StoreError::Full { place }.into(),
            FaultKind::ReadOnly => StoreError::ReadOnly { place }.into(),
            FaultKind::Denied => StoreError::Denied { place }.into(),
            FaultKind::Gone => StoreError::Gone { place, why: "a file or its device disappeared" }.into(),
            FaultKind::SourceChanged => StoreError::SourceChanged { file }.into(),
            FaultKind::SourceGone => StoreError::SourceGone { file }.into(),
            FaultKind::Corrupt => Self::Corrupt { place, detail },
            FaultKind::Io => StoreError::Io { what: "use", path: file, source: io::Error::other(detail) }.into(),
            FaultKind::WrongPassword => Self::WrongPassword { place },
            FaultKind::Locked => Self::Locked { place, by: detail },
            FaultKind::NoRepository => Self::NoRepository { detail },
            FaultKind::Damaged => Self::Damaged { place, detail },
            FaultKind::Missing => Self::Missing { detail },
        }
    }
}

/// What is meant where a fault's own words name the folder.
const REPOSITORY: &str = "the encrypted repository";

/// For engines that know destinations of every kind.
impl From<VaultError> for StoreError {
    fn from(error: VaultError) -> Self {
        let why = error.to_string();
        match error {
            VaultError::Store(error) => error,
            VaultError::WrongPassword { place }
            | VaultError::Locked { place, .. }
            | VaultError::Damaged { place, .. } => Self::Unusable { place, why },
            VaultError::NoRepository { .. } | VaultError::Start(_) => {
                Self::Unusable { place: PathBuf::from(REPOSITORY), why }
            }
            VaultError::Corrupt { place, .. } => Self::Corrupt { place },
            VaultError::Cancelled => Self::Cancelled,
            VaultError::Missing { .. } => Self::Io {
                what: "find",
                path: PathBuf::from(REPOSITORY),
                source: io::Error::new(io::ErrorKind::NotFound, why),
            },
            VaultError::TooMany { .. }
            | VaultError::Twice { .. }
            | VaultError::Died { .. }
            | VaultError::Stalled { .. }
            | VaultError::Garbled => {
                Self::Io { what: "use", path: PathBuf::from(REPOSITORY), source: io::Error::other(why) }
            }
        }
    }
}
