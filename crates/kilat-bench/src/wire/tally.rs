//! What the viewers got: counted, checked for order and gaps, and timed.

use std::time::Duration;

use super::mark::Mark;

/// Messages that may be on their way: the publisher waits before it has so many out.
pub(crate) const MAX_IN_FLIGHT: u32 = 1_024;
/// Latencies kept in one measurement.
const MAX_LATENCIES: usize = 2_000_000;

/// Counts of one audience.
#[derive(Debug)]
pub(crate) struct Tally {
    viewers: u32,
    /// How many viewers are past each message on its way.
    past: Vec<u32>,
    /// Every viewer is past this message.
    complete: u32,
    pub(crate) delivered: u64,
    pub(crate) bytes: u64,
    /// Messages that a viewer did not get before a later one.
    pub(crate) skipped: u64,
    /// Messages that came after a later one, or twice.
    pub(crate) late: u64,
    /// Whether latencies are noted.
    pub(crate) is_timing: bool,
    pub(crate) latencies_us: Vec<u32>,
}

impl Tally {
    pub(crate) fn of(viewers: usize) -> Self {
        Self {
            viewers: viewers as u32,
            past: vec![0; MAX_IN_FLIGHT as usize],
            complete: 0,
            delivered: 0,
            bytes: 0,
            skipped: 0,
            late: 0,
            is_timing: false,
            latencies_us: Vec::new(),
        }
    }

    /// Begins to count anew; what is on its way stays known.
    pub(crate) fn reset(&mut self) {
        (self.delivered, self.bytes, self.skipped, self.late) = (0, 0, 0, 0);
        self.latencies_us.clear();
    }

    /// The newest message that every viewer is past.
    pub(crate) fn complete(&self) -> u32 {
        self.complete
    }

    /// A viewer whose newest message was `last` got this one.
    pub(crate) fn got(&mut self, last: &mut u32, mark: Mark, bytes: usize, now_ns: u64) {
        self.delivered += 1;
        self.bytes += bytes as u64;
        if self.is_timing && self.latencies_us.len() < MAX_LATENCIES {
            let latency = Duration::from_nanos(now_ns.saturating_sub(mark.at_ns));
            self.latencies_us.push(u32::try_from(latency.as_micros()).unwrap_or(u32::MAX));
        }
        if mark.number <= *last {
            self.late += 1;
            return;
        }
        self.skipped += u64::from(mark.number - *last - 1);
        for number in *last + 1..=mark.number {
            self.past[(number % MAX_IN_FLIGHT) as usize] += 1;
        }
        *last = mark.number;
        while self.past[((self.complete + 1) % MAX_IN_FLIGHT) as usize] >= self.viewers {
            self.complete += 1;
            self.past[(self.complete % MAX_IN_FLIGHT) as usize] = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(number: u32) -> Mark {
        Mark { number, at_ns: 1_000 }
    }

    #[test]
    fn a_message_is_complete_when_every_viewer_is_past_it() {
        let mut tally = Tally::of(2);
        let (mut one, mut other) = (0, 0);
        for number in 1..=3 {
            tally.got(&mut one, mark(number), 400, 2_000);
        }
        assert_eq!(tally.complete(), 0);
        tally.got(&mut other, mark(1), 400, 2_000);
        assert_eq!((tally.complete(), tally.skipped), (1, 0));
        tally.got(&mut other, mark(3), 400, 2_000);
        assert_eq!((tally.complete(), tally.skipped, tally.delivered), (3, 1, 5));
    }

    #[test]
    fn a_message_out_of_order_is_late_and_counts_once() {
        let mut tally = Tally::of(1);
        let mut last = 0;
        for number in [2, 1, 2] {
            tally.got(&mut last, mark(number), 400, 2_000);
        }
        assert_eq!((tally.complete(), tally.skipped, tally.late, last), (2, 1, 2, 2));
    }

    #[test]
    fn the_ring_of_messages_on_their_way_may_be_gone_round() {
        let mut tally = Tally::of(1);
        let mut last = 0;
        for number in 1..=3 * MAX_IN_FLIGHT {
            tally.got(&mut last, mark(number), 400, 2_000);
        }
        assert_eq!((tally.complete(), tally.skipped), (3 * MAX_IN_FLIGHT, 0));
    }
}
