//! The house put together: the sink is built first, each engine is handed what it may use.
//!
//! Two stops: first the engines (arrivals, then copies under way) end, then the hub tells what they
//! recorded last, then the viewers are told goodbye. A task that dies ends the process with a failure.

mod backups;
pub(crate) mod cables;
mod cameras;
mod destinations;
mod front_door;
mod ftp;
mod intake;
mod notify;
pub(crate) mod offline;
mod restores;
mod run;
mod sealing;
mod senders;
mod setup;
mod signals;
pub(crate) mod sources;
mod statistics;
pub(crate) mod stores;
mod uplink;
mod uploads;

pub(crate) use front_door::{Welcome, public_base};
pub(crate) use ftp::menu as ftp_menu;
pub(crate) use run::{Kind, run};
