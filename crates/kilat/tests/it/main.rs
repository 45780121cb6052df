//! The whole program, driven as its users drive it: one file a capability.

mod command_line;
mod copies;
mod faults;
mod kill;
mod lifecycle;
mod previews;
mod scene;
mod wire;
