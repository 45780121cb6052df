//! Which states of which files were handed on already, so that a listing costs no question to the journal.
//!
//! A bounded memory of the journal's answer, and only that: what is not here is asked there.
//! Paths and stamps are kept as hashes; two of 2^64 states that look alike would need a reused
//! path, and the next change of the file tells them apart.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::path::Path;

use kilat_core::FileStamp;

/// 16 bytes each in a table of at most twice as many places: 3 MB. More files are asked for anew.
const MAX_KNOWN: usize = 60_000;

#[derive(Debug, Default)]
pub(crate) struct Known {
    hasher: RandomState,
    states: HashMap<u64, u64>,
}

impl Known {
    pub(crate) fn insert(&mut self, path: &Path, stamp: &FileStamp) {
        if self.states.len() >= MAX_KNOWN {
            self.states.clear();
        }
        self.states.insert(self.hasher.hash_one(path), self.hasher.hash_one(stamp));
    }

    pub(crate) fn holds(&self, path: &Path, stamp: &FileStamp) -> bool {
        self.states.get(&self.hasher.hash_one(path)) == Some(&self.hasher.hash_one(stamp))
    }

    pub(crate) fn remove(&mut self, path: &Path) {
        self.states.remove(&self.hasher.hash_one(path));
    }

    /// The folder may be another one now.
    pub(crate) fn clear(&mut self) {
        self.states.clear();
    }
}
