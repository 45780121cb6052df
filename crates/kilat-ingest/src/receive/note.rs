//! What is remembered beside a named part: how much of it is durable, and a text of whoever receives it.
//!
//! The first line is a number of one length, written in place after the bytes that it counts were synced: after a power
//! cut a file may be longer than what its bytes are good for.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use kilat_objects::sync_folder;

use super::error::IntakeError;
use super::intake::{Inner, Intake};
use super::part::{PARTS, PartName};

/// How notes end; kept over a restart, as the parts that they are about.
pub(super) const NOTE: &str = "note";
/// Longest text: a name and what else a sender says of a file.
const MAX_TEXT: u64 = 16 * 1024;
/// Digits of the first line.
const DIGITS: usize = 20;

/// A named part, as its note tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Noted {
    /// The part.
    pub part: PartName,
    /// Bytes of it that were durable when they were last counted.
    pub kept_bytes: u64,
    /// What was written about it.
    pub text: String,
    /// Whether its bytes are still here: else it was finished.
    pub is_here: bool,
}

/// An open note of a part that is being received.
#[derive(Debug)]
pub(super) struct Mark(File);

impl Mark {
    /// None when nothing was noted.
    pub(super) fn open(path: &Path) -> io::Result<Option<Self>> {
        match OpenOptions::new().write(true).open(path) {
            Ok(file) => Ok(Some(Self(file))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub(super) fn set(&self, kept_bytes: u64) -> io::Result<()> {
        self.0.write_all_at(first_line(kept_bytes).as_bytes(), 0)?;
        self.0.sync_data()
    }
}

impl Inner {
    pub(super) fn note_path(&self, part: &PartName) -> PathBuf {
        self.root.join(PARTS).join(format!("{}.{NOTE}", part.as_str()))
    }
}

impl Intake {
    /// Writes down what a named part is, before its first byte; durable when it returns. Blocks on the disk.
    ///
    /// # Errors
    /// [`IntakeError::NoRoom`], or the disk's.
    pub fn note(&self, part: &PartName, text: &str) -> Result<(), IntakeError> {
        let path = self.inner.note_path(part);
        self.write_note(&path, text).map_err(|error| IntakeError::io(&path, error, &self.inner))
    }

    fn write_note(&self, path: &Path, text: &str) -> io::Result<()> {
        let temporary = self.fresh_part();
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary)?;
        file.write_all(format!("{}{text}", first_line(0)).as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&temporary, path)?;
        sync_folder(&self.inner.root.join(PARTS))
    }

    /// All notes, also of parts that were finished since. What cannot be read is passed over, with a word.
    ///
    /// # Errors
    /// The system's.
    pub fn noted(&self) -> io::Result<Vec<Noted>> {
        let mut notes = Vec::new();
        for entry in std::fs::read_dir(self.inner.root.join(PARTS))? {
            let path = entry?.path();
            let name = path.file_stem().and_then(|stem| stem.to_str()).and_then(PartName::new);
            let Some(part) = name.filter(|_| path.extension().is_some_and(|ext| ext == NOTE)) else { continue };
            match read(&path) {
                Ok(Some((kept_bytes, text))) => {
                    let is_here = self.part_bytes(&part).is_some();
                    notes.push(Noted { part, kept_bytes, text, is_here });
                }
                Ok(None) => tracing::warn!(path = %path.display(), "what is noted of a part cannot be read"),
                Err(error) => tracing::warn!(path = %path.display(), %error, "what is noted of a part cannot be read"),
            }
        }
        Ok(notes)
    }
}

/// None for what no note is.
pub(super) fn read(path: &Path) -> io::Result<Option<(u64, String)>> {
    let mut text = String::new();
    File::open(path)?.take(DIGITS as u64 + 1 + MAX_TEXT).read_to_string(&mut text)?;
    Ok(text.split_once('\n').and_then(|(first, rest)| Some((first.parse().ok()?, rest.to_owned()))))
}

fn first_line(kept_bytes: u64) -> String {
    format!("{kept_bytes:0DIGITS$}\n")
}
