//! Records what was done, however long the journal's disk is full; given up by a stop.

use kilat_core::{BackupFact, Class, Classify, Fact, Stop};
use kilat_journal::{Journal, JournalError};

/// Whether facts are on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(crate) enum Kept {
    /// They are.
    Yes,
    /// The journal's disk was full until the stop: what they tell is found out again.
    No,
}

/// Records facts about backups.
pub(crate) async fn record(journal: &Journal, facts: Vec<BackupFact>, stop: &Stop) -> Result<Kept, JournalError> {
    record_all(journal, facts.into_iter().map(Fact::Backup).collect(), stop).await
}

/// Records any facts.
pub(crate) async fn record_all(journal: &Journal, facts: Vec<Fact>, stop: &Stop) -> Result<Kept, JournalError> {
    if facts.is_empty() {
        return Ok(Kept::Yes);
    }
    // A healthy journal answers at once, and a stop waits for that: whoever comes next must find it there.
    match journal.append(facts.clone()).await {
        Err(error) if error.class() != Class::GiveUp => {}
        result => return result.map(|_| Kept::Yes),
    }
    tokio::select! {
        recorded = journal.append_patiently(facts) => recorded.map(|_| Kept::Yes),
        () = stop.asked() => Ok(Kept::No),
    }
}
