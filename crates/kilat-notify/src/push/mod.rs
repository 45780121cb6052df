//! Web Push (RFC 8030): each device that a person signed up is told on its own, encrypted for it alone.

mod desk;
mod device;
mod encrypt;
mod vapid;

pub use desk::{Push, PushConfig, PushError, StillHolds};
pub use device::{Device, DeviceError, MAX_DEVICES};
pub use encrypt::{EncryptError, encrypt};
pub use vapid::{Vapid, VapidError};
