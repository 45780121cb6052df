//! Photos leave: lease a copy, make it, prove it, append the outcome.
//!
//! One loop per destination. The journal says what is due; a copy counts when `CopyStored` is in the
//! journal, never before. A fault of the place pauses that place only; a fault of one file never
//! blocks the others. Whole events go to backup destinations by another engine, `kilat-backup`.

mod copy;
mod destination;
mod pause;

pub use destination::{DeliverError, Place, UploadConfig, run};
