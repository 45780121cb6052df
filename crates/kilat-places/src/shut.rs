//! The store of a destination that cannot be opened: every call says why, so that copies wait and the
//! operator is told, as with an unplugged disk.

use std::io::Read;
use std::ops::ControlFlow;
use std::path::PathBuf;

use kilat_core::{MarkId, ObjectKey, ProofHash, ReadBack};
use kilat_objects::{Entry, Item, ObjectStore, Receipt, Space, StoreError, Watch};

/// Why it cannot be opened.
#[derive(Debug)]
pub(crate) struct Shut {
    pub(crate) place: PathBuf,
    pub(crate) why: String,
}

impl Shut {
    fn refuse<T>(&self) -> Result<T, StoreError> {
        Err(StoreError::Unusable { place: self.place.clone(), why: self.why.clone() })
    }
}

impl ObjectStore for Shut {
    fn attach(&self) -> Result<MarkId, StoreError> {
        self.refuse()
    }

    fn probe(&self) -> Result<Option<Space>, StoreError> {
        self.refuse()
    }

    fn put(&self, _item: &Item<'_>, _watch: &dyn Watch) -> Result<Receipt, StoreError> {
        self.refuse()
    }

    fn verify(&self, _key: &ObjectKey, _size_bytes: u64, _proof: ProofHash) -> Result<ReadBack, StoreError> {
        self.refuse()
    }

    fn look(&self, _key: &ObjectKey) -> Result<Option<u64>, StoreError> {
        self.refuse()
    }

    fn list(&self, _folder: &ObjectKey, _each: &mut dyn FnMut(Entry) -> ControlFlow<()>) -> Result<(), StoreError> {
        self.refuse()
    }

    fn replace(&self, _key: &ObjectKey, _bytes: &[u8]) -> Result<(), StoreError> {
        self.refuse()
    }

    fn open(&self, _key: &ObjectKey) -> Result<Box<dyn Read + Send>, StoreError> {
        self.refuse()
    }

    fn sweep(&self) -> Result<u64, StoreError> {
        self.refuse()
    }
}
