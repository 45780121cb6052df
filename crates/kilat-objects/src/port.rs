//! The port: what every kind of storage can do, and what it answers.

use std::io::Read;
use std::ops::ControlFlow;
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
    /// What an interrupted attempt at the same item kept last ([`Watch::keep`]); none for a new one.
    pub resume: Option<&'a str>,
}

/// Follows a copy, and may end it.
pub trait Watch: Sync {
    /// Bytes written so far.
    fn sent(&self, bytes: u64);
    /// Whether to give up; asked about once a block.
    fn is_cancelled(&self) -> bool;
    /// Keeps what a later attempt needs to go on in the middle of this item, also after a crash: an
    /// upload's id and its parts. Of stores that can resume only.
    fn keep(&self, resume: &str) {
        _ = resume;
    }
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

/// An object that stands at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Where.
    pub key: ObjectKey,
    /// Its length.
    pub size_bytes: u64,
}

/// Whether a place can do something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// It was seen to.
    Yes,
    /// It was seen not to.
    No,
    /// It was not tried.
    Unknown,
}

/// Something that places differ in, found by trying and never from a vendor's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capability {
    /// Short and stable, for example `conditional_put`.
    pub name: &'static str,
    /// What was seen.
    pub found: Found,
}

/// A place that holds copies. All calls block.
pub trait ObjectStore: Send + Sync {
    /// Makes sure that this is the place we know; makes it on first use. Answers what it says of itself.
    ///
    /// # Errors
    /// [`StoreError::Gone`] when another or no place is there.
    fn attach(&self) -> Result<MarkId, StoreError>;

    /// Whether it can be written, and its room; none where the place does not tell.
    ///
    /// # Errors
    /// When it cannot be written.
    fn probe(&self) -> Result<Option<Space>, StoreError>;

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

    /// The length of what stands under a key, without reading it; none when nothing does.
    ///
    /// # Errors
    /// When the place cannot be asked.
    fn look(&self, key: &ObjectKey) -> Result<Option<u64>, StoreError>;

    /// Tells `each` of everything below a folder, in no order, in bounded memory; what is not of Kilat's
    /// names (temporaries, hidden files) is passed over. A folder that is not there has nothing in it.
    /// `each` answers whether to go on.
    ///
    /// # Errors
    /// When the place cannot be listed.
    fn list(&self, folder: &ObjectKey, each: &mut dyn FnMut(Entry) -> ControlFlow<()>) -> Result<(), StoreError>;

    /// Writes a small file, whole and durable or not at all, in the place of an older one. For the lists
    /// that describe copies, never for a copy.
    ///
    /// # Errors
    /// What stood there before still stands.
    fn replace(&self, key: &ObjectKey, bytes: &[u8]) -> Result<(), StoreError>;

    /// Opens a copy.
    ///
    /// # Errors
    /// When it is not there.
    fn open(&self, key: &ObjectKey) -> Result<Box<dyn Read + Send>, StoreError>;

    /// What the place was found to do; tries it where that is not known yet.
    ///
    /// # Errors
    /// When the place cannot be asked.
    fn capabilities(&self) -> Result<Vec<Capability>, StoreError> {
        Ok(Vec::new())
    }

    /// What the server at the place proved to be when it was first met, to be kept and given back when the store
    /// is opened again: the fingerprint of its host key. None where certificates or nothing at all say it.
    fn host_key(&self) -> Option<String> {
        None
    }

    /// Removes temporaries that nobody touched for a day; answers how many. Another Kilat may copy
    /// to the same place, so a younger one stays.
    ///
    /// # Errors
    /// When they cannot be listed.
    fn sweep(&self) -> Result<u64, StoreError>;
}
