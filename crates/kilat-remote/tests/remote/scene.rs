//! Stores opened as the program opens them.

use std::sync::{Arc, Barrier};

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

/// Attaches a place that is known already by several stores at once, as an upload that begins and a test by hand do:
/// none takes another's trial away, and all find the same.
pub(crate) fn attach_together(at: impl Fn(Known) -> Arc<dyn ObjectStore>) {
    const AT_ONCE: usize = 4;
    let mark = at(fresh()).attach().expect("a new place");
    for _ in 0..3 {
        let stores: Vec<_> = (0..AT_ONCE).map(|_| at(Known::Place(mark.clone()))).collect();
        let start = Barrier::new(AT_ONCE);
        let found: Vec<_> = std::thread::scope(|scope| {
            let attach = |store: &Arc<dyn ObjectStore>| {
                start.wait();
                store.attach().map(|_mark| store.capabilities().expect("asked"))
            };
            let threads: Vec<_> = stores.iter().map(|store| scope.spawn(move || attach(store))).collect();
            threads.into_iter().map(|thread| thread.join().expect("no panic").expect("attached")).collect()
        });
        assert!(found.windows(2).all(|two| two[0] == two[1]), "{found:?}");
    }
}
