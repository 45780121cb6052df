//! How fast one connection to this place was lately: a file that takes seconds goes in one call, which costs the
//! server half as much; one that takes longer goes in parts, so that a cut line costs a part and not the file.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Longest that a call may take which has to begin anew after a cut.
const BRIEF: Duration = Duration::from_secs(5);

/// Bytes a second of the last call; unknown before the first, and after one that failed.
#[derive(Debug, Default)]
pub(super) struct Pace(Mutex<Option<f64>>);

impl Pace {
    /// So many bytes went in one call.
    pub(super) fn sent(&self, bytes: u64, took: Duration) {
        self.set(Some(bytes as f64 / took.as_secs_f64().max(1e-6)));
    }

    /// A call failed: the line may be another one by now.
    pub(super) fn failed(&self) {
        self.set(None);
    }

    /// Whether so many bytes can be expected to go within seconds.
    pub(super) fn is_brief(&self, bytes: u64) -> bool {
        let pace = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        pace.is_some_and(|pace| bytes as f64 <= pace * BRIEF.as_secs_f64())
    }

    fn set(&self, pace: Option<f64>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = pace;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_line_that_was_just_seen_fast_takes_a_large_file_in_one_call() {
        let (pace, size) = (Pace::default(), 32_000_000);
        assert!(!pace.is_brief(size), "nothing is known yet");
        pace.sent(8_000_000, Duration::from_secs(1));
        assert!(pace.is_brief(size));
        pace.sent(8_000_000, Duration::from_secs(8));
        assert!(!pace.is_brief(size), "the line became slow");
        pace.sent(8_000_000, Duration::from_secs(1));
        pace.failed();
        assert!(!pace.is_brief(size), "the line was cut");
    }
}
