//! A circuit per destination and engine: open while the place is at fault, tried again now and then.
//!
//! Failures of single files do not open it; the same kind of failure of several in a row does.

use std::time::Duration;

/// Failed attempts in a row, of whatever files, after which the place is taken for faulty.
const FAILURES_IN_A_ROW: u32 = 3;
/// How often a place at fault is looked at: a disk that was plugged in again serves within a blink.
pub const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// Whether a destination takes copies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Circuit {
    /// It does.
    Closed {
        /// Failed attempts since the last success.
        failures: u32,
    },
    /// It does not.
    Open {
        /// When to look again, by the monotonic clock.
        look_at: Duration,
        /// Room that a copy needs before the place is tried again.
        needs_bytes: u64,
    },
}

impl Circuit {
    /// Takes copies, nothing failed yet.
    #[must_use]
    pub fn closed() -> Self {
        Self::Closed { failures: 0 }
    }

    /// Takes none before it was looked at.
    #[must_use]
    pub fn open(now: Duration, needs_bytes: u64) -> Self {
        Self::Open { look_at: now + LOOK_AGAIN, needs_bytes }
    }

    /// Whether it takes copies.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        matches!(self, Self::Closed { .. })
    }

    /// A copy was stored.
    pub fn succeeded(&mut self) {
        if let Self::Closed { failures } = self {
            *failures = 0;
        }
    }

    /// An attempt failed in a way that may pass; true when that makes the place faulty.
    pub fn failed(&mut self) -> bool {
        match self {
            Self::Closed { failures } => {
                *failures += 1;
                *failures >= FAILURES_IN_A_ROW
            }
            Self::Open { .. } => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_bad_file_between_good_ones_never_pauses_the_place() {
        let mut circuit = Circuit::closed();
        for _ in 0..20 {
            assert!(!circuit.failed());
            circuit.succeeded();
        }
    }

    #[test]
    fn a_place_where_everything_fails_is_paused() {
        let mut circuit = Circuit::closed();
        assert!(!circuit.failed());
        assert!(!circuit.failed());
        assert!(circuit.failed());
    }
}
