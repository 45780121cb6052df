//! What came and went, and is back: its notice is resolved once it has stayed.
//!
//! Measured by the monotonic clock from when this process heard of it, as [`escalate`](crate::escalate) does.

use std::collections::BTreeMap;
use std::time::Duration;

use kilat_core::{Clock, Fact, NoticeStanding, NoticeState, STEADY};
use kilat_journal::{Journal, JournalError, MAX_LIMIT, NoticeFilter};

use crate::escalate::waited;

/// By key, when it came back and how long it had stayed then. As many as stand open.
#[derive(Debug, Default)]
pub(crate) struct Steady(BTreeMap<String, (Duration, Duration)>);

impl Steady {
    /// What the ledger holds at a start.
    pub(crate) async fn look(&mut self, journal: &Journal, clock: &dyn Clock) -> Result<(), JournalError> {
        for (_, standing) in journal.notices(NoticeFilter::Open, None, MAX_LIMIT).await? {
            self.stands(&standing, clock);
        }
        Ok(())
    }

    /// How a notice stands now.
    pub(crate) fn stands(&mut self, standing: &NoticeStanding, clock: &dyn Clock) {
        let Some(key) = &standing.notice.key else { return };
        match standing.well_since.filter(|_| standing.state() != NoticeState::Resolved) {
            None => {
                self.0.remove(key);
            }
            Some(since) => {
                let stayed = waited(since, clock.now()).min(STEADY);
                self.0.entry(key.clone()).or_insert((clock.monotonic(), stayed));
            }
        }
    }

    /// What has stayed long enough.
    pub(crate) fn due(&self, clock: &dyn Clock) -> impl Iterator<Item = Fact> {
        let now = clock.monotonic();
        let is_due = move |(since, stayed): &(Duration, Duration)| now.saturating_sub(*since) + *stayed >= STEADY;
        self.0.iter().filter(move |(_, stay)| is_due(stay)).map(|(key, _)| Fact::notice_resolved(key))
    }
}

#[cfg(test)]
mod tests {
    use kilat_core::{ManualClock, Notice, Priority, Said};

    use super::*;

    fn back(clock: &ManualClock) -> NoticeStanding {
        let notice = Notice::new("n", Said::DestinationDown, Priority::Critical, clock.now()).about("destination:disk");
        NoticeStanding { count: 2, well_since: Some(clock.now()), ..NoticeStanding::new(notice) }
    }

    #[test]
    fn it_is_over_once_it_has_stayed_and_every_time_that_it_goes_begins_anew() {
        let clock = ManualClock::at_ms(1_000_000);
        let mut steady = Steady::default();
        steady.stands(&back(&clock), &clock);
        clock.advance(STEADY - Duration::from_secs(1));
        assert_eq!(steady.due(&clock).count(), 0);
        let away = NoticeStanding { well_since: None, ..back(&clock) };
        steady.stands(&away, &clock);
        clock.advance(Duration::from_secs(2));
        assert_eq!(steady.due(&clock).count(), 0, "it is away");
        steady.stands(&back(&clock), &clock);
        clock.advance(STEADY);
        assert_eq!(steady.due(&clock).collect::<Vec<_>>(), [Fact::notice_resolved("destination:disk")]);
        steady.stands(&NoticeStanding { resolved_at: Some(clock.now()), ..back(&clock) }, &clock);
        assert_eq!(steady.due(&clock).count(), 0);
    }

    #[test]
    fn what_it_had_stayed_before_a_restart_counts_and_a_clock_that_jumped_back_does_not() {
        let clock = ManualClock::at_ms(2_000_000_000);
        for (ago, count) in [(STEADY.as_millis() as i64, 1), (1_000, 0), (-3_600_000, 0)] {
            let mut steady = Steady::default();
            let since = kilat_core::Millis(clock.now().0 - ago);
            steady.stands(&NoticeStanding { well_since: Some(since), ..back(&clock) }, &clock);
            assert_eq!(steady.due(&clock).count(), count, "{ago}");
        }
    }
}
