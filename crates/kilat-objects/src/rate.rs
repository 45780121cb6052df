//! A limit on bytes per second, shared by every copy to a destination and set while they run.
//!
//! A bucket that may go into debt: whoever takes a piece pays for it before the next one is given out, so the
//! average holds whatever the pieces' size. Waiting ends early when the limit changes or the copy is cancelled.

use std::num::NonZeroU64;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::{StoreError, Watch};

/// Longest wait before a copy looks whether it was cancelled.
const LOOK: Duration = Duration::from_millis(100);
/// What may be sent at once after a pause, as time at the limit's rate: small files need no wait.
const BURST: Duration = Duration::from_millis(250);

/// At most so many bytes a second; without a rate, as many as go.
#[derive(Debug)]
pub struct RateLimit {
    bucket: Mutex<Bucket>,
    changed: Condvar,
}

#[derive(Debug)]
struct Bucket {
    rate: Option<NonZeroU64>,
    /// Bytes that may be sent now; below zero, bytes that were sent too early.
    left: f64,
    at: Instant,
}

impl RateLimit {
    /// A limit of so many bytes a second; none means no limit.
    #[must_use]
    pub fn new(bytes_per_second: Option<NonZeroU64>) -> Self {
        let bucket = Bucket { rate: bytes_per_second, left: 0.0, at: Instant::now() };
        Self { bucket: Mutex::new(bucket), changed: Condvar::new() }
    }

    /// Changes the limit, also for copies that wait for it now.
    pub fn set(&self, bytes_per_second: Option<NonZeroU64>) {
        let mut bucket = self.bucket();
        bucket.refill();
        bucket.rate = bytes_per_second;
        self.changed.notify_all();
    }

    /// The limit in force.
    #[must_use]
    pub fn rate(&self) -> Option<NonZeroU64> {
        self.bucket().rate
    }

    /// Waits until `bytes` may be sent.
    ///
    /// # Errors
    /// [`StoreError::Cancelled`].
    pub fn take(&self, bytes: u64, watch: &dyn Watch) -> Result<(), StoreError> {
        let mut bucket = self.bucket();
        loop {
            let Some(wait) = bucket.take(bytes) else { return Ok(()) };
            if watch.is_cancelled() {
                return Err(StoreError::Cancelled);
            }
            let waited = self.changed.wait_timeout(bucket, wait.min(LOOK));
            bucket = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn bucket(&self) -> MutexGuard<'_, Bucket> {
        self.bucket.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Bucket {
    fn refill(&mut self) {
        let now = Instant::now();
        if let Some(rate) = self.rate {
            let rate = rate.get() as f64;
            let earned = now.duration_since(self.at).as_secs_f64() * rate;
            self.left = (self.left + earned).min(BURST.as_secs_f64() * rate);
        }
        self.at = now;
    }

    /// Takes the bytes, or answers how long to wait.
    fn take(&mut self, bytes: u64) -> Option<Duration> {
        self.refill();
        let rate = self.rate?.get() as f64;
        if self.left < 0.0 {
            return Some(Duration::from_secs_f64((-self.left / rate).min(LOOK.as_secs_f64())));
        }
        self.left -= bytes as f64;
        None
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    #[derive(Default)]
    struct Cancel(AtomicBool);

    impl Watch for Cancel {
        fn sent(&self, _bytes: u64) {}
        fn is_cancelled(&self) -> bool {
            self.0.load(Ordering::SeqCst)
        }
    }

    #[test]
    fn what_two_copies_send_together_stays_under_the_limit() {
        let limit = RateLimit::new(NonZeroU64::new(1_000_000));
        let begun = Instant::now();
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| (0..4).for_each(|_| limit.take(50_000, &Cancel::default()).expect("not cancelled")));
            }
        });
        // 400 kB at 1 MB/s; the last piece is paid for by whoever comes next.
        assert!(begun.elapsed() >= Duration::from_millis(349), "{:?}", begun.elapsed());
    }

    #[test]
    fn a_limit_that_is_lifted_lets_a_waiting_copy_go_at_once() {
        let limit = RateLimit::new(NonZeroU64::new(1));
        limit.take(1_000_000, &Cancel::default()).expect("the first is free");
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| limit.take(1, &Cancel::default()));
            limit.set(None);
            waiting.join().expect("no panic").expect("let go");
        });
    }

    #[test]
    fn a_cancelled_copy_stops_waiting() {
        let (limit, cancel) = (RateLimit::new(NonZeroU64::new(1)), Cancel::default());
        limit.take(1_000_000, &cancel).expect("the first is free");
        cancel.0.store(true, Ordering::SeqCst);
        assert!(matches!(limit.take(1, &cancel), Err(StoreError::Cancelled)));
    }
}
