//! Cameras, card readers and cards: which are there, who holds one that cannot be claimed, and what is on a card that
//! is not held yet.
//!
//! `usb` follows the bus, `cards` what is mounted, `import` reads a card through the intake. Nothing here writes to a
//! camera or a card. Deliberately absent: talking PTP to a camera.

mod engine;
mod names;

pub mod cards;
pub mod import;
pub mod usb;

pub use engine::{CameraConfig, CardImport, UsbCamera, run};
