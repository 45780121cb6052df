//! Tells again what is critical and that nobody has seen.
//!
//! How long a notice waits is measured by the monotonic clock from when this process heard of it; what it
//! had waited before a restart is taken from the wall clock, never below nothing nor above one interval, so
//! that a clock that jumps neither silences an alarm for hours nor tells it twice.

use std::collections::BTreeMap;
use std::time::Duration;

use kilat_core::{Clock, Fact, Millis, Notice, NoticeChange, NoticeStanding, NoticeState, Priority};
use kilat_journal::{Journal, JournalError, MAX_LIMIT, NoticeFilter};

/// When a notice that nobody has seen is told again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Escalation {
    /// After this long, and after as long again.
    pub after: Duration,
    /// At most this often.
    pub rounds: u32,
}

impl Default for Escalation {
    /// After five minutes, three times: whoever did not look within a quarter of an hour is asleep.
    fn default() -> Self {
        Self { after: Duration::from_secs(300), rounds: 3 }
    }
}

/// The critical notices that nobody has seen, and since when they wait. As many as stand open.
#[derive(Debug)]
pub(crate) struct Waiting {
    escalation: Escalation,
    since: BTreeMap<String, (Duration, Duration, u32)>,
}

impl Waiting {
    pub(crate) fn new(escalation: Escalation) -> Self {
        Self { escalation, since: BTreeMap::new() }
    }

    /// What the ledger holds at a start.
    pub(crate) async fn look(&mut self, journal: &Journal, clock: &dyn Clock) -> Result<(), JournalError> {
        for (_, standing) in journal.notices(NoticeFilter::Open, None, MAX_LIMIT).await? {
            self.stands(&standing, clock);
        }
        Ok(())
    }

    pub(crate) fn raised(&mut self, notice: &Notice, clock: &dyn Clock) {
        self.stands(&NoticeStanding::new(notice.clone()), clock);
    }

    pub(crate) fn changed(&mut self, change: &NoticeChange, standing: &NoticeStanding, clock: &dyn Clock) {
        let is_known = self.since.get(&standing.notice.id).is_some_and(|(_, _, round)| *round == standing.escalations);
        match change {
            NoticeChange::Repeated { .. } | NoticeChange::Updated { is_louder: false, .. } if is_known => {}
            NoticeChange::Repeated { .. }
            | NoticeChange::Returned { .. }
            | NoticeChange::Well { .. }
            | NoticeChange::Updated { .. }
            | NoticeChange::Resolved { .. }
            | NoticeChange::Acknowledged { .. }
            | NoticeChange::Escalated { .. } => self.stands(standing, clock),
        }
    }

    fn stands(&mut self, standing: &NoticeStanding, clock: &dyn Clock) {
        let notice = &standing.notice;
        let waits = standing.state() == NoticeState::Open
            && notice.priority == Priority::Critical
            && !notice.silent
            // It may be over: whoever slept through it need not wake now.
            && standing.well_since.is_none()
            && standing.escalations < self.escalation.rounds;
        if !waits {
            self.since.remove(&notice.id);
            return;
        }
        let told_at = standing.escalated_at.unwrap_or(standing.changed_at);
        let waited = waited(told_at, clock.now()).min(self.escalation.after);
        self.since.insert(notice.id.clone(), (clock.monotonic(), waited, standing.escalations));
    }

    /// What is told again now. The journal takes each round once.
    pub(crate) fn due(&self, clock: &dyn Clock) -> Vec<Fact> {
        let now = clock.monotonic();
        let is_due = |(since, waited, _): &(Duration, Duration, u32)| {
            now.saturating_sub(*since) + *waited >= self.escalation.after
        };
        let due = self.since.iter().filter(|(_, wait)| is_due(wait));
        due.map(|(id, (_, _, round))| Fact::Notice {
            change: NoticeChange::Escalated { id: id.clone(), round: round + 1 },
            standing: None,
        })
        .collect()
    }
}

pub(crate) fn waited(since: Millis, now: Millis) -> Duration {
    Duration::from_millis(u64::try_from(now.0.saturating_sub(since.0)).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use kilat_core::{ManualClock, Said};

    use super::*;

    fn down(at: Millis) -> Notice {
        Notice::new("n", Said::DestinationDown, Priority::Critical, at).about("destination:disk")
    }

    #[test]
    fn an_alarm_that_nobody_has_seen_is_due_after_the_interval_and_then_no_more_often_than_set() {
        let clock = ManualClock::at_ms(1_000_000);
        let mut waiting = Waiting::new(Escalation { after: Duration::from_secs(60), rounds: 2 });
        waiting.raised(&down(clock.now()), &clock);
        clock.advance(Duration::from_secs(59));
        assert_eq!(waiting.due(&clock), []);
        clock.advance(Duration::from_secs(1));
        assert_eq!(waiting.due(&clock).len(), 1);
        let mut standing = NoticeStanding::new(down(Millis(1_000_000)));
        for round in 1..=2 {
            standing.escalations = round;
            standing.escalated_at = Some(clock.now());
            let change = NoticeChange::Escalated { id: "n".to_owned(), round };
            waiting.changed(&change, &standing, &clock);
            assert_eq!(waiting.due(&clock), [], "told a moment ago");
            clock.advance(Duration::from_secs(60));
        }
        assert_eq!(waiting.due(&clock), [], "twice is what was set");
    }

    #[test]
    fn a_clock_that_jumped_makes_a_restart_neither_wait_for_hours_nor_forget() {
        let after = Duration::from_secs(60);
        for jump in [-3_600_000_i64, 3_600_000, 365 * 86_400_000] {
            let clock = ManualClock::at_ms(2_000_000_000);
            let mut waiting = Waiting::new(Escalation { after, rounds: 3 });
            waiting.raised(&down(Millis(clock.now().0 - jump)), &clock);
            clock.advance(after);
            assert_eq!(waiting.due(&clock).len(), 1, "{jump}");
        }
    }

    #[test]
    fn who_has_seen_it_and_what_is_over_is_left_in_peace() {
        let clock = ManualClock::at_ms(1_000_000);
        let mut waiting = Waiting::new(Escalation { after: Duration::from_secs(1), rounds: 3 });
        let raised = NoticeStanding::new(down(clock.now()));
        let resolved = NoticeStanding { resolved_at: Some(clock.now()), ..raised.clone() };
        let by = kilat_core::Acknowledgement { by: "dewi".to_owned(), at: clock.now() };
        for quiet in [resolved, NoticeStanding { acknowledged: Some(by), ..raised }] {
            waiting.raised(&down(clock.now()), &clock);
            let change = NoticeChange::Resolved { key: "destination:disk".to_owned(), only: Vec::new() };
            waiting.changed(&change, &quiet, &clock);
            clock.advance(Duration::from_secs(5));
            assert_eq!(waiting.due(&clock), []);
        }
    }
}
