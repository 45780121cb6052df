//! Why a restore is not begun, and what to do.

use std::path::PathBuf;

use kilat_core::{RestoreId, count_text, size_text};
use kilat_journal::JournalError;

use crate::folder::FolderFault;

/// Why a restore is not begun. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum RestoreRefusal {
    /// Nothing has the name.
    #[error("there is no destination {0:?}")]
    UnknownDestination(String),
    /// Nothing has the id.
    #[error("there is no restore {0:?}")]
    UnknownRestore(String),
    /// The place has no proven copy of the event.
    #[error("{from} has no proven copy of {event}")]
    NothingThere {
        /// The destination.
        from: String,
        /// The event.
        event: String,
    },
    /// Some names are of no photo there.
    #[error("{from} has no proven copy of {}", listed(.names))]
    NoSuchPhotos {
        /// The destination.
        from: String,
        /// The names, in lower case.
        names: Vec<String>,
    },
    /// More names than are looked for at once, or none.
    #[error("{0} names were given")]
    Names(usize),
    /// It may not be written to.
    #[error(transparent)]
    Folder(#[from] FolderFault),
    /// More bytes than there is room for.
    #[error(
        "{} needs {}, and {} may be used there",
        folder.display(), size_text(*needed_bytes), size_text(*free_bytes)
    )]
    NoRoom {
        /// The folder.
        folder: PathBuf,
        /// Bytes of the files that do not stand there.
        needed_bytes: u64,
        /// Room.
        free_bytes: u64,
    },
    /// One goes at a time.
    #[error("another restore goes: {0}")]
    Goes(RestoreId),
    /// The journal cannot be used.
    #[error("cannot {0}")]
    Journal(#[from] JournalError),
}

impl RestoreRefusal {
    /// What to do.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::UnknownDestination(_) => "kilat destination list names them all",
            Self::UnknownRestore(_) => "look at the list for what there is",
            Self::NothingThere { .. } => "choose a destination that has copies of this event",
            Self::NoSuchPhotos { .. } => "write each name as the photo has it, or choose another destination",
            Self::Names(_) => "give 1 to 1,000 names, or none for all photos",
            Self::Folder(fault) => fault.remedy(),
            Self::NoRoom { .. } => "make room there, choose another folder, or bring back fewer photos",
            Self::Goes(_) => "wait for its end, or cancel it",
            Self::Journal(_) => "run kilat doctor on the server's machine",
        }
    }
}

/// The first few names, and how many more there are.
fn listed(names: &[String]) -> String {
    const FEW: usize = 5;
    let few = names.iter().take(FEW).cloned().collect::<Vec<_>>().join(", ");
    match names.len().checked_sub(FEW) {
        None | Some(0) => few,
        Some(more) => format!("{few} and {}", count_text(more as u64, "more name")),
    }
}
