//! The real bus, mounts and files, in namespaces of their own.

#![expect(clippy::print_stdout, reason = "what was measured is told")]

mod alone;
mod cards;
mod import;
mod usb;
