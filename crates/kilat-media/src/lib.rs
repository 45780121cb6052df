//! What is inside a camera's file: is it whole, what took it, how it looks.
//!
//! `structure` and `metadata` look at a few kilobytes through positioned reads and run in the
//! server's own process, so they hold no third-party parser: one bounded reader of TIFF
//! directories, JPEG segments and boxes serves both, and `preview` too. `preview` decodes pixels,
//! which only a process of its own may do with a stranger's bytes. Nothing here is asynchronous,
//! writes to an original, or panics on what it reads.

mod boxes;
mod format;
mod heif;
mod jpeg;
pub mod metadata;
mod pictures;
pub mod preview;
mod raf;
mod source;
pub mod structure;
mod tiff;

#[cfg(test)]
mod samples;
