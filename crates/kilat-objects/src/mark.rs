//! The mark of a destination: a small file by which it is known again.
//!
//! An empty mount point has none, and another disk has another: neither is filled by mistake.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;

use kilat_core::{DESTINATION_MARK, MarkId};
use rustix::fs::{Mode, OFlags, openat};
use serde_json::{Value, json};

use crate::Hashing;
use crate::direct::sync_folder;

/// Longest mark read: ours are shorter, and it may be anybody's file.
pub const MAX_MARK_BYTES: u64 = 4_096;

/// What is said of a place whose mark is not what was written.
pub const DAMAGED_MARK: &str = "its mark .kilat-destination.json is damaged";

/// Bytes of a mark that may be others, and it is still known again: far fewer than two ids have apart.
const MAX_OTHER_BYTES: usize = 4;

/// Writes this mark anew where it stands damaged.
pub(crate) fn mend(place: &Path, mark: &MarkId) -> io::Result<()> {
    let is_ours = File::open(place).and_then(|root| is_damaged(&root, mark));
    match is_ours {
        Ok(true) => write(&place.join(DESTINATION_MARK), mark)?,
        // What is wrong otherwise, the look at the mark tells.
        Ok(false) | Err(_) => return Ok(()),
    }
    tracing::warn!(place = %place.display(), "its mark .kilat-destination.json was damaged and is written anew");
    Ok(())
}

/// Whether the mark of an open folder is this one, damaged: with a few other bytes, or cut off behind the id.
fn is_damaged(place: &File, mark: &MarkId) -> io::Result<bool> {
    let text = bytes(place)?;
    let is_near = |whole: String| {
        let others = whole.bytes().zip(&text).filter(|(whole, there)| whole != *there).count();
        whole.len() == text.len() && others <= MAX_OTHER_BYTES
    };
    let has_id = text.windows(mark.as_str().len()).any(|window| window == mark.as_str().as_bytes());
    Ok(parse_mark(&text).is_err() && (has_id || is_near(mark_text(mark)) || is_near(unchecked(mark))))
}

/// Reads the mark of an open folder. One that is not ours is invalid data.
pub(crate) fn read(place: &File) -> io::Result<MarkId> {
    parse_mark(&bytes(place)?)
}

fn bytes(place: &File) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    let file = File::from(openat(place, DESTINATION_MARK, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?);
    file.take(MAX_MARK_BYTES).read_to_end(&mut text)?;
    Ok(text)
}

/// The mark that the bytes of its file say. Only Kilat writes it: other bytes than it writes are damage.
///
/// # Errors
/// Invalid data when they are no mark of ours.
pub fn parse_mark(text: &[u8]) -> io::Result<MarkId> {
    let said: Value = serde_json::from_slice(text).map_err(invalid)?;
    let mark = said["id"].as_str().unwrap_or_default().parse().map_err(invalid)?;
    let is_whole = text == mark_text(&mark).as_bytes() || text == unchecked(&mark).as_bytes();
    if is_whole { Ok(mark) } else { Err(invalid("it was changed")) }
}

/// The bytes of a mark's file.
#[must_use]
pub fn mark_text(mark: &MarkId) -> String {
    let mut hashing = Hashing::default();
    hashing.update(mark.as_str().as_bytes());
    // Enough to tell a flipped bit of the id, which would pass for another disk's.
    let check: String = hashing.hashed().proof.0.iter().take(CHECK_BYTES).map(|byte| format!("{byte:02x}")).collect();
    format!("{}\n", json!({ "kilat": "destination", "id": mark.as_str(), "check": check }))
}

/// Of the id's hash, as many as stand in a mark.
const CHECK_BYTES: usize = 4;

/// The bytes that were written before marks had a check.
fn unchecked(mark: &MarkId) -> String {
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
