//! One look at a path: what it is, in which state, and whether its structure is whole.
//!
//! Never follows a symbolic link and never waits for a pipe's other end.

use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

use kilat_core::{FileStamp, Millis, PhotoKind};
use kilat_media::structure::{Completeness, completeness};
use rustix::fs::{Mode, OFlags};

use super::settle::Look;

/// What stands at a path.
#[derive(Debug)]
pub(crate) enum Sight {
    /// A regular file.
    File(Look),
    /// A regular file that cannot be read.
    Closed(FileStamp),
    /// Nothing, or nothing that holds a photo.
    Nothing,
}

/// Looks at a path. `kind` is what its name says.
pub(crate) fn look(path: &Path, kind: PhotoKind, now: Millis) -> Sight {
    let meta = match std::fs::symlink_metadata(path) {
        Ok(meta) if meta.is_file() => meta,
        Ok(_) | Err(_) => return Sight::Nothing,
    };
    let seen = stamp(&meta);
    let answer = open(path).and_then(|file| {
        let meta = file.metadata()?;
        Ok((stamp(&meta), age(&meta, now), completeness(&file, meta.len(), kind, path)?))
    });
    match answer {
        Ok((stamp, age, shape)) => Sight::File(Look { stamp, age, shape }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Sight::Nothing,
        // It became shorter between the two calls: its writer is at work.
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            Sight::File(Look { stamp: seen, age: None, shape: Completeness::CutOff("its end") })
        }
        Err(_) => Sight::Closed(seen),
    }
}

/// Opens a regular file for reading; refuses links, and does not wait.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
    let file = File::from(rustix::fs::open(path, flags, Mode::empty())?);
    if !file.metadata()?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file"));
    }
    Ok(file)
}

/// The state of a file.
pub(crate) fn stamp(meta: &Metadata) -> FileStamp {
    let mtime_ns = meta.mtime().saturating_mul(1_000_000_000).saturating_add(meta.mtime_nsec());
    FileStamp { size_bytes: meta.len(), mtime_ns, ino: meta.ino() }
}

fn age(meta: &Metadata, now: Millis) -> Option<Duration> {
    let modified_ms = meta.mtime().saturating_mul(1_000).saturating_add(meta.mtime_nsec() / 1_000_000);
    u64::try_from(now.0.saturating_sub(modified_ms)).ok().map(Duration::from_millis)
}
