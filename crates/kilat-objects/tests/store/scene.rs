//! A file to store, and a watch that counts.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use kilat_core::{FileStamp, ObjectKey, ProofHash};
use kilat_objects::{Item, ObjectStore, Receipt, StoreError, Watch, hash_file, stamp_of};
use rand::rngs::SmallRng;
use rand::{RngCore, SeedableRng};
use tempfile::TempDir;

/// A source file, hashed as ingest does.
pub(crate) struct Original {
    _folder: TempDir,
    pub(crate) path: PathBuf,
    pub(crate) bytes: Vec<u8>,
    pub(crate) stamp: FileStamp,
    pub(crate) proof: ProofHash,
}

impl Original {
    /// So many bytes, different for each seed.
    pub(crate) fn new(seed: u64, size: usize) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("DSC_0001.JPG");
        let mut bytes = vec![0; size];
        SmallRng::seed_from_u64(seed).fill_bytes(&mut bytes);
        std::fs::write(&path, &bytes).expect("written");
        let hashed = std::fs::File::open(&path).and_then(|file| hash_file(&file)).expect("hashed");
        let stamp = stamp_of(&path).expect("there");
        Self { _folder: folder, path, bytes, stamp, proof: hashed.proof }
    }

    pub(crate) fn put(&self, store: &dyn ObjectStore, key: &ObjectKey) -> Result<Receipt, StoreError> {
        self.put_watched(store, key, &Count::default())
    }

    pub(crate) fn put_watched(
        &self,
        store: &dyn ObjectStore,
        key: &ObjectKey,
        watch: &dyn Watch,
    ) -> Result<Receipt, StoreError> {
        let part = format!("part-{}", self.stamp.ino);
        store.put(
            &Item { file: &self.path, stamp: self.stamp, proof: self.proof, key, part: &part, resume: None },
            watch,
        )
    }
}

/// Counts, and cancels when told to.
#[derive(Debug, Default)]
pub(crate) struct Count {
    pub(crate) sent: AtomicU64,
    pub(crate) cancel: AtomicBool,
}

impl Watch for Count {
    fn sent(&self, bytes: u64) {
        let before = self.sent.swap(bytes, Ordering::SeqCst);
        assert!(bytes >= before, "progress never goes back");
    }

    fn is_cancelled(&self) -> bool {
        self.cancel.load(Ordering::SeqCst)
    }
}

pub(crate) fn key(text: &str) -> ObjectKey {
    ObjectKey::try_from(text.to_owned()).expect("a key")
}

pub(crate) fn read(store: &dyn ObjectStore, key: &ObjectKey) -> Vec<u8> {
    let mut bytes = Vec::new();
    store.open(key).expect("there").read_to_end(&mut bytes).expect("read");
    bytes
}

/// Every file below a folder, but for Kilat's own.
pub(crate) fn visible(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b".kilat")) {
            continue;
        }
        if path.is_dir() {
            found.extend(visible(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}
