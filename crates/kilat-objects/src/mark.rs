//! The mark of a destination: a small file by which it is known again.
//!
//! An empty mount point has none, and another disk has another: neither is filled by mistake.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;

use kilat_core::{DESTINATION_MARK, MarkId};
use rustix::fs::{Mode, OFlags, openat};
use serde_json::{Value, json};

use crate::direct::sync_folder;

/// Longest mark read: ours are shorter, and it may be anybody's file.
pub const MAX_MARK_BYTES: u64 = 4_096;

/// Reads the mark of an open folder. One that is not ours is invalid data.
pub(crate) fn read(place: &File) -> io::Result<MarkId> {
    let mut text = Vec::new();
    let file = File::from(openat(place, DESTINATION_MARK, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?);
    file.take(MAX_MARK_BYTES).read_to_end(&mut text)?;
    parse_mark(&text)
}

/// The mark that the bytes of its file say.
///
/// # Errors
/// Invalid data when they are no mark of ours.
pub fn parse_mark(text: &[u8]) -> io::Result<MarkId> {
    let mark: Value = serde_json::from_slice(text).map_err(invalid)?;
    mark["id"].as_str().unwrap_or_default().parse().map_err(invalid)
}

/// The bytes of a mark's file.
#[must_use]
pub fn mark_text(mark: &MarkId) -> String {
    format!("{}\n", json!({ "kilat": "destination", "id": mark.as_str() }))
}

fn invalid(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}

/// Writes a mark that is whole or not there, also after a power cut.
pub(crate) fn write(path: &Path, mark: &MarkId) -> io::Result<()> {
    let part = path.with_extension("part");
    let mut file = File::create(&part)?;
    file.write_all(mark_text(mark).as_bytes())?;
    file.sync_all()?;
    fs::rename(&part, path)?;
    path.parent().map_or(Ok(()), sync_folder)
}
