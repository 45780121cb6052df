//! How fast a run or a restore goes: bytes over the last seconds, by the monotonic clock.
//!
//! A rate that was not measured yet and a rest that cannot be told are absent, never guessed.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::{RunFile, RunProgress};

/// Rates are means over this time.
const WINDOW: Duration = Duration::from_secs(10);
/// A rate over less is noise.
const SHORTEST: Duration = Duration::from_secs(1);
/// Samples closer than this say nothing new; with [`WINDOW`] it bounds their number.
const SAMPLE: Duration = Duration::from_millis(250);

#[derive(Debug, Default)]
struct Inner {
    /// Bytes that were there before or are whole.
    whole: u64,
    /// Bytes that this run moved: whole ones, without what was there.
    moved: u64,
    total: u64,
    files: BTreeMap<u64, RunFile>,
    next: u64,
    samples: VecDeque<(Duration, u64)>,
}

/// Counts the bytes of one run.
#[derive(Debug, Default)]
pub struct Meter(Mutex<Inner>);

impl Meter {
    /// So many bytes of `total` are there already.
    pub fn begin(&self, there: u64, total: u64) {
        let mut inner = self.lock();
        (inner.whole, inner.total) = (there, total);
        inner.samples.clear();
    }

    /// A file that is worked on; until the guard is dropped.
    #[must_use]
    pub fn file(&self, name: &str, total_bytes: u64) -> Flight<'_> {
        let mut inner = self.lock();
        let id = inner.next;
        inner.next += 1;
        inner.files.insert(id, RunFile { name: name.to_owned(), done_bytes: 0, total_bytes });
        Flight { meter: self, id }
    }

    /// A file is done.
    pub fn done(&self, bytes: u64) {
        let mut inner = self.lock();
        inner.whole += bytes;
        inner.moved += bytes;
    }

    /// How it goes at `now`, by the monotonic clock.
    #[must_use]
    pub fn progress(&self, now: Duration) -> RunProgress {
        let mut inner = self.lock();
        let flying: u64 = inner.files.values().map(|file| file.done_bytes).sum();
        let moved = inner.moved + flying;
        while inner.samples.front().is_some_and(|(at, _)| now.saturating_sub(*at) > WINDOW) {
            inner.samples.pop_front();
        }
        if inner.samples.back().is_none_or(|(at, _)| now.saturating_sub(*at) >= SAMPLE) {
            inner.samples.push_back((now, moved));
        }
        let rate = inner.samples.front().and_then(|(at, before)| rate(moved.saturating_sub(*before), now - *at));
        let processed = (inner.whole + flying).min(inner.total.max(inner.whole));
        let left = inner.total.saturating_sub(processed);
        RunProgress {
            processed_bytes: processed,
            bytes_per_second: rate,
            eta: rate.filter(|rate| *rate > 0).map(|rate| Duration::from_secs_f64(left as f64 / rate as f64)),
            files: inner.files.values().cloned().collect(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn rate(bytes: u64, time: Duration) -> Option<u64> {
    (time >= SHORTEST).then(|| (bytes as f64 / time.as_secs_f64()) as u64)
}

/// A file that is worked on.
#[derive(Debug)]
pub struct Flight<'a> {
    meter: &'a Meter,
    id: u64,
}

impl Flight<'_> {
    /// So many of its bytes are done.
    pub fn at(&self, bytes: u64) {
        if let Some(file) = self.meter.lock().files.get_mut(&self.id) {
            file.done_bytes = bytes.min(file.total_bytes);
        }
    }
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        self.meter.lock().files.remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secs(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    #[test]
    fn a_rest_is_told_only_once_a_speed_was_measured() {
        let meter = Meter::default();
        meter.begin(100, 1_100);
        assert_eq!((meter.progress(secs(0)).bytes_per_second, meter.progress(secs(0)).eta), (None, None));
        let file = meter.file("a", 400);
        file.at(200);
        let progress = meter.progress(secs(2));
        assert_eq!(progress.processed_bytes, 300);
        assert_eq!((progress.bytes_per_second, progress.eta), (Some(100), Some(secs(8))));
        assert_eq!(progress.files.len(), 1);
        drop(file);
        meter.done(400);
        assert_eq!(meter.progress(secs(4)).processed_bytes, 500);
    }

    #[test]
    fn nothing_moved_in_the_window_means_that_nobody_can_tell_the_rest() {
        let meter = Meter::default();
        meter.begin(0, 1_000);
        meter.done(500);
        for second in 0..30 {
            assert_eq!(meter.progress(secs(second)).processed_bytes, 500);
        }
        let progress = meter.progress(secs(30));
        assert_eq!((progress.bytes_per_second, progress.eta), (Some(0), None));
    }
}
