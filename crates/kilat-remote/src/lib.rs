//! Destinations reached over a network: an address and secrets in, a store behind the port out.
//!
//! A copy is acknowledged when the other side has shown its bytes, or a checksum of them after it was seen to
//! refuse a wrong one. Nothing is overwritten or deleted but temporaries and what this call just damaged.

mod address;
mod attached;
mod buffers;
mod gdrive;
mod http;
mod names;
mod placing;
mod probe_name;
mod retry;
mod s3;
mod secrets;
mod sftp;
mod source;
mod webdav;
mod xml;

use std::sync::Arc;
use std::time::Duration;

use kilat_core::Clock;
use kilat_objects::{Item, Known, ObjectStore, RateLimit};

pub use address::{Address, AddressError, DriveAddress, S3Address, SftpAddress, WebDavAddress, percent_encoded};
pub use secrets::{Need, SecretSpec, Secrets, needed_secrets};

/// Temporaries, at the same place as the copies.
const PARTS: &str = ".kilat-parts";
/// A temporary that is so old is no copy under way, whoever began it.
const ABANDONED_MS: i64 = 24 * 3_600 * 1_000;
/// Bytes that any call moves in a second at least.
const SLOWEST: u64 = 4 * 1024;
/// Files of one name that may stand in one folder.
const MAX_NUMBERED: u32 = 999;
/// Folders remembered to be there, about 100 bytes each; then all are forgotten and made again.
const MAX_FOLDERS: usize = 4_096;
/// The largest file that a download waits for: what the settings allow, and what 10,000 parts of S3 hold.
const MAX_FILE_BYTES: u64 = 80 * 1_000 * 1_000 * 1_000;

/// Where attempts at one item begin to differ from those at another.
fn seed_of(item: &Item<'_>) -> u64 {
    item.proof.0.iter().fold(0, |seed: u64, byte| seed.rotate_left(5) ^ u64::from(*byte))
}

/// What a store is opened with, beside its address and secrets.
#[derive(Clone)]
pub struct Options {
    /// What is known of the place.
    pub known: Known,
    /// Bytes a second, shared with whom the caller likes.
    pub limit: Arc<RateLimit>,
    /// Signatures carry the time.
    pub clock: Arc<dyn Clock>,
    /// How long the other side may take.
    pub patience: Patience,
    /// The fingerprint that an SSH server had when it was first met ([`ObjectStore::host_key`]); with none, the
    /// first one is believed.
    pub host_key: Option<String>,
}

/// How long the other side may take.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// To be found and to shake hands: a phone's hotspot needs seconds, nothing needs more.
    pub connect: Duration,
    /// Without a byte in either direction: S3 servers join large objects for as long.
    pub idle: Duration,
    /// For a whole call, beside a second for every 4 KiB it moves: what is slower will never end.
    pub call: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { connect: Duration::from_secs(10), idle: Duration::from_secs(60), call: Duration::from_secs(120) }
    }
}

/// Why a destination cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The address.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// A secret is missing.
    #[error("the secret {name} is missing ({says}): give it with the environment or when asked for")]
    Secret {
        /// Its name.
        name: &'static str,
        /// What it is.
        says: &'static str,
    },
    /// A secret that cannot be what it should.
    #[error("the secret {name} cannot be used: {why}")]
    BadSecret {
        /// Its name.
        name: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// The system gives no thread.
    #[error("no thread can be had for its connections: {why}")]
    NoThread {
        /// What the system said.
        why: String,
    },
    /// TLS has nothing to trust.
    #[error("this machine trusts no certificate authorities: install ca-certificates")]
    NoAuthorities,
}

/// Opens the place at an address. Nothing is asked of it before [`ObjectStore::attach`].
///
/// # Errors
/// When the secrets do not fit the address.
pub fn open(address: &Address, secrets: &Secrets, options: Options) -> Result<Arc<dyn ObjectStore>, OpenError> {
    secrets.check(needed_secrets(address.medium()))?;
    match address {
        Address::S3(s3) => Ok(Arc::new(s3::S3Store::open(s3, secrets, options)?)),
        Address::WebDav(dav) => Ok(Arc::new(webdav::WebDavStore::open(dav, secrets, options)?)),
        Address::Sftp(ssh) => Ok(Arc::new(sftp::SftpStore::open(ssh, secrets, options)?)),
        Address::Drive(drive) => Ok(Arc::new(gdrive::DriveStore::open(drive, secrets, options)?)),
    }
}
