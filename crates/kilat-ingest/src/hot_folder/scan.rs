//! Lists a folder and all below it, without following links out of it.
//!
//! Bounded in depth and in folders; every folder is announced before it is listed, so that the
//! caller watches it first and no file falls between the two.

use std::io;
use std::path::{Path, PathBuf};

use kilat_core::{DESTINATION_MARK, FileStamp};

use super::look::stamp;
use crate::noise;

/// Cameras use three levels; deeper than this is a mistake or a loop.
const MAX_DEPTH: usize = 16;
/// Below the 8,192 watches that every system allows a user.
pub(crate) const MAX_FOLDERS: usize = 8_000;

/// What a listing shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Entry<'a> {
    /// A folder, before it is listed.
    Folder(&'a Path),
    /// A file whose name is a photo's.
    Photo(&'a Path, FileStamp),
    /// A file that is none.
    Noise,
}

/// How a listing ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Listed {
    /// Everything was seen.
    All,
    /// Some folders were left out: too many, or too deep.
    Part,
}

/// Lists `from`, which is `root` or below it, and everything below that.
///
/// A folder with a destination's mark holds copies that a Kilat made and is left out. Not so the root: who
/// names another Kilat's destination as a hot folder wants its photos.
///
/// # Errors
/// When `from` itself cannot be listed; folders below it that cannot be are left out.
pub(crate) fn scan(root: &Path, from: &Path, mut see: impl FnMut(Entry<'_>)) -> io::Result<Listed> {
    let mut folders = vec![(from.to_path_buf(), 0)];
    let mut seen = 0;
    let mut listed = Listed::All;
    while let Some((folder, depth)) = folders.pop() {
        if seen >= MAX_FOLDERS || depth > MAX_DEPTH {
            listed = Listed::Part;
            continue;
        }
        if folder != root && folder.join(DESTINATION_MARK).symlink_metadata().is_ok() {
            continue;
        }
        seen += 1;
        see(Entry::Folder(&folder));
        match list(&folder, &mut see) {
            Ok(below) => folders.extend(below.into_iter().map(|path| (path, depth + 1))),
            Err(error) if depth == 0 => return Err(error),
            // It went away, or may not be read: a listing a little later sees it again.
            Err(error) => tracing::debug!(folder = %folder.display(), %error, "a folder was not listed"),
        }
    }
    Ok(listed)
}

fn list(folder: &Path, see: &mut impl FnMut(Entry<'_>)) -> io::Result<Vec<PathBuf>> {
    let mut below = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let Ok(kind) = entry.file_type() else { continue };
        let path = entry.path();
        if kind.is_dir() {
            if !noise::is_noise_folder(&entry.file_name()) {
                below.push(path);
            }
            continue;
        }
        if !kind.is_file() || noise::kind_of(&path).is_none() {
            see(Entry::Noise);
            continue;
        }
        let Ok(meta) = entry.metadata() else { continue };
        see(Entry::Photo(&path, stamp(&meta)));
    }
    Ok(below)
}
