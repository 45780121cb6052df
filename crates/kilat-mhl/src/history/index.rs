//! The files that the generations list, as they should be: the oldest word that is not in doubt counts.

use std::collections::BTreeMap;

use kilat_core::Millis;

use crate::manifest::Entry;
use crate::{FileHash, RelPath};

/// Files of one folder: five times the largest event that Kilat is measured with.
const MAX_FILES: usize = 500_000;
/// Bytes of all paths: 200 for each of those files.
const MAX_PATH_BYTES: usize = 100 * 1024 * 1024;

/// A file as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its length, where it is listed.
    pub size_bytes: Option<u64>,
    /// When it was last changed, where it is listed.
    pub modified_at: Option<Millis>,
    /// Its hash.
    pub hash: FileHash,
    /// The generation that gave the hash, and the last that lists the file, by order.
    from: u32,
    last: u32,
}

impl Listed {
    /// A file as something else than a manifest knows it.
    #[must_use]
    pub fn known(size_bytes: u64, hash: FileHash) -> Self {
        Self { size_bytes: Some(size_bytes), modified_at: None, hash, from: 0, last: 0 }
    }
}

/// What became of an entry.
pub(super) enum Merge {
    Done,
    /// Its generation lists the file already.
    Twice(RelPath),
    /// An older generation says something else.
    Conflict(RelPath),
    /// It is left out: more than are read.
    Full(&'static str),
}

#[derive(Debug, Default)]
pub(super) struct Index {
    files: BTreeMap<RelPath, Listed>,
    path_bytes: usize,
    /// Whether each generation that was begun is in doubt.
    doubts: Vec<bool>,
}

impl Index {
    pub(super) fn iter(&self) -> impl Iterator<Item = (&RelPath, &Listed)> {
        self.files.iter()
    }

    pub(super) fn into_files(self) -> BTreeMap<RelPath, Listed> {
        self.files
    }

    pub(super) fn get(&self, path: &RelPath) -> Option<&Listed> {
        self.files.get(path)
    }

    /// Entries from here on are the next generation's.
    pub(super) fn begin(&mut self) {
        self.doubts.push(false);
    }

    /// The generation that was begun last turned out to be damaged.
    pub(super) fn doubt(&mut self) {
        if let Some(last) = self.doubts.last_mut() {
            *last = true;
        }
    }

    pub(super) fn merge(&mut self, entry: Entry) -> Merge {
        let generation = u32::try_from(self.doubts.len()).unwrap_or(u32::MAX);
        if let Some(previous) = entry.previous.filter(|previous| *previous != entry.path)
            && self.files.remove(&previous).is_some()
        {
            self.path_bytes -= previous.as_str().len();
        }
        let Some(first) = entry.hashes.first().cloned() else { return Merge::Done };
        let new = Listed {
            size_bytes: entry.size_bytes,
            modified_at: entry.modified_at,
            hash: first,
            from: generation,
            last: generation,
        };
        let Some(known) = self.files.get_mut(&entry.path) else { return self.insert(entry.path, new) };
        if known.last == generation {
            return Merge::Twice(entry.path);
        }
        known.last = generation;
        let is_other_size = known.size_bytes.is_some_and(|size| entry.size_bytes.is_some_and(|other| other != size));
        let same_kind = entry.hashes.iter().find(|hash| hash.format() == known.hash.format());
        if is_other_size || same_kind.is_some_and(|hash| *hash != known.hash) {
            let is_doubtful = known.from.checked_sub(1).and_then(|at| self.doubts.get(at as usize)) == Some(&true);
            if is_doubtful {
                *known = new;
            }
            return Merge::Conflict(entry.path);
        }
        Merge::Done
    }

    fn insert(&mut self, path: RelPath, listed: Listed) -> Merge {
        if self.files.len() == MAX_FILES {
            return Merge::Full("500,000 files");
        }
        self.path_bytes += path.as_str().len();
        if self.path_bytes > MAX_PATH_BYTES {
            return Merge::Full("100 MiB of paths");
        }
        self.files.insert(path, listed);
        Merge::Done
    }
}
