//! The machine that Kilat runs on: what is measured of it each second, and an alarm while there is still time.
//!
//! Measures, never guesses: what cannot be measured has no number.

mod alarms;
mod machine;
mod probe;
mod space;
mod system;

pub use machine::{MachineConfig, measure};
pub use probe::Use;
pub use space::{SpaceConfig, run};
