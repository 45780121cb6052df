//! Whole events to backup destinations, and copies read back before they rot.
//!
//! The engine takes up every run that has not ended, one at a time for each destination; what a run did is in the
//! journal before anybody is told. Nothing is ever deleted or overwritten at a destination. A run goes on after a
//! crash where it stopped, because the journal says which copies are proven. Who asks for runs is not decided here,
//! but for the schedule; what the list of an event's copies looks like is the [`Sealer`]'s.

mod config;
mod copying;
mod disks;
mod engine;
mod listing;
mod origins;
mod place;
mod reading;
mod record;
mod run;
mod schedule;
mod scrub;
mod sealing;
mod volume;

pub use config::{BackupConfig, Daily, Schedule, ScrubConfig, SealError, Sealer, Stores};
pub use engine::run;
pub use schedule::schedule;
pub use scrub::scrub;
