//! Turns what happened into the few notices that a person must see.
//!
//! Tails the journal and appends notices to it. A notice's id comes from the fact that it is about,
//! so that reading the same facts again after a restart raises nothing twice.

mod backups;
mod notices;

use std::collections::BTreeMap;

use kilat_core::{EventId, Fact, Offset, Recorded, Stop};
use kilat_journal::{Journal, JournalError};

/// Facts that are read again at a start: what a crash may have left without its notice.
const REREAD: u64 = 2_000;
/// Notices appended at once.
const MAX_BATCH: usize = 256;

/// The numbers of safe photos that are worth a word; beyond the last, every thousand.
const MILESTONES: [u64; 7] = [10, 25, 50, 100, 250, 500, 1_000];

/// Runs until it is asked to stop.
///
/// # Errors
/// When the journal can be neither read nor written.
pub async fn run(journal: Journal, stop: Stop) -> Result<(), JournalError> {
    let mut tail = journal.tail(Offset(journal.head().0.saturating_sub(REREAD)));
    let mut told: BTreeMap<EventId, u64> = BTreeMap::new();
    loop {
        let batch = tokio::select! {
            () = stop.asked() => return Ok(()),
            batch = tail.next() => batch?,
        };
        let mut facts: Vec<Fact> = Vec::new();
        for recorded in batch.iter() {
            facts.extend(notices::about(recorded, &journal).await?.map(|notice| Fact::NoticeRaised { notice }));
        }
        if batch.iter().any(|recorded| matches!(recorded.fact, Fact::CopyStored { .. })) {
            facts.extend(milestone(&journal, &mut told, &batch).await?);
        }
        if !facts.is_empty() && !journal.settings().await?.notifications_enabled {
            facts.iter_mut().for_each(hush);
        }
        for chunk in facts.chunks(MAX_BATCH) {
            // Dropped by a stop: the next start reads these facts again.
            tokio::select! {
                () = stop.asked() => return Ok(()),
                told = journal.append_patiently(chunk.to_vec()) => told?,
            };
        }
    }
}

/// Decided once, when it is raised: whoever reads the fact later comes to the same answer.
fn hush(fact: &mut Fact) {
    if let Fact::NoticeRaised { notice } = fact {
        notice.silent = true;
    }
}

/// The highest milestone that the active event has reached and nobody was told of.
async fn milestone(
    journal: &Journal,
    told: &mut BTreeMap<EventId, u64>,
    batch: &[Recorded],
) -> Result<Option<Fact>, JournalError> {
    let (Some(event), Some(last)) = (journal.active_event().await?, batch.last()) else { return Ok(None) };
    let safe = journal.counts(Some(&event.id)).await?.safe;
    let Some(reached) = reached(safe) else { return Ok(None) };
    if told.get(&event.id).is_some_and(|known| *known >= reached) {
        return Ok(None);
    }
    told.insert(event.id.clone(), reached);
    Ok(Some(Fact::NoticeRaised { notice: notices::milestone(&event, reached, last.at) }))
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
