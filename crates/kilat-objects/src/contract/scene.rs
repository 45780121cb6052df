//! A file to store, and a watch that counts.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::{Item, ObjectStore, Receipt, StoreError, Watch, hash_file, stamp_of};
use kilat_core::{FileStamp, ObjectKey, ProofHash};
use rand::rngs::SmallRng;
use rand::{RngCore, SeedableRng};
use tempfile::TempDir;

/// A source file, hashed as ingest does.
pub struct Original {
    _folder: TempDir,
    /// Where it is.
    pub path: PathBuf,
    /// What is in it.
    pub bytes: Vec<u8>,
    /// As it was hashed.
    pub stamp: FileStamp,
    /// Its hash.
    pub proof: ProofHash,
}

impl Original {
    /// So many bytes, different for each seed.
    #[must_use]
    pub fn new(seed: u64, size: usize) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("DSC_0001.JPG");
        let mut bytes = vec![0; size];
        SmallRng::seed_from_u64(seed).fill_bytes(&mut bytes);
        std::fs::write(&path, &bytes).expect("written");
        let hashed = std::fs::File::open(&path).and_then(|file| hash_file(&file)).expect("hashed");
        let stamp = stamp_of(&path).expect("there");
        Self { _folder: folder, path, bytes, stamp, proof: hashed.proof }
    }

    /// Stores it.
    ///
    /// # Errors
    /// The store's.
    pub fn put(&self, store: &dyn ObjectStore, key: &ObjectKey) -> Result<Receipt, StoreError> {
        self.put_watched(store, key, &Count::default())
    }

    /// Stores it under somebody's eyes.
    ///
    /// # Errors
    /// The store's.
    pub fn put_watched(
        &self,
        store: &dyn ObjectStore,
        key: &ObjectKey,
        watch: &dyn Watch,
    ) -> Result<Receipt, StoreError> {
        self.put_on(store, key, watch, None)
    }

    /// Stores it, going on where an earlier attempt kept `resume`.
    ///
    /// # Errors
    /// The store's.
    pub fn put_on(
        &self,
        store: &dyn ObjectStore,
        key: &ObjectKey,
        watch: &dyn Watch,
        resume: Option<&str>,
    ) -> Result<Receipt, StoreError> {
        let part = format!("part-{}", self.stamp.ino);
        let item = Item { file: &self.path, stamp: self.stamp, proof: self.proof, key, part: &part, resume };
        store.put(&item, watch)
    }
}

/// Counts, keeps, and cancels when told to or when something was kept so often.
#[derive(Debug, Default)]
pub struct Count {
    /// Bytes sent.
    pub sent: AtomicU64,
    /// Whether to give up.
    pub cancel: AtomicBool,
    /// Gives up after so many calls of `keep`; zero for never.
    pub cancel_after: AtomicU64,
    /// How often something was kept.
    pub keeps: AtomicU64,
    /// What was kept last.
    pub kept: Mutex<Option<String>>,
}

impl Watch for Count {
    fn sent(&self, bytes: u64) {
        let before = self.sent.swap(bytes, Ordering::SeqCst);
        assert!(bytes >= before, "progress never goes back");
    }

    fn is_cancelled(&self) -> bool {
        self.cancel.load(Ordering::SeqCst)
    }

    fn keep(&self, resume: &str) {
        *self.kept.lock().expect("no panic") = Some(resume.to_owned());
        let keeps = self.keeps.fetch_add(1, Ordering::SeqCst) + 1;
        if keeps == self.cancel_after.load(Ordering::SeqCst) {
            self.cancel.store(true, Ordering::SeqCst);
        }
    }
}

/// A key.
#[must_use]
pub fn key(text: &str) -> ObjectKey {
    ObjectKey::try_from(text.to_owned()).expect("a key")
}

/// The bytes of a copy.
#[must_use]
pub fn read(store: &dyn ObjectStore, key: &ObjectKey) -> Vec<u8> {
    let mut bytes = Vec::new();
    store.open(key).expect("there").read_to_end(&mut bytes).expect("read");
    bytes
}

/// Every file below a folder, but for Kilat's own.
#[must_use]
pub fn visible(folder: &Path) -> Vec<PathBuf> {
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
