//! Real helpers over the real libgphoto2, and virtual cameras that fail.

mod downloads;
mod faults;
mod helpers;
mod scene;
