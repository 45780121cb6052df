//! Stores opened as the program opens them.

use std::sync::Arc;

use kilat_core::{IdSource, SystemClock};
use kilat_objects::{Known, ObjectStore, RateLimit};
use kilat_remote::{Address, Options, Patience, Secrets, open};
use kilat_testkit::{S3Server, WebDavServer};

pub(crate) fn fresh() -> Known {
    Known::Nothing { fresh: IdSource::new(Arc::new(SystemClock::new())).mark() }
}

pub(crate) fn options(known: Known) -> Options {
    let limit = Arc::new(RateLimit::new(None));
    Options { known, limit, clock: Arc::new(SystemClock::new()), patience: Patience::default(), host_key: None }
}

pub(crate) fn s3_secrets() -> Secrets {
    [("access_key_id", S3Server::ACCESS_KEY_ID), ("secret_access_key", S3Server::SECRET_ACCESS_KEY)].into()
}

/// The store at an address, not yet attached.
pub(crate) fn store(url: &str, secrets: &Secrets, options: Options) -> Arc<dyn ObjectStore> {
    open(&Address::parse(url).expect("an address"), secrets, options).expect("opened")
}

pub(crate) fn dav_secrets() -> Secrets {
    [("user", WebDavServer::USER), ("password", WebDavServer::PASSWORD)].into()
}
