//! A folder that other programs write into, and the moment at which each file in it is finished.
//!
//! `settle` decides and touches nothing; `look` asks the disk; `presence` says whether
//! the folder is there, `gone` which files are not any more; `watch` and `scan` say where to
//! look; `root` tells a folder from the empty place where it was mounted; `folder` is the loop.

mod folder;
mod gone;
mod known;
mod look;
mod presence;
mod root;
mod scan;
mod settle;
mod watch;

pub(crate) use folder::{Found, HotFolder, Outside, Signal, signals};
pub(crate) use look::{open as open_photo, stamp as stamp_of};
pub use root::gives_events;
