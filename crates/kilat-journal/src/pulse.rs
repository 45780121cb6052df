//! How long commits took in the last minute: counted by the writer, read by whoever asks.
//!
//! Costs a lock and an addition per commit. Durations are sorted into classes of 20 percent, so that a
//! minute of a thousand commits a second takes no more room than one of a single commit.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use kilat_core::CommitTimes;

/// Parts of the minute that are forgotten one by one.
const PARTS: usize = 6;
/// How long each is.
const PART: Duration = Duration::from_secs(10);
/// Classes of durations: the last begins at some 80 s.
const CLASSES: usize = 100;
/// The first class ends here.
const FIRST: Duration = Duration::from_micros(1);
/// Each class ends this much later than the one before.
const STEP: f64 = 1.2;

#[derive(Debug, Clone, Copy)]
struct Part {
    /// Which piece of monotonic time it counts.
    number: u64,
    commits: [u32; CLASSES],
    longest: Duration,
}

impl Part {
    const fn new(number: u64) -> Self {
        Self { number, commits: [0; CLASSES], longest: Duration::ZERO }
    }
}

/// The last minute of commits.
#[derive(Debug)]
pub(crate) struct Pulse(Mutex<[Part; PARTS]>);

impl Default for Pulse {
    fn default() -> Self {
        Self(Mutex::new([Part::new(0); PARTS]))
    }
}

impl Pulse {
    /// Counts a commit that ended at `now`, by the monotonic clock.
    pub(crate) fn note(&self, now: Duration, took: Duration) {
        let number = number_of(now);
        let mut parts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let part = &mut parts[place_of(number)];
        if part.number != number {
            *part = Part::new(number);
        }
        let counted = &mut part.commits[class_of(took)];
        *counted = counted.saturating_add(1);
        part.longest = part.longest.max(took);
    }

    /// What was counted in the last minute; none when nothing was.
    pub(crate) fn last_minute(&self, now: Duration) -> Option<CommitTimes> {
        let number = number_of(now);
        let parts = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut sum = [0_u64; CLASSES];
        let mut longest = Duration::ZERO;
        for part in parts.iter().filter(|part| part.number <= number && number - part.number < PARTS as u64) {
            longest = longest.max(part.longest);
            for (sum, count) in sum.iter_mut().zip(part.commits) {
                *sum += u64::from(count);
            }
        }
        let commits: u64 = sum.iter().sum();
        let within = |percent: u64| end_of(quantile(&sum, commits, percent)).min(longest).as_secs_f64() * 1e3;
        let max_ms = longest.as_secs_f64() * 1e3;
        (commits > 0).then(|| CommitTimes { commits, p50_ms: within(50), p99_ms: within(99), max_ms })
    }
}

const fn number_of(now: Duration) -> u64 {
    now.as_secs() / PART.as_secs()
}

fn place_of(number: u64) -> usize {
    // Below `PARTS`, so it fits.
    (number % PARTS as u64) as usize
}

/// The class that holds the commit below which so many percent lie.
fn quantile(sum: &[u64; CLASSES], commits: u64, percent: u64) -> usize {
    let rank = (commits * percent).div_ceil(100);
    let mut seen = 0;
    for (class, count) in sum.iter().enumerate() {
        seen += count;
        if seen >= rank {
            return class;
        }
    }
    CLASSES - 1
}

fn class_of(took: Duration) -> usize {
    let times = took.as_secs_f64() / FIRST.as_secs_f64();
    if times <= 1.0 {
        return 0;
    }
    // A duration fills no more classes than there are; the last takes the rest.
    (times.log(STEP).ceil() as usize).min(CLASSES - 1)
}

fn end_of(class: usize) -> Duration {
    FIRST.mul_f64(STEP.powi(i32::try_from(class).unwrap_or(i32::MAX)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn without_a_commit_nothing_is_known_and_after_a_minute_nothing_is_any_more() {
        let pulse = Pulse::default();
        assert_eq!(pulse.last_minute(Duration::from_secs(5)), None);
        pulse.note(Duration::from_secs(5), Duration::from_millis(4));
        let seen = pulse.last_minute(Duration::from_secs(50)).unwrap();
        assert_eq!((seen.commits, seen.max_ms), (1, 4.0));
        assert_eq!(pulse.last_minute(Duration::from_secs(70)), None);
    }

    #[test]
    fn one_slow_commit_of_a_thousand_is_the_longest_and_not_the_rule() {
        let pulse = Pulse::default();
        for n in 0..1_000 {
            pulse.note(Duration::from_millis(n), Duration::from_micros(400));
        }
        pulse.note(Duration::from_secs(2), Duration::from_secs(3));
        let seen = pulse.last_minute(Duration::from_secs(3)).unwrap();
        assert!((0.4..0.5).contains(&seen.p50_ms) && (0.4..0.5).contains(&seen.p99_ms), "{seen:?}");
        assert_eq!((seen.commits, seen.max_ms), (1_001, 3_000.0));
    }

    proptest! {
        #[test]
        fn each_share_is_right_within_a_class(took in proptest::collection::vec(1..60_000_000_u64, 1..300)) {
            let pulse = Pulse::default();
            let mut sorted: Vec<f64> = took.iter().map(|micros| *micros as f64 / 1e3).collect();
            sorted.sort_by(f64::total_cmp);
            took.iter().for_each(|micros| pulse.note(Duration::ZERO, Duration::from_micros(*micros)));
            let seen = pulse.last_minute(Duration::ZERO).unwrap();
            for (percent, told) in [(50, seen.p50_ms), (99, seen.p99_ms)] {
                let exact = sorted[(sorted.len() * percent).div_ceil(100) - 1];
                prop_assert!(told >= exact * 0.999 && told <= exact * STEP * 1.001, "{percent}: {told} for {exact}");
            }
            prop_assert!(seen.p50_ms <= seen.p99_ms && seen.p99_ms <= seen.max_ms);
        }
    }
}
