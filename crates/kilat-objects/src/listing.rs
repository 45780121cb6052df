//! What stands in a folder, and small files that are written in the place of older ones.

use std::fs::{self, File};
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use kilat_core::ObjectKey;

use crate::{Entry, short_hash};

/// What was tried, where, and what the system said.
type Fault = (&'static str, PathBuf, io::Error);

/// Tells `each` of every file below `folder`, until it has enough. Memory grows with the folders, not the files.
pub(crate) fn list(
    folder: &ObjectKey,
    path_of: &dyn Fn(&ObjectKey) -> PathBuf,
    each: &mut dyn FnMut(Entry) -> ControlFlow<()>,
) -> Result<(), Fault> {
    let mut folders = vec![folder.clone()];
    while let Some(folder) = folders.pop() {
        let path = path_of(&folder);
        let at = |what| {
            let path = path.clone();
            move |error| (what, path, error)
        };
        let entries = match fs::read_dir(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            entries => entries.map_err(at("list"))?,
        };
        for entry in entries {
            let entry = entry.map_err(at("list"))?;
            let name = entry.file_name();
            let Some(key) = name.to_str().and_then(|name| folder.below(name)) else { continue };
            let kind = entry.file_type().map_err(at("look at"))?;
            if kind.is_dir() {
                folders.push(key);
            } else if kind.is_file() {
                let size_bytes = match entry.metadata() {
                    // Gone since the folder was read.
                    Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                    metadata => metadata.map_err(at("look at"))?.len(),
                };
                if each(Entry { key, size_bytes }).is_break() {
                    return Ok(());
                }
            }
        }
    }
    Ok(())
}

/// Hexadecimal digits that name the temporary of a list.
const PART_DIGITS: usize = 32;
/// Programs that may replace one list at once.
const MAX_WRITERS: u32 = 999;

/// Whole or not at all; its name is durable once its folder was synced.
pub(crate) fn write_in_place(parts: &Path, key: &ObjectKey, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let (part, mut file) = own_part(parts, &short_hash(key.as_str().as_bytes(), PART_DIGITS))?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all()).and_then(|()| fs::rename(&part, path));
    if let Err(error) = written {
        // Its room may be what is missing.
        fs::remove_file(&part)?;
        return Err(error);
    }
    Ok(())
}

/// A temporary that nobody else writes to: another program may replace the same list.
fn own_part(parts: &Path, name: &str) -> io::Result<(PathBuf, File)> {
    for n in 1..=MAX_WRITERS {
        let part = parts.join(format!("{name}-{n}"));
        match File::options().write(true).create_new(true).open(&part) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            made => return made.map(|file| (part, file)),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}
