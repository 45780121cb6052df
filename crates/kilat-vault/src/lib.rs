//! An encrypted destination: a repository in restic's format, worked on by a process of its own.
//!
//! [`Vault`] is the side of the server: it starts a process for one job, feeds it, watches it and kills it
//! when it moves nothing. [`run_worker`] is the body of that process, and alone knows the library. Photos
//! are proven while they are read and once more from the device; the public `restic` reads the same
//! repository. The password is never kept anywhere, and lost with it is everything.

mod error;
mod lines;
mod process;
mod session;
mod store;
mod vault;
mod worker;

pub use error::VaultError;
pub use process::VaultProgram;
pub use store::VaultStore;
pub use vault::{Hear, Vault, VaultEvent, VaultOutcome, VaultPhoto, VaultRange, VaultReport, VaultSnapshot};
pub use worker::run_worker;
