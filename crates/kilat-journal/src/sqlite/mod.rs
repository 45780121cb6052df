//! The embedded backend: one SQLite file, one writer, two readers.

mod access;
mod apply;
mod arrivals;
mod copies;
mod fail;
mod filing;
mod identity;
mod lease;
mod ledger;
mod open;
mod read;
mod reader;
mod rows;
mod summary;
mod writer;

pub use access::{MAX_SESSIONS, MAX_TOKENS, MAX_USERS};
pub use apply::{MAX_DESTINATIONS, MAX_EVENTS, MAX_NOTICES, MAX_SOURCES};
pub use copies::MAX_WAIT;
pub use ledger::{MAX_NOTE_BYTES, MAX_NOTES};
pub use read::MAX_LIMIT;
pub use writer::MAX_FACTS_PER_APPEND;

pub(crate) use access::access_tables;
pub(crate) use ledger::{by_id as notice, notes, notices, open_count, since as notices_since, untold};
pub(crate) use open::open;
pub(crate) use read::{
    active_event, arrival, arrival_at, copies_of, destinations, event, events, failed_arrivals, is_paused, log_after,
    next_due, photo, photos, settings, sources, unfinished_arrivals,
};
pub(crate) use reader::Readers;
pub(crate) use summary::{cameras, counts, problems, snapshot};
pub(crate) use writer::{COMMANDS_WAITING, Command, Writer};
