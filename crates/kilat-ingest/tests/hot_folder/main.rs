//! A hot folder with a real file system, a real journal, and files that come in every manner.
//!
//! Every test waits for facts of the journal. The few that show that something does not happen
//! send a second file behind it and wait for that one.

#![expect(clippy::wildcard_enum_match_arm, reason = "a test waits for one fact among all")]

mod faults;
mod gone;
mod manners;
mod names;
mod scene;
