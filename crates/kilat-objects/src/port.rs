//! The port: what every kind of storage can do, and what it answers.

use std::io::Read;
use std::path::Path;

use kilat_core::{FileStamp, MarkId, ObjectKey, ProofHash, ReadBack};

use crate::StoreError;

/// What to store.
#[derive(Debug, Clone, Copy)]
pub struct Item<'a> {
    /// Where its bytes are.
    pub file: &'a Path,
    /// The file's state when it was hashed.
    pub stamp: FileStamp,
    /// XXH128 of the bytes.
    pub proof: ProofHash,
    /// Where it shall stand.
    pub key: &'a ObjectKey,
    /// Unique name for the temporary.
    pub part: &'a str,
}

/// Follows a copy, and may end it.
pub trait Watch: Sync {
    /// Bytes written so far.
    fn sent(&self, bytes: u64);
    /// Whether to give up; asked about once a block.
    fn is_cancelled(&self) -> bool;
}

/// A stored copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Where it really stands: numbered when another file stood there.
    pub key: ObjectKey,
    /// How it was read back.
    pub read_back: ReadBack,
    /// Whether the same bytes stood there already.
    pub was_there: bool,
}

/// Room at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Space {
    /// Bytes that may still be written.
    pub free_bytes: u64,
    /// Bytes in all.
    pub total_bytes: u64,
}

/// A place that holds copies. All calls block.
pub trait ObjectStore: Send + Sync {
    /// Makes sure that this is the place we know; makes it on first use. Answers what it says of itself.
    ///
    /// # Errors
    /// [`StoreError::Gone`] when another or no place is there.
    fn attach(&self) -> Result<MarkId, StoreError>;

    /// Room, and whether it can be written.
    ///
    /// # Errors
    /// When it cannot be written.
    fn probe(&self) -> Result<Space, StoreError>;

    /// Stores and proves a copy. Doing it again is harmless.
    ///
    /// # Errors
    /// Nothing stands under the item's key that was not there before.
    fn put(&self, item: &Item<'_>, watch: &dyn Watch) -> Result<Receipt, StoreError>;

    /// Reads a copy back and compares.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when its bytes differ.
    fn verify(&self, key: &ObjectKey, size_bytes: u64, proof: ProofHash) -> Result<ReadBack, StoreError>;

    /// Opens a copy.
    ///
    /// # Errors
    /// When it is not there.
    fn open(&self, key: &ObjectKey) -> Result<Box<dyn Read + Send>, StoreError>;

    /// Removes temporaries that nobody touched for a day; answers how many. Another Kilat may copy
    /// to the same place, so a younger one stays.
    ///
    /// # Errors
    /// When they cannot be listed.
    fn sweep(&self) -> Result<u64, StoreError>;
}
