//! A virtual photographer who writes real camera files.
//!
//! For the demo, the tests and the bench alike: every file is what a camera would write, with its
//! metadata and its structure; the pictures are drawn. Nothing here talks to Kilat: it only writes
//! into a folder, as a camera does.

mod body;
mod files;
mod picture;
mod ptpip;
mod shoot;
mod tiff;
mod write;

pub use body::{Body, Card};
pub use files::{Frame, ZONE_HOURS, jpeg, mov, raw, xmp};
pub use picture::Darkroom;
pub use ptpip::{CameraOptions, Cut, Fault, VirtualCamera};
pub use shoot::{Photographer, Shot};
pub use write::{Manner, write};
