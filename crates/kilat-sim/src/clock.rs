//! The simulation's clock for the code that asks a [`Clock`], also from the journal's own thread.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use kilat_core::{Clock, Millis};

/// The wall clock at the beginning: some day of an event.
const BEGIN_MS: i64 = 1_795_000_000_000;

/// Stands still within a step.
#[derive(Debug, Default)]
pub(crate) struct SimClock(AtomicU64);

impl SimClock {
    pub(crate) fn set(&self, elapsed: Duration) {
        self.0.store(u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX), Ordering::Release);
    }
}

impl Clock for SimClock {
    fn now(&self) -> Millis {
        Millis(BEGIN_MS).plus(self.monotonic())
    }

    fn monotonic(&self) -> Duration {
        Duration::from_millis(self.0.load(Ordering::Acquire))
    }
}
