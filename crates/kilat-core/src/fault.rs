//! What a loop does after an error: every error answers its class, and nobody reads its text.

use std::io;
use std::time::Duration;

use rand::Rng;

/// What a loop may do after an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// The next attempt may succeed by itself; `after` is a floor when the other side named one.
    Retry {
        /// Earliest next attempt, where the other side said so.
        after: Option<Duration>,
    },
    /// No attempt can succeed: the input itself is at fault.
    GiveUp,
    /// The place is at fault, not the file: pause it, say so, look again now and then.
    NeedsOperator,
}

/// An error that knows its class.
pub trait Classify {
    /// What a loop may do after it.
    fn class(&self) -> Class;
}

/// What an operating-system error means for a storage place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OsFault {
    /// No space or quota left.
    Full,
    /// Mounted read-only.
    ReadOnly,
    /// Permission denied.
    Denied,
    /// The path or its device is gone.
    Gone,
    /// Anything else, worth another attempt.
    Other,
}

impl OsFault {
    /// Reads the kind of an [`io::Error`].
    #[must_use]
    pub fn of(error: &io::Error) -> Self {
        use io::ErrorKind as K;
        #[expect(clippy::wildcard_enum_match_arm, reason = "the standard library's list is open")]
        match error.kind() {
            K::StorageFull | K::QuotaExceeded => Self::Full,
            K::ReadOnlyFilesystem => Self::ReadOnly,
            K::PermissionDenied => Self::Denied,
            K::NotFound | K::NotADirectory | K::StaleNetworkFileHandle => Self::Gone,
            // ENODEV, ENXIO, ENOTCONN: a device or mount that went away under an open file.
            _ => match error.raw_os_error() {
                Some(6 | 19 | 107) => Self::Gone,
                _ => Self::Other,
            },
        }
    }
}

/// Exponential delay with jitter, bounded.
#[derive(Debug, Clone, Copy)]
pub struct Backoff {
    /// Upper bound of the first delay.
    pub first: Duration,
    /// Upper bound of every delay.
    pub most: Duration,
}

impl Backoff {
    /// The delay before attempt `attempt` (the first retry is 1): uniform in the upper half of
    /// `first · 2^(attempt-1)`, at most `most`. Half of it is fixed so that a retry never comes at once.
    pub fn delay(&self, attempt: u32, rng: &mut impl Rng) -> Duration {
        let cap_ms = self.cap_ms(attempt);
        Duration::from_millis(rng.random_range(cap_ms / 2..=cap_ms))
    }

    /// The same over the full range from zero: for many who lost the same server at the same moment, whom
    /// nothing but chance sets apart.
    pub fn anywhere(&self, attempt: u32, rng: &mut impl Rng) -> Duration {
        Duration::from_millis(rng.random_range(0..=self.cap_ms(attempt)))
    }

    fn cap_ms(&self, attempt: u32) -> u64 {
        let doubled = self.first.saturating_mul(1_u32 << attempt.saturating_sub(1).min(20));
        u64::try_from(doubled.min(self.most).as_millis()).unwrap_or(u64::MAX).max(1)
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::SmallRng;

    use super::*;

    #[test]
    fn delays_grow_and_stay_under_their_bound() {
        let backoff = Backoff { first: Duration::from_millis(500), most: Duration::from_secs(60) };
        let mut rng = SmallRng::seed_from_u64(7);
        for attempt in 1..100 {
            let delay = backoff.delay(attempt, &mut rng);
            assert!(delay <= backoff.most, "attempt {attempt} waits {delay:?}");
            assert!(delay >= Duration::from_millis(250), "attempt {attempt} waits only {delay:?}");
        }
    }

    #[test]
    fn many_who_lost_one_server_come_back_over_the_whole_range() {
        let backoff = Backoff { first: Duration::from_millis(800), most: Duration::from_secs(20) };
        let mut rng = SmallRng::seed_from_u64(7);
        let delays: Vec<Duration> = (0..1_000).map(|_| backoff.anywhere(4, &mut rng)).collect();
        let in_eighth = |n: u32| delays.iter().filter(|delay| delay.as_millis() as u32 / 800 == n).count();
        assert!((0..8).all(|n| in_eighth(n) > 80), "as many early as late");
        assert!(delays.iter().all(|delay| *delay <= Duration::from_millis(6_400)));
    }

    #[test]
    fn a_full_disk_is_told_apart_from_a_missing_one() {
        assert_eq!(OsFault::of(&io::Error::from_raw_os_error(28)), OsFault::Full);
        assert_eq!(OsFault::of(&io::Error::from_raw_os_error(2)), OsFault::Gone);
        assert_eq!(OsFault::of(&io::Error::from_raw_os_error(30)), OsFault::ReadOnly);
        assert_eq!(OsFault::of(&io::Error::from_raw_os_error(5)), OsFault::Other);
    }
}
