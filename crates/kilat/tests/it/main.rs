//! The whole program, driven as its users drive it: one file a capability.

#![expect(clippy::print_stdout, reason = "a test that cannot be made here says why")]

mod access;
mod command_line;
mod conformance;
mod copies;
mod faults;
mod kill;
mod lifecycle;
mod live;
mod polling;
mod previews;
mod scene;
mod sources;
mod terminal;
mod tls;
mod wire;
