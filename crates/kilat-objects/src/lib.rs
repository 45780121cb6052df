//! One port to storage: put, read back, list, probe.
//!
//! A copy is acknowledged when its bytes were read back from the device and its name is durable.
//! Nothing is ever overwritten or deleted, but this crate's own temporaries.

mod direct;
mod disk;
mod error;
mod hash;
mod mark;
mod port;
mod read_back;

pub use direct::{rename_new, sync_folder};
pub use disk::{DiskStore, Known};
pub use error::StoreError;
pub use hash::{Hashed, Hashing, hash_file, short_hash, stamp_of, stamp_of_open};
pub use port::{Entry, Item, ObjectStore, Receipt, Space, Watch};
