//! A virtual camera: the camera's side of PTP over TCP/IP, as stock libgphoto2 drives it
//! (`gphoto2 --port ptpip:127.0.0.1:PORT:PORT`). It serves a folder as its card, shoots real files into it,
//! and fails as cameras do: unplugged, asleep, stalled, slow, at a byte of one's choice.
//!
//! What a camera does with its own card is done; nothing can delete or change a file from outside.

mod answers;
mod camera;
mod card;
mod link;
mod packet;
mod shooting;

#[cfg(test)]
mod tests;

pub use camera::{CameraOptions, VirtualCamera};
pub use link::{Cut, Fault};
