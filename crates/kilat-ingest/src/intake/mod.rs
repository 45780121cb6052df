//! From a finished file to a filed photo: announced at once, read once, filed in one transaction.
//!
//! `announce` appends the arrival before the file is read, so that viewers see it within
//! milliseconds; `read` hashes it and files it. A process that dies between the two finds the
//! arrival unfinished at its next start. `place` decides the folder names.

mod announce;
mod place;
mod read;

pub(crate) use announce::{Announce, announce};
pub(crate) use place::{beside, folders};
pub(crate) use read::{Content, Read, Reading, filing, read};

use std::path::Path;

/// A file's name for people: bytes that are no UTF-8 are replaced.
fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
