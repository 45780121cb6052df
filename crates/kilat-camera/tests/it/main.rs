//! The real bus, mounts and files, in namespaces of their own.

mod alone;
mod cards;
mod import;
mod usb;
