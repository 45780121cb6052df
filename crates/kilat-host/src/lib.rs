//! The machine that Kilat runs on: the room left at each destination, and an alarm while there is still time.
//!
//! Measures, never guesses: a place that cannot be measured has no number. Processor, memory and
//! network are deliberately absent so far.

mod space;

pub use space::{SpaceConfig, run};
