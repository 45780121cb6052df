//! What is on a card and not held yet is read through the intake.
//!
//! `list` says what is on it, `compare` what of it is held, `plan` what is to come, `read` brings one file, `run` brings
//! the rest. A card is never written to.

mod compare;
mod list;
mod plan;
mod read;
mod run;

pub use compare::{Compared, compare};
pub use list::{CardFile, Listing, list};
pub use plan::Plan;
pub use run::{Imported, Importer, PlanError};
