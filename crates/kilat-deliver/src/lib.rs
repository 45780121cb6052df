//! Photos leave: lease a copy, make it, prove it, append the outcome.
//!
//! One loop per destination. The journal says what is due; a copy counts when `CopyStored` is in the
//! journal, never before. A fault of the place pauses that place only; a fault of one file never
//! blocks the others. Backups, which use the same loop, are deliberately absent so far.

mod circuit;
mod copy;
mod destination;
mod pause;

pub use destination::{DeliverError, Place, UploadConfig, run};
