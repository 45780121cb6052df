//! The durable, ordered record of what happened, and the work that follows from it.
//!
//! A [`Fact`](kilat_core::Fact) is appended once, gets the next [`Offset`](kilat_core::Offset) and is applied to the
//! current tables in the same transaction; whoever was answered may rely on it through a power
//! cut. Engines meet only here: they append, [tail](Journal::tail) and [lease](Journal::lease_copies).
//!
//! The log and the tables of photos grow with the photos held, about 3 KB each: the disk is their
//! bound. Everything else is bounded by a constant beside it.

mod backups;
mod cameras;
mod error;
mod feed;
mod glance;
mod journal;
mod model;
mod pulse;
mod reads;
mod restores;
mod sent;
mod sqlite;

pub use backups::{BackupState, BackupTally, Check, Listed, ProvenCopy, RunFailure, ScrubState, Work};
pub use cameras::{CameraEvidence, CameraReceipt, CameraStanding, ClockStanding, HandedIn, HandedInAs, Receipt};
pub use error::{JournalError, Refusal};
pub use feed::Tail;
pub use glance::Glance;
pub use journal::Journal;
pub use model::{
    AccessTables, CameraTally, Counts, DestinationCounts, Due, Filed, Filing, Lease, Note, NoticeFilter, Problem,
    Snapshot,
};
pub use restores::RestoreState;
pub use sent::SentTally;
pub use sqlite::{
    MAX_CAMERAS, MAX_DESTINATIONS, MAX_EVENTS, MAX_FACTS_PER_APPEND, MAX_GOING_RUNS, MAX_LIMIT, MAX_NOTE_BYTES,
    MAX_NOTES, MAX_NOTICES, MAX_PROVEN, MAX_RESTORES, MAX_RUN_FAILURES, MAX_RUNS, MAX_SAMPLES, MAX_SECRETS,
    MAX_SESSIONS, MAX_SOURCES, MAX_TOKENS, MAX_USERS, MAX_WAIT,
};
