//! What ingest counts of its own work, for the statistics line and for tests.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counters since the start.
#[derive(Debug, Default)]
pub struct IngestStats {
    pub(crate) announced: AtomicU64,
    pub(crate) filed: AtomicU64,
    pub(crate) again: AtomicU64,
    pub(crate) failed: AtomicU64,
    pub(crate) noise: AtomicU64,
    pub(crate) empty: AtomicU64,
    pub(crate) scans: AtomicU64,
    pub(crate) overflows: AtomicU64,
}

/// One reading of [`IngestStats`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatsNow {
    /// Files taken for finished.
    pub announced: u64,
    /// New photos.
    pub filed: u64,
    /// Files whose content was held already.
    pub again: u64,
    /// Files that could not be filed.
    pub failed: u64,
    /// Names that are no photos.
    pub noise: u64,
    /// Files that stayed empty.
    pub empty: u64,
    /// Times that a whole folder was listed.
    pub scans: u64,
    /// Times that events came faster than they were read, and the folder was listed instead.
    pub overflows: u64,
}

impl IngestStats {
    /// The counters as they are now.
    #[must_use]
    pub fn now(&self) -> StatsNow {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        StatsNow {
            announced: read(&self.announced),
            filed: read(&self.filed),
            again: read(&self.again),
            failed: read(&self.failed),
            noise: read(&self.noise),
            empty: read(&self.empty),
            scans: read(&self.scans),
            overflows: read(&self.overflows),
        }
    }
}

pub(crate) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}
