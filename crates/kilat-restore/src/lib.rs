//! Restores that the server does: photos of an event from one destination into a folder of this machine.
//!
//! Bytes are brought and compared by `kilat-mhl`, as `kilat restore` does it: nothing is overwritten, and no half file
//! ever has its name. Here stands the rest: where may be written to, that one goes at a time, how it goes, how it
//! ended. What was asked for and what came of it are facts; a restore that Kilat's end cut off is told as such.

mod bring;
mod desk;
mod engine;
mod folder;
mod refusal;

pub use desk::{Plan, RestoreConfig, Restores, Wish};
pub use folder::FolderFault;
pub use refusal::RestoreRefusal;
