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
const MAX_BYTES: u64 = 4_096;

/// Reads the mark of an open folder. One that is not ours is invalid data.
pub(crate) fn read(place: &File) -> io::Result<MarkId> {
    let mut text = Vec::new();
    let file = File::from(openat(place, DESTINATION_MARK, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?);
    file.take(MAX_BYTES).read_to_end(&mut text)?;
    let mark: Value = serde_json::from_slice(&text).map_err(invalid)?;
    mark["id"].as_str().unwrap_or_default().parse().map_err(invalid)
}

fn invalid(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}

/// Writes a mark that is whole or not there, also after a power cut.
pub(crate) fn write(path: &Path, mark: &MarkId) -> io::Result<()> {
    let part = path.with_extension("part");
    let mut file = File::create(&part)?;
    let text = json!({ "kilat": "destination", "id": mark.as_str() });
    file.write_all(format!("{text}\n").as_bytes())?;
    file.sync_all()?;
    fs::rename(&part, path)?;
    path.parent().map_or(Ok(()), sync_folder)
}
