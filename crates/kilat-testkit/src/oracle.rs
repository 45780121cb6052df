//! The judge: hashes what was closed and what stands at the destination, and compares.
//!
//! Knows the files only from the one who wrote them and from the disk. Its hashing is the BLAKE3
//! library's, not Kilat's reader.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

type Hash = [u8; 32];

/// What the writer closed.
#[derive(Debug, Clone, Default)]
pub struct Oracle {
    closed: BTreeMap<Hash, PathBuf>,
}

/// What is wrong at the destination; nothing when it is as it must be.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Closed, and not there.
    pub missing: Vec<PathBuf>,
    /// There more than once.
    pub twice: Vec<PathBuf>,
    /// There, and never closed: a part of a file, or a damaged one.
    pub foreign: Vec<PathBuf>,
}

impl Verdict {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_good(&self) -> bool {
        *self == Self::default()
    }
}

impl Oracle {
    /// This file was closed with this content.
    pub fn closed(&mut self, path: &Path, bytes: &[u8]) {
        self.closed.insert(*blake3::hash(bytes).as_bytes(), path.to_owned());
    }

    /// Takes over what another writer closed.
    pub fn join(&mut self, other: Self) {
        self.closed.extend(other.closed);
    }

    /// Different contents that were closed.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.closed.len() as u64
    }

    /// Looks at everything below `destination`, past Kilat's own files.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn judge(&self, destination: &Path) -> io::Result<Verdict> {
        let mut verdict = Verdict::default();
        let mut found = BTreeMap::new();
        for path in files(destination)? {
            let hash = *blake3::hash(&fs::read(&path)?).as_bytes();
            if !self.closed.contains_key(&hash) {
                verdict.foreign.push(path);
            } else if found.insert(hash, ()).is_some() {
                verdict.twice.push(path);
            }
        }
        let missing = self.closed.iter().filter(|(hash, _)| !found.contains_key(*hash));
        verdict.missing.extend(missing.map(|(_, path)| path.clone()));
        Ok(verdict)
    }
}

/// BLAKE3 of a file from where it stands, as hexadecimal digits.
///
/// # Errors
/// When it cannot be read.
pub fn hash_file(file: &fs::File) -> io::Result<String> {
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(file)?;
    Ok(hasher.finalize().to_hex().to_string())
}

/// The folder of the lists that stand beside the copies of a backup.
const LISTS: &str = "ascmhl";

/// Every file below a folder, but for what begins with a dot and for those lists.
fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            if entry.file_name().as_encoded_bytes().starts_with(b".") || entry.file_name() == LISTS {
                continue;
            }
            if entry.file_type()?.is_dir() {
                folders.push(entry.path());
            } else {
                files.push(entry.path());
            }
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oracle_sees_what_is_missing_doubled_and_damaged() {
        let out = tempfile::tempdir().expect("a folder");
        let mut oracle = Oracle::default();
        oracle.closed(Path::new("a"), b"a");
        oracle.closed(Path::new("b"), b"b");
        fs::create_dir(out.path().join("sub")).expect("made");
        for (name, content) in [("a", "a"), ("sub/a2", "a"), ("c", "half"), (".kilat-x", "own")] {
            fs::write(out.path().join(name), content).expect("written");
        }
        let verdict = oracle.judge(out.path()).expect("read");
        assert_eq!(verdict.missing, [PathBuf::from("b")]);
        assert_eq!((verdict.twice.len(), verdict.foreign.len()), (1, 1));
        assert!(!verdict.is_good());
    }
}
