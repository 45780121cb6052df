//! How fast a client may talk: a bucket of messages that refills every second.

use std::time::Duration;

/// Messages at once: a page that subscribes to everything and asks for every state, ten times over.
const BURST: f32 = 100.0;
/// Messages a minute after that; a viewer sends two heartbeats a minute.
const PER_MINUTE: f32 = 100.0;
/// Messages beyond the limit after which the connection is ended.
const PATIENCE: u16 = 1_000;

/// Refused messages that are forgotten with each that is let through: whoever sends fewer than so many times
/// the rate is slowed, never ended; whoever sends more is ended, however slowly the bucket fills meanwhile.
const FORGIVEN: u16 = 10;

/// What to do with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Answer it.
    Allowed,
    /// Answer with an error; the first of a series only.
    TooFast {
        /// Whether to say so.
        tell: bool,
    },
    /// End the connection.
    Abuse,
}

/// One client's bucket.
#[derive(Debug)]
pub(super) struct Limit {
    tokens: f32,
    refused: u16,
    at: Duration,
}

impl Limit {
    pub(super) fn new(now: Duration) -> Self {
        Self { tokens: BURST, at: now, refused: 0 }
    }

    pub(super) fn judge(&mut self, now: Duration) -> Verdict {
        let elapsed = now.saturating_sub(self.at).as_secs_f32();
        self.tokens = (self.tokens + elapsed * PER_MINUTE / 60.0).min(BURST);
        self.at = now;
        if self.tokens >= 1.0 {
            self.tokens -= 1.0;
            self.refused = self.refused.saturating_sub(FORGIVEN);
            return Verdict::Allowed;
        }
        self.refused += 1;
        if self.refused > PATIENCE { Verdict::Abuse } else { Verdict::TooFast { tell: self.refused == 1 } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_reloads_is_let_in_and_a_flood_is_not() {
        let mut limit = Limit::new(Duration::ZERO);
        for _ in 0..100 {
            assert_eq!(limit.judge(Duration::ZERO), Verdict::Allowed);
        }
        assert_eq!(limit.judge(Duration::ZERO), Verdict::TooFast { tell: true });
        assert_eq!(limit.judge(Duration::ZERO), Verdict::TooFast { tell: false });
        assert_eq!(limit.judge(Duration::from_secs(1)), Verdict::Allowed);
        for _ in 0..PATIENCE {
            assert_ne!(limit.judge(Duration::from_secs(1)), Verdict::Abuse);
        }
        assert_eq!(limit.judge(Duration::from_secs(1)), Verdict::Abuse);
    }

    #[test]
    fn a_flood_is_ended_although_the_bucket_fills_meanwhile_and_a_talker_is_not() {
        // Thousandths of a second between two messages; whether an hour of them is abuse.
        for (pause, is_abuse) in [(1, true), (20, true), (200, false), (590, false)] {
            let mut limit = Limit::new(Duration::ZERO);
            let mut times = (0..3_600_000 / pause).map(|nth| Duration::from_millis(nth * pause));
            assert_eq!(times.any(|at| limit.judge(at) == Verdict::Abuse), is_abuse, "one in {pause} ms");
        }
    }
}
