//! Sources, and the one way from "a file is there" to "it is a photo".
//!
//! `hot_folder` decides when a file is finished, `intake` announces it, reads it once and files it.
//! Between the two stands a bounded queue that gives the newest first. Nothing here writes to a
//! source, deletes from it, or takes the absence of a file for its deletion.

mod backlog;
mod config;
mod hot_folder;
mod intake;
mod noise;
mod receive;
mod run;
mod stats;

pub use config::{HotFolderConfig, IngestConfig, Poll};
pub use hot_folder::gives_events;
pub use receive::{
    ForNow, Intake, IntakeConfig, IntakeError, MOST_WAITING, Noted, Offer, Outcome, PartName, Receiving, Resting,
    Taken, WaitId, Waiting,
};
pub use run::{IngestError, run};
pub use stats::{IngestStats, StatsNow};
