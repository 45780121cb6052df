//! Follows USB and the mounts while Kilat runs, tells what is there as facts, and reads cards when they are to be read.
//!
//! `run` is the one loop, `plugged` and `cards` what it knows. One card is read by one import at a time.

mod cards;
mod plugged;
mod run;

pub use cards::CardImport;
pub use plugged::UsbCamera;
pub use run::{CameraConfig, run};
