//! Backup runs against real disks and stores that follow a script.

#![expect(clippy::unwrap_used, reason = "a test's panic is its report")]

mod clocks;
mod faults;
mod many;
mod reading;
mod runs;
mod scene;
mod schedule;
