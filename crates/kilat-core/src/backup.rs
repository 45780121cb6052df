//! Event backups: a run brings one event to one destination; what happens to runs and to their copies.
//!
//! The facts of backups are one theme of [`Fact`](crate::Fact), nested so that engines which do not care match one line.

use serde::{Deserialize, Serialize};

use crate::{BackupId, DestinationId, EventId, Millis, ObjectKey, Offset, PhotoId, ReadBack};

/// One event to one destination.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BackupRun {
    /// Its id.
    pub id: BackupId,
    /// What is brought.
    pub event: EventId,
    /// Where to.
    pub destination: DestinationId,
    /// What is done there.
    pub kind: RunKind,
    /// Who asked for it.
    pub asked_by: AskedBy,
}

/// What a run does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RunKind {
    /// Copies what is not there yet, and proves it.
    Copy,
    /// Reads back every copy that is there; copies nothing.
    Verify,
}

/// Who asked for a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum AskedBy {
    /// A person or a program.
    Operator,
    /// The schedule, because the event was closed.
    EventClosed,
    /// The schedule, at the time of the day that the settings name.
    Daily,
    /// The schedule, because nothing arrived and nothing was due for a while.
    Idle,
}

/// How far a run that was not held up has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunStep {
    /// It waits for its turn at the destination.
    Queued,
    /// What is there is compared with what should be.
    Listing,
    /// What is missing is copied and read back.
    Copying,
    /// Copies are read back.
    Verifying,
    /// The list of the copies is written.
    Sealing,
}

/// What a run found when it compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BackupTotals {
    /// Photos of the event.
    pub photos: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Those of them that stood there already, proven by an earlier run.
    pub there: u64,
    /// Their bytes.
    pub there_bytes: u64,
    /// Room at the destination; none where it does not tell.
    pub free_bytes: Option<u64>,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum RunOutcome {
    /// Every photo has a proven copy there.
    Completed,
    /// Not every photo has one.
    Failed {
        /// What happened, to what.
        error: String,
        /// What to do.
        remedy: String,
    },
    /// An operator ended it; whole copies stay.
    Cancelled,
}

/// What a copy turned out to be when it was looked at again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum CopyFault {
    /// Nothing stands where it stood.
    Missing,
    /// Its bytes are not those that were written.
    Damaged,
}

/// Where a backup copy of one photo stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BackupCopy {
    /// Proven.
    Stored {
        /// Where.
        key: ObjectKey,
        /// When it was proven last.
        proven_at: Millis,
        /// How.
        read_back: ReadBack,
    },
    /// Given up by a run, or found missing or damaged since.
    Bad {
        /// What happened and what to do.
        message: String,
    },
}

/// What happened to backups.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "backup", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum BackupFact {
    /// A run was asked for.
    Asked {
        /// As it was asked for.
        run: BackupRun,
    },
    /// A run compared what is there with what should be.
    Listed {
        /// Which.
        run: BackupId,
        /// What it found.
        totals: BackupTotals,
    },
    /// A run went on to its next step.
    Moved {
        /// Which.
        run: BackupId,
        /// To which.
        step: RunStep,
    },
    /// A copy is durable at a destination and was read back.
    Copied {
        /// By which run; by a repair when none.
        run: Option<BackupId>,
        /// Of which photo.
        photo: PhotoId,
        /// Where.
        destination: DestinationId,
        /// Under which key there.
        key: ObjectKey,
        /// How it was proven.
        read_back: ReadBack,
        /// Whether the same bytes stood there already, unrecorded.
        was_there: bool,
    },
    /// A run gave a copy up.
    CopyFailed {
        /// Which.
        run: BackupId,
        /// Of which photo.
        photo: PhotoId,
        /// What happened and what to do, in words for a person.
        message: String,
    },
    /// Copies were read back and are what they were.
    Proven {
        /// By which run; by the scrub when none.
        run: Option<BackupId>,
        /// Where.
        destination: DestinationId,
        /// How.
        read_back: ReadBack,
        /// Of which photos.
        photos: Vec<PhotoId>,
    },
    /// A copy is not what it was. It is due again; what stands there is left as it is.
    Found {
        /// By which run; by the scrub when none.
        run: Option<BackupId>,
        /// Of which photo.
        photo: PhotoId,
        /// Where.
        destination: DestinationId,
        /// What is wrong.
        fault: CopyFault,
        /// The same in words, with what to do.
        message: String,
    },
    /// The list of an event's copies was written beside them.
    Sealed {
        /// By which run.
        run: BackupId,
        /// It holds every copy that was recorded up to here.
        as_of: Offset,
    },
    /// An operator stopped a run for now.
    Paused {
        /// Which.
        run: BackupId,
    },
    /// An operator let it go on.
    Resumed {
        /// Which.
        run: BackupId,
    },
    /// An operator ended a run.
    CancelAsked {
        /// Which.
        run: BackupId,
    },
    /// An operator asked a run that ended to go on with what has no copy yet.
    RetryAsked {
        /// Which.
        run: BackupId,
    },
    /// A run cannot go on by itself; it is tried again and again.
    Waits {
        /// Which.
        run: BackupId,
        /// What happened and what to do, in words for a person.
        reason: String,
    },
    /// A run that waited goes on.
    WentOn {
        /// Which.
        run: BackupId,
    },
    /// A run ended.
    Ended {
        /// Which.
        run: BackupId,
        /// How.
        outcome: RunOutcome,
    },
    /// Records of runs that ended before this are forgotten; never a copy.
    Forgotten {
        /// When.
        ended_before: Millis,
    },
    /// The disk that a destination lies on was seen for the first time, or is another one.
    VolumeSeen {
        /// Which.
        destination: DestinationId,
        /// Names the disk; two destinations on one disk fail together.
        volume: String,
    },
    /// An operator asked for all copies at a destination to be read back now.
    ScrubAsked {
        /// Which.
        destination: DestinationId,
    },
    /// A scrub of a destination began.
    ScrubBegan {
        /// Which.
        destination: DestinationId,
    },
    /// A scrub has read back every copy that it had to.
    ScrubEnded {
        /// Which.
        destination: DestinationId,
    },
    /// A scrub has read back the lists of copies that stand at a destination.
    ListsRead {
        /// Which.
        destination: DestinationId,
        /// The events whose lists are damaged: the next backup of each writes another.
        damaged: Vec<EventId>,
        /// What is wrong with them, in words for a person; the first few.
        flaws: Vec<String>,
    },
}
