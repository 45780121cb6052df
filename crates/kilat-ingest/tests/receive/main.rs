//! What Kilat receives itself: a real folder, a real journal, senders that are cut off, come again, and lie.

#![expect(clippy::wildcard_enum_match_arm, reason = "a test waits for one fact among all")]

mod cut_off;
mod names;
mod once;
mod refused;
mod restart;
mod scene;
mod waiting;
