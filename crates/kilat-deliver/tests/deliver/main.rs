//! One destination's loop, with a real journal, a real source folder, and a store that does as it is told.

#![expect(clippy::wildcard_enum_match_arm, reason = "a test waits for one fact among all")]
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails, in its helpers too")]

mod faults;
mod order;
mod scene;
mod stop;
