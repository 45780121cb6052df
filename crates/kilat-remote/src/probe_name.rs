//! Names for what a place is tried with: each try has its own.
//!
//! Two tries at once, by one Kilat or by two, would take each other's files away, and each would believe of the server
//! what the other did.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use kilat_core::Clock;
use kilat_objects::Known;

/// Tries of this process.
static TRIES: AtomicU64 = AtomicU64::new(0);

/// Makes them.
pub(crate) struct ProbeNames {
    mark: String,
    clock: Arc<dyn Clock>,
}

impl ProbeNames {
    pub(crate) fn new(known: &Known, clock: &Arc<dyn Clock>) -> Self {
        let (Known::Place(mark) | Known::Nothing { fresh: mark }) = known;
        Self { mark: mark.as_str().to_owned(), clock: Arc::clone(clock) }
    }

    /// The name of one try.
    pub(crate) fn next(&self) -> String {
        let (at, process) = (self.clock.now().0, std::process::id());
        format!("{}-{at:x}-{process:x}-{:x}", self.mark, TRIES.fetch_add(1, Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use kilat_core::ManualClock;

    use super::*;

    #[test]
    fn two_tries_of_one_place_never_share_a_name() {
        let clock: Arc<dyn Clock> = Arc::new(ManualClock::at_ms(1));
        let known = Known::Nothing { fresh: "mark".parse().expect("an id") };
        let names = [ProbeNames::new(&known, &clock), ProbeNames::new(&known, &clock)];
        assert_ne!(names[0].next(), names[0].next());
        assert_ne!(names[0].next(), names[1].next());
    }
}
