//! Follows the journal and keeps the ledger: raises, resolves, tells of what was folded, tells again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use kilat_core::{Clock, EventId, Fact, NoticeChange, Offset, Recorded, Stop};
use kilat_journal::{Journal, JournalError, MAX_FACTS_PER_APPEND, MAX_LIMIT, Note, NoticeFilter};
use tokio::time::MissedTickBehavior;

use crate::backups;
use crate::escalate::{Escalation, Waiting};
use crate::notices::{self, COPIES, FILES, FOUND};
use crate::steady::Steady;

/// Facts that are read again when nobody noted how far the ledger came: by a version without notes.
const REREAD: u64 = 2_000;
/// Facts that may pass without a note, when nothing followed from them: they are read again after a restart.
const NOTE_EVERY: u64 = 512;
/// How often viewers are told of one notice into which losses are folded: a page that shows each as a toast
/// is not flooded.
pub const TELL_EVERY: Duration = Duration::from_secs(5);
/// The name of the note that says how far the ledger came.
const PLACE: &str = "ledger";
/// The numbers of safe photos that are worth a word; beyond the last, every thousand.
const MILESTONES: [u64; 7] = [10, 25, 50, 100, 250, 500, 1_000];

/// What the ledger runs with.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    /// When a notice that nobody has seen is told again.
    pub escalation: Escalation,
}

/// Keeps the ledger until it is asked to stop.
///
/// # Errors
/// When the journal can be neither read nor written.
pub async fn run(config: Ledger, journal: Journal, clock: Arc<dyn Clock>, stop: Stop) -> Result<(), JournalError> {
    let start = match journal.notes(PLACE).await?.first().and_then(|(_, place)| place.parse().ok()) {
        Some(place) => place,
        None => journal.head().0.saturating_sub(REREAD),
    };
    let mut keeper = Keeper {
        tail_from: start.min(journal.head().0),
        open: open_keys(&journal).await?,
        told: BTreeMap::new(),
        waiting: Waiting::new(config.escalation),
        steady: Steady::default(),
        journal,
        clock,
    };
    keeper.waiting.look(&keeper.journal, keeper.clock.as_ref()).await?;
    keeper.steady.look(&keeper.journal, keeper.clock.as_ref()).await?;
    keeper.follow(stop).await
}

struct Keeper {
    journal: Journal,
    clock: Arc<dyn Clock>,
    /// Everything up to here has had its effect, and the journal knows.
    tail_from: u64,
    /// Keys of open losses: their end is looked for only while there are some.
    open: BTreeSet<String>,
    told: BTreeMap<EventId, u64>,
    waiting: Waiting,
    steady: Steady,
}

impl Keeper {
    async fn follow(&mut self, stop: Stop) -> Result<(), JournalError> {
        let mut tail = self.journal.tail(Offset(self.tail_from));
        let mut tell = tokio::time::interval(TELL_EVERY);
        tell.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let facts = tokio::select! {
                () = stop.asked() => return Ok(()),
                batch = tail.next() => self.effects(&batch?).await?,
                _ = tell.tick() => self.due().await?,
            };
            let place = tail.position().0;
            if facts.is_empty() && place.saturating_sub(self.tail_from) < NOTE_EVERY {
                continue;
            }
            // Dropped by a stop: the next start reads these facts again.
            tokio::select! {
                () = stop.asked() => return Ok(()),
                noted = self.record(facts, place) => noted?,
            }
        }
    }

    /// All or nothing: the place is noted with the last of what follows.
    async fn record(&mut self, facts: Vec<Fact>, place: u64) -> Result<(), JournalError> {
        let mut chunks: Vec<Vec<Fact>> = facts.chunks(MAX_FACTS_PER_APPEND).map(<[Fact]>::to_vec).collect();
        let last = chunks.pop().unwrap_or_default();
        for chunk in chunks {
            self.journal.append_patiently(chunk).await?;
        }
        self.journal.append_noting_patiently(last, vec![Note::new(PLACE, place.to_string())]).await?;
        self.tail_from = place;
        Ok(())
    }

    async fn effects(&mut self, batch: &[Recorded]) -> Result<Vec<Fact>, JournalError> {
        let mut facts: Vec<Fact> = Vec::new();
        for recorded in batch {
            self.note(recorded);
            facts.extend(notices::about(recorded, &self.journal).await?);
        }
        if batch.iter().any(|recorded| matches!(recorded.fact, Fact::CopyStored { .. })) {
            facts.extend(self.milestone(batch).await?);
        }
        if !self.open.is_empty() && batch.iter().any(|recorded| notices::may_mend(&recorded.fact)) {
            facts.extend(self.mended().await?);
        }
        if !facts.is_empty() && !self.journal.settings().await?.notifications_enabled {
            facts.iter_mut().for_each(hush);
        }
        Ok(facts)
    }

    /// Keeps what is in memory in step with the ledger.
    fn note(&mut self, recorded: &Recorded) {
        if let Fact::NoticeRaised { notice } = &recorded.fact {
            self.open.extend(notice.key.clone().filter(|_| notice.sample.is_some()));
            self.waiting.raised(notice, self.clock.as_ref());
        }
        if let Fact::Notice { change, standing: Some(standing) } = &recorded.fact {
            self.waiting.changed(change, standing, self.clock.as_ref());
            self.steady.stands(standing, self.clock.as_ref());
            if let NoticeChange::Resolved { key, .. } = change {
                self.open.remove(key);
            }
        }
    }

    /// Losses of which none is left.
    async fn mended(&mut self) -> Result<Vec<Fact>, JournalError> {
        let counts = self.journal.counts(None).await?;
        let mut over = Vec::new();
        for key in &self.open {
            let is_over = if let Some(destination) = key.strip_prefix(COPIES) {
                let at = counts.destinations.iter().find(|(id, _)| id.as_str() == destination);
                at.is_none_or(|(_, counts)| counts.failed == 0 && counts.pending == 0)
            } else if let Some(destination) = key.strip_prefix(FOUND) {
                backups::is_sound(destination, &self.journal).await?
            } else {
                key == FILES && counts.unfiled == 0
            };
            if is_over {
                over.push(Fact::notice_resolved(key));
            }
        }
        Ok(over)
    }

    /// What time alone makes due: folded losses, and what nobody has seen.
    async fn due(&mut self) -> Result<Vec<Fact>, JournalError> {
        let untold = self.journal.untold_notices().await?;
        let updated = |standing: kilat_core::NoticeStanding| Fact::Notice {
            change: NoticeChange::Updated { id: standing.notice.id, is_louder: false },
            standing: None,
        };
        let mut facts: Vec<Fact> = untold.into_iter().map(updated).collect();
        facts.extend(self.waiting.due(self.clock.as_ref()));
        facts.extend(self.steady.due(self.clock.as_ref()));
        Ok(facts)
    }

    /// The highest milestone that the active event has reached and nobody was told of.
    async fn milestone(&mut self, batch: &[Recorded]) -> Result<Option<Fact>, JournalError> {
        let (Some(event), Some(last)) = (self.journal.active_event().await?, batch.last()) else { return Ok(None) };
        let safe = self.journal.counts(Some(&event.id)).await?.safe;
        let Some(reached) = reached(safe) else { return Ok(None) };
        if self.told.get(&event.id).is_some_and(|known| *known >= reached) {
            return Ok(None);
        }
        self.told.insert(event.id.clone(), reached);
        Ok(Some(Fact::NoticeRaised { notice: notices::milestone(&event, reached, last.at) }))
    }
}

/// Keys of the losses that stand open.
async fn open_keys(journal: &Journal) -> Result<BTreeSet<String>, JournalError> {
    let open = journal.notices(NoticeFilter::Open, None, MAX_LIMIT).await?;
    let losses = open.into_iter().filter(|(_, standing)| standing.notice.sample.is_some());
    Ok(losses.filter_map(|(_, standing)| standing.notice.key).collect())
}

/// Decided once, when it is raised: whoever reads the fact later comes to the same answer.
fn hush(fact: &mut Fact) {
    if let Fact::NoticeRaised { notice } = fact {
        notice.silent = true;
    }
}

/// The highest milestone at or below `safe`.
fn reached(safe: u64) -> Option<u64> {
    let thousands = safe / 1_000 * 1_000;
    let fixed = MILESTONES.into_iter().rfind(|milestone| *milestone <= safe);
    fixed.max((thousands > 0).then_some(thousands))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn milestones_are_round_numbers_and_go_on_by_thousands() {
        assert_eq!(reached(9), None);
        assert_eq!(reached(10), Some(10));
        assert_eq!(reached(99), Some(50));
        assert_eq!(reached(1_999), Some(1_000));
        assert_eq!(reached(12_345), Some(12_000));
    }
}
