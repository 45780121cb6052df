//! libgphoto2, found when the helper runs: no build needs it, and Kilat links nothing of it.
//!
//! The only room with unsafe code: `calls` finds the functions, `camera` wraps what the worker needs of them. It runs in
//! the helper's process alone; a crash in there ends one camera's helper.

mod calls;
mod camera;

pub(crate) use calls::Calls;
pub(crate) use camera::{Camera, Fault, Happened, Setting, Storage};
