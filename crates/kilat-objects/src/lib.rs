//! One port to storage: put, read back, list, probe.
//!
//! A copy is acknowledged when its bytes were read back from the device and its name is durable.
//! Nothing is ever overwritten or deleted, but this crate's own temporaries.

#[cfg(feature = "contract")]
pub mod contract;
mod direct;
mod disk;
mod error;
mod hash;
mod listing;
mod mark;
mod mount;
mod origin;
mod port;
mod rate;
mod read_back;
mod share;

pub use direct::{rename_new, sync_folder};
pub use disk::{DiskStore, Known};
pub use error::StoreError;
pub use hash::{Hashed, Hashing, Proving, hash_file, short_hash, stamp_of, stamp_of_open};
pub use mark::{DAMAGED_MARK, MAX_MARK_BYTES, mark_text, parse_mark};
pub use mount::mounted_at;
pub use origin::{Origin, put_from};
pub use port::{Capability, Entry, Found, Item, ObjectStore, Receipt, Space, Watch};
pub use rate::RateLimit;
pub use read_back::DeviceReader;
pub use share::{Shares, server_of};
