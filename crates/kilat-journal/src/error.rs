//! What can go wrong with the journal, and what a loop may do about it.
//!
//! A refusal is the caller's mistake and concerns one command; everything else concerns the place
//! where the journal lies. Nothing here is shown to viewers.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use kilat_core::{
    ArrivalId, BackupId, CameraId, Class, Classify, DestinationId, EventId, PhotoId, RestoreId, SourceId, UserName,
};

/// Why the journal cannot do what it was asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum JournalError {
    /// The fact contradicts what is recorded, or the question names what nobody recorded.
    #[error("record this: {0}")]
    Refused(#[from] Refusal),
    /// No space left. The journal goes on by itself once there is some.
    #[error("write the journal {path:?}: its disk is full; free some space there")]
    Full {
        /// The journal's file.
        path: PathBuf,
    },
    /// The journal's file may not be written.
    #[error("write the journal {path:?}: it is read-only; mount its disk for writing and let this user write there")]
    ReadOnly {
        /// The journal's file.
        path: PathBuf,
    },
    /// Another process has it open.
    #[error("open the journal {path:?}: another Kilat uses it; stop that one, or give this one its own data folder")]
    InUse {
        /// The journal's file.
        path: PathBuf,
    },
    /// A newer Kilat wrote it.
    #[error(
        "open the journal {path:?}: it has version {found}, this Kilat knows {known}; install the newer Kilat again"
    )]
    Newer {
        /// The journal's file.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// The newest version known here.
        known: u32,
    },
    /// A database of another program.
    #[error("open the journal {path:?}: it is a database of another program; give Kilat its own data folder")]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The file is damaged.
    #[error(
        "read the journal {path:?}: it is damaged; keep the file, then restore the newest backup of the data folder"
    )]
    Corrupt {
        /// The journal's file.
        path: PathBuf,
        /// What SQLite said.
        #[source]
        source: Arc<rusqlite::Error>,
    },
    /// The system refused to open or create it.
    #[error("open the journal {path:?}")]
    Open {
        /// The journal's file.
        path: PathBuf,
        /// Why.
        #[source]
        source: Arc<io::Error>,
    },
    /// Anything else that SQLite answers, such as an I/O error of the disk.
    #[error("use the journal {path:?}")]
    Storage {
        /// The journal's file.
        path: PathBuf,
        /// What SQLite said.
        #[source]
        source: Arc<rusqlite::Error>,
    },
    /// A fact that has no form in JSON.
    #[error("write this fact down")]
    Encode(#[source] Arc<serde_json::Error>),
    /// The journal was closed.
    #[error("use the journal: it was closed")]
    Closed,
    /// The writer died, so nothing more can be recorded; the process must end.
    #[error("use the journal: its writer died: {0}")]
    Died(String),
}

/// Why one command was refused; nothing of it was recorded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No such event.
    #[error("there is no event {0}")]
    UnknownEvent(EventId),
    /// No such source.
    #[error("there is no source {0}")]
    UnknownSource(SourceId),
    /// No such destination.
    #[error("there is no destination {0}")]
    UnknownDestination(DestinationId),
    /// No such arrival.
    #[error("there is no arrival {0}")]
    UnknownArrival(ArrivalId),
    /// No such photo.
    #[error("there is no photo {0}")]
    UnknownPhoto(PhotoId),
    /// No such account.
    #[error("there is no account {0}")]
    UnknownUser(UserName),
    /// No such notice.
    #[error("there is no notification {0:?}")]
    UnknownNotice(String),
    /// No such backup run.
    #[error("there is no backup {0}")]
    UnknownBackup(BackupId),
    /// No such restore.
    #[error("there is no restore {0}")]
    UnknownRestore(RestoreId),
    /// No such camera.
    #[error("there is no camera {0}")]
    UnknownCamera(CameraId),
    /// The photo need not be copied there.
    #[error("the photo {photo} is not due at {destination}")]
    NotDue {
        /// The photo.
        photo: PhotoId,
        /// The destination.
        destination: DestinationId,
    },
    /// What is recorded under this id differs.
    #[error("{what} {id} is recorded otherwise: {why}")]
    Contradicts {
        /// Kind of thing, for example `event`.
        what: &'static str,
        /// Its id.
        id: String,
        /// The difference.
        why: &'static str,
    },
    /// A bound of the journal.
    #[error("more than {most} {what}")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// The bound.
        most: usize,
    },
}

impl Classify for JournalError {
    fn class(&self) -> Class {
        match self {
            Self::Refused(_) | Self::Encode(_) | Self::Closed | Self::Died(_) => Class::GiveUp,
            Self::Full { .. }
            | Self::ReadOnly { .. }
            | Self::InUse { .. }
            | Self::Newer { .. }
            | Self::Foreign { .. }
            | Self::Corrupt { .. }
            | Self::Open { .. }
            | Self::Storage { .. } => Class::NeedsOperator,
        }
    }
}
