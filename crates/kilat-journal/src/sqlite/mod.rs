//! The embedded backend: one SQLite file, one writer, two readers.

mod access;
mod apply;
mod arrivals;
mod backup_reads;
mod backups;
mod cameras;
mod clocks;
mod copies;
mod evidence;
mod fail;
mod filing;
mod frames;
mod identity;
mod lease;
mod ledger;
mod open;
mod read;
mod reader;
mod restores;
mod rows;
mod samples;
mod secrets;
mod sent;
mod summary;
mod upkeep;
mod writer;

pub use access::{MAX_SESSIONS, MAX_TOKENS, MAX_USERS};
pub use apply::{MAX_DESTINATIONS, MAX_EVENTS, MAX_NOTICES, MAX_SOURCES};
pub use backups::{MAX_GOING_RUNS, MAX_RUN_FAILURES, MAX_RUNS};
pub use cameras::MAX_CAMERAS;
pub use copies::MAX_WAIT;
pub use ledger::{MAX_NOTE_BYTES, MAX_NOTES};
pub use read::MAX_LIMIT;
pub use restores::MAX_RESTORES;
pub use samples::MAX_SAMPLES;
pub use secrets::MAX_SECRETS;
pub use upkeep::MAX_PROVEN;
pub use writer::MAX_FACTS_PER_APPEND;

pub(crate) use access::access_tables;
pub(crate) use backup_reads::{
    backup, backup_copies_of, backup_failures, backup_listing, backup_tally, backup_work, backups, backups_going,
    copies_to_read, copy_sets, event_folders, events_to_back_up, last_photo_no, listed_folders, needs_seal, part,
    photos_in_set, proven_copies, scrub_due, scrubs, to_mend, unfiled, volumes,
};
pub(crate) use cameras::{handed_in, known_camera, known_cameras, photo_of_any_event};
pub(crate) use clocks::clocks;
pub(crate) use evidence::{camera_evidence, camera_receipts, receipts};
pub(crate) use frames::{listed_frames, missing_frames};
pub(crate) use ledger::{by_id as notice, notes, notices, open_count, since as notices_since, untold};
pub(crate) use open::open;
pub(crate) use read::{
    active_event, arrival, arrival_at, copies_of, destinations, event, events, failed_arrivals, is_paused, log_after,
    next_due, photo, photo_with_hash, photos, settings, sources, unfinished_arrivals,
};
pub(crate) use reader::Readers;
pub(crate) use restores::{going as restore_going, restore, restores};
pub(crate) use samples::samples;
pub(crate) use secrets::secrets;
pub(crate) use sent::sent_tallies;
pub(crate) use summary::{cameras, counts, problems, snapshot};
pub(crate) use writer::{COMMANDS_WAITING, Command, Writer};
