//! What was shot, as those know it who shot it: the bytes, the moment, and the ways by which it has to come.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use kilat_testkit::{Oracle, hash_file};

use crate::Outcome;

/// A way into Kilat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Cable,
    Ftp,
    Card,
}

impl Way {
    /// As receipts name it.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Cable => "cable",
            Self::Ftp => "ftp",
            Self::Card => "card",
        }
    }
}

/// One file.
#[derive(Debug, Clone)]
pub(super) struct Shot {
    /// Who took it.
    pub(super) body: &'static str,
    /// Which frame of that body it belongs to.
    pub(super) number: u64,
    /// The shutter was released in between, in milliseconds of the right time.
    pub(super) between: (i64, i64),
    /// Of each there must be a receipt in the end.
    pub(super) ways: Vec<Way>,
}

/// All that one photographer shot, or all of them.
#[derive(Debug, Default)]
pub(super) struct Taken {
    pub(super) oracle: Oracle,
    /// By the hash of the file.
    pub(super) shots: BTreeMap<String, Shot>,
}

impl Taken {
    /// A file that stands whole on its card.
    pub(super) fn add(&mut self, path: &Path, shot: Shot) -> Outcome<()> {
        self.oracle.closed(path, &fs::read(path)?);
        self.shots.insert(hash_file(&File::open(path)?)?, shot);
        Ok(())
    }

    pub(super) fn join(&mut self, other: Self) {
        self.oracle.join(other.oracle);
        self.shots.extend(other.shots);
    }
}

/// The right time, in milliseconds.
pub(super) fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

/// All files below a folder with their hashes, but for what begins with a dot.
pub(super) fn files(folder: &Path) -> Outcome<Vec<(PathBuf, String)>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            continue;
        }
        if entry.file_type()?.is_dir() {
            files.extend(self::files(&entry.path())?);
        } else {
            files.push((entry.path(), hash_file(&File::open(entry.path())?)?));
        }
    }
    Ok(files)
}
