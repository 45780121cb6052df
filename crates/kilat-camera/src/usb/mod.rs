//! Cameras and card readers on USB.
//!
//! `device` says what one is, `table` what changed between two looks, `watch` when to look, `holder` who has a camera
//! that cannot be claimed.

mod device;
mod holder;
mod table;
mod watch;

#[cfg(test)]
pub(crate) use device::tests::nikon;
pub use device::{UsbDevice, UsbRole};
pub use holder::{Holder, who_holds};
pub use watch::{Bus, LOOK_EVERY, UsbChange, changes, look};
