//! The whole program, driven as its users drive it: one file a capability.

#![expect(clippy::print_stdout, reason = "a test that cannot be made here says why")]

mod access;
mod account;
mod backup;
mod camera_password;
mod cameras;
mod ceremony;
mod command_line;
mod conformance;
mod contract;
mod copies;
mod destinations;
mod drive;
mod faults;
mod forms;
mod ftp;
mod intake;
mod kill;
mod lifecycle;
mod limits;
mod line;
mod live;
mod monitoring;
mod notices;
mod polling;
mod previews;
mod restore;
mod restore_here;
mod scene;
mod scrub;
mod sources;
mod states;
mod story;
mod targets;
mod terminal;
mod tether;
mod tls;
mod vault;
mod wire;
