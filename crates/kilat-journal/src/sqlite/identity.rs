//! Whether the database is the one that told its numbers, or an older copy that somebody restored.
//!
//! A restored database would give the numbers after its end a second time, to other facts, and a viewer
//! that comes back would believe to have seen them. So it gets another epoch. It is known by two marks:
//! the file is another one than the one that wrote it down, or the lock file beside it remembers a
//! higher number than the database has. Restoring both files into the same inodes is not noticed.

use std::fs::File;
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;
use std::time::UNIX_EPOCH;

use kilat_core::{IdSource, Offset};
use rusqlite::{Connection, OptionalExtension};

/// Longest note in the lock file.
const MAX_NOTE: usize = 128;

/// The database's epoch, changed first if it is a restored copy.
pub(super) fn epoch(
    connection: &Connection,
    path: &Path,
    (lock, head): (&File, Offset),
    ids: &IdSource,
) -> rusqlite::Result<Result<String, io::Error>> {
    let known: String = meta(connection, "epoch")?.unwrap_or_default();
    let (this, noted) = match (file_of(path), read_note(lock)) {
        (Ok(this), Ok(noted)) => (this, noted),
        (Err(error), _) | (_, Err(error)) => return Ok(Err(error)),
    };
    let is_other_file = meta(connection, "file")?.is_some_and(|file| file != this);
    let is_behind = noted.is_some_and(|(epoch, told)| epoch == known && told > head);
    let epoch = if is_other_file || is_behind { ids.event().to_string() } else { known.clone() };
    if epoch != known {
        tracing::warn!(is_other_file, is_behind, "the journal was restored from a copy: viewers are told so");
    }
    let set = "INSERT INTO meta (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    for (name, value) in [("epoch", &epoch), ("file", &this)] {
        connection.execute(set, (name, value))?;
    }
    Ok(Ok(epoch))
}

/// Remembers the highest number, after its commit. Not synced: after a power cut it is lower, never higher.
pub(super) fn note(lock: &File, epoch: &str, head: Offset) -> io::Result<()> {
    // Of one length, so that a shorter one leaves no rest of a longer one.
    lock.write_all_at(format!("{epoch} {:020}\n", head.0).as_bytes(), 0)
}

fn read_note(lock: &File) -> io::Result<Option<(String, Offset)>> {
    let mut bytes = [0; MAX_NOTE];
    let read = lock.read_at(&mut bytes, 0)?;
    let text = String::from_utf8_lossy(&bytes[..read]);
    let note = text.lines().next().and_then(|line| line.split_once(' '));
    Ok(note.and_then(|(epoch, head)| Some((epoch.to_owned(), Offset(head.parse().ok()?)))))
}

/// Inode and birth: a copy has others.
fn file_of(path: &Path) -> io::Result<String> {
    let metadata = path.metadata()?;
    let born = metadata.created().ok().and_then(|born| born.duration_since(UNIX_EPOCH).ok());
    Ok(format!("{}-{}", metadata.ino(), born.map_or(0, |born| born.as_nanos())))
}

fn meta(connection: &Connection, name: &str) -> rusqlite::Result<Option<String>> {
    connection.query_row("SELECT value FROM meta WHERE name = ?1", [name], |row| row.get(0)).optional()
}
