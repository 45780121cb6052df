//! Restores that the server does: photos of one event brought back from one destination into a folder here.
//!
//! The facts are one theme of [`Fact`](crate::Fact). What was brought is told once, at the end; what is under way
//! stands on the board.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{DestinationId, EventId, RestoreId};

/// What was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Restore {
    /// Its id.
    pub id: RestoreId,
    /// Whose photos.
    pub event: EventId,
    /// From where.
    pub from: DestinationId,
    /// Only those of these names; all when none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub photos: Option<Vec<String>>,
    /// Into which folder of this machine, without links on the way.
    pub folder: PathBuf,
}

/// How much there is to bring.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RestoreTotals {
    /// Files.
    pub photos: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// What became of them so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RestoreTally {
    /// Written, and compared with their hash.
    pub restored: u64,
    /// Their bytes.
    pub restored_bytes: u64,
    /// Stood there already with the same bytes.
    pub was_there: u64,
    /// Could not be brought.
    pub failed: u64,
}

/// A file that could not be brought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RestoreFailure {
    /// Its path below the event's folder.
    pub name: String,
    /// What was wrong with its copy.
    pub message: String,
}

/// How a restore ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum RestoreOutcome {
    /// Every file stands there, compared with its hash.
    Completed,
    /// All that the place has whole; the rest is named.
    Incomplete,
    /// It could not go on.
    Failed {
        /// What happened, to what.
        error: String,
        /// What to do.
        remedy: String,
    },
    /// An operator ended it; whole files stay.
    Cancelled,
    /// Kilat ended before it did; whole files stay.
    Interrupted,
}

/// The last word about a restore.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RestoreEnd {
    /// How it ended.
    #[serde(flatten)]
    pub outcome: RestoreOutcome,
    /// What became of the files; none when nobody was left to count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tally: Option<RestoreTally>,
    /// The first of those that could not be brought.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<RestoreFailure>,
}

/// What happened to restores.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum RestoreFact {
    /// One was asked for.
    Asked {
        /// As it was asked for.
        restore: Restore,
    },
    /// It was found what there is to bring, and that there is room for it.
    Counted {
        /// Which.
        restore: RestoreId,
        /// What was found.
        totals: RestoreTotals,
        /// What is wrong with the lists of copies that it was found by, in words; the first few.
        warnings: Vec<String>,
    },
    /// An operator ended it.
    CancelAsked {
        /// Which.
        restore: RestoreId,
    },
    /// It ended.
    Ended {
        /// Which.
        restore: RestoreId,
        /// How, and what became of the files.
        end: RestoreEnd,
    },
}

/// How a restore goes, as measured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestoreProgress {
    /// Which.
    pub restore: RestoreId,
    /// What became of the files so far.
    pub tally: RestoreTally,
    /// Bytes written, or compared where they stood already.
    pub processed_bytes: u64,
    /// Bytes a second over the last seconds; none before that is known.
    pub bytes_per_second: Option<u64>,
    /// How long the rest takes at that speed; none when nobody can tell.
    pub eta: Option<Duration>,
}
