//! How often somebody may fail to sign in: a bucket for each address and each account, which refills.
//!
//! An attempt is paid before it is looked at, so that many at once do not slip through, and paid
//! back when it was right: a whole venue behind one address signs in without ever being slowed.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::Duration;

/// Buckets kept of each kind; the fullest go first, since they slow nobody.
const MAX_BUCKETS: usize = 4_096;

/// How generous a bucket is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    /// Failures at once.
    pub(crate) burst: f64,
    /// One more after each.
    pub(crate) every: Duration,
}

/// Of one account: a person who searches for a password, not a program that does.
pub(crate) const ACCOUNT: Pace = Pace { burst: 10.0, every: Duration::from_secs(30) };
/// Of one address, which a venue's guests may share.
pub(crate) const ADDRESS: Pace = Pace { burst: 30.0, every: Duration::from_secs(5) };

#[derive(Debug, Clone, Copy)]
struct Bucket {
    left: f64,
    at: Duration,
}

/// Buckets by key.
#[derive(Debug)]
pub(crate) struct Throttle<K> {
    pace: Pace,
    buckets: HashMap<K, Bucket>,
}

impl<K: Hash + Eq + Clone> Throttle<K> {
    pub(crate) fn new(pace: Pace) -> Self {
        Self { pace, buckets: HashMap::new() }
    }

    /// Pays for an attempt.
    ///
    /// # Errors
    /// How long to wait for the next.
    pub(crate) fn pay(&mut self, key: &K, now: Duration) -> Result<(), Duration> {
        let left = self.left(key, now);
        if left < 1.0 {
            return Err(self.pace.every.mul_f64(1.0 - left));
        }
        if !self.buckets.contains_key(key) && self.buckets.len() >= MAX_BUCKETS {
            self.make_room(now);
        }
        self.buckets.insert(key.clone(), Bucket { left: left - 1.0, at: now });
        Ok(())
    }

    /// Pays back: the attempt was right.
    pub(crate) fn pay_back(&mut self, key: &K) {
        if let Some(bucket) = self.buckets.get_mut(key) {
            bucket.left = (bucket.left + 1.0).min(self.pace.burst);
        }
    }

    fn left(&self, key: &K, now: Duration) -> f64 {
        self.buckets.get(key).map_or(self.pace.burst, |bucket| refilled(*bucket, self.pace, now))
    }

    fn make_room(&mut self, now: Duration) {
        let pace = self.pace;
        self.buckets.retain(|_, bucket| refilled(*bucket, pace, now) < pace.burst);
        if self.buckets.len() < MAX_BUCKETS {
            return;
        }
        let fullest =
            self.buckets.iter().max_by(|a, b| refilled(*a.1, pace, now).total_cmp(&refilled(*b.1, pace, now)));
        if let Some(key) = fullest.map(|(key, _)| key.clone()) {
            self.buckets.remove(&key);
        }
    }
}

fn refilled(bucket: Bucket, pace: Pace, now: Duration) -> f64 {
    let elapsed = now.saturating_sub(bucket.at).as_secs_f64();
    (bucket.left + elapsed / pace.every.as_secs_f64()).min(pace.burst)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn guessing_is_slowed_and_being_right_is_not() {
        let mut throttle = Throttle::new(ACCOUNT);
        for _ in 0..100 {
            throttle.pay(&"ayu", SECOND).expect("right each time");
            throttle.pay_back(&"ayu");
        }
        for _ in 0..10 {
            throttle.pay(&"ayu", SECOND).expect("a few mistakes are human");
        }
        let wait = throttle.pay(&"ayu", SECOND).expect_err("enough");
        assert!(wait > Duration::from_secs(29) && wait <= Duration::from_secs(30), "{wait:?}");
        throttle.pay(&"bima", SECOND).expect("another account");
        throttle.pay(&"ayu", SECOND + wait).expect("it refills");
        throttle.pay(&"ayu", SECOND + wait).expect_err("one at a time");
    }

    #[test]
    fn the_table_is_bounded_and_the_guilty_stay_in_it() {
        let mut throttle = Throttle::new(ACCOUNT);
        for _ in 0..10 {
            throttle.pay(&usize::MAX, SECOND).expect("within the burst");
        }
        for stranger in 0..3 * MAX_BUCKETS {
            throttle.pay(&stranger, SECOND).expect("a first attempt");
        }
        assert!(throttle.buckets.len() <= MAX_BUCKETS);
        throttle.pay(&usize::MAX, SECOND).expect_err("not forgotten by flooding the table");
    }
}
