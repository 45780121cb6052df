//! The notices about backups: a run ended, a copy is not what it was.
//!
//! Each follows from one fact, so that it is raised once, also when the facts are read again after a restart. A
//! cancelled run raises none: whoever cancelled it knows. A destination that is away has a notice of its own.

use kilat_core::{
    BackupFact, BackupId, CopyFault, DestinationId, Millis, Notice, NoticeKind, Offset, Priority, RunKind, RunOutcome,
    count_text, size_text,
};
use kilat_journal::{BackupState, Journal, JournalError};

use crate::notices::{FLOOD_MS, place, say};

/// The notice about a fact, if it deserves one.
pub(crate) async fn about(
    fact: &BackupFact,
    when: (Offset, Millis),
    journal: &Journal,
) -> Result<Option<Notice>, JournalError> {
    match fact {
        BackupFact::Ended { run, outcome } => ended(run, outcome, when, journal).await,
        BackupFact::Found { run: None, destination, fault, message, .. } => {
            Ok(Some(found(destination, *fault, message, when.1)))
        }
        BackupFact::Asked { .. }
        | BackupFact::Listed { .. }
        | BackupFact::Moved { .. }
        | BackupFact::Copied { .. }
        | BackupFact::CopyFailed { .. }
        | BackupFact::Proven { .. }
        | BackupFact::Found { run: Some(_), .. }
        | BackupFact::Sealed { .. }
        | BackupFact::Paused { .. }
        | BackupFact::Resumed { .. }
        | BackupFact::CancelAsked { .. }
        | BackupFact::RetryAsked { .. }
        | BackupFact::Waits { .. }
        | BackupFact::WentOn { .. }
        | BackupFact::Forgotten { .. }
        | BackupFact::VolumeSeen { .. }
        | BackupFact::ScrubAsked { .. }
        | BackupFact::ScrubBegan { .. }
        | BackupFact::ScrubEnded { .. } => Ok(None),
    }
}

async fn ended(
    id: &BackupId,
    outcome: &RunOutcome,
    (offset, at): (Offset, Millis),
    journal: &Journal,
) -> Result<Option<Notice>, JournalError> {
    // Forgotten since: its notice was raised, or nobody wants it.
    let Some(state) = journal.backup(id).await? else { return Ok(None) };
    let event = journal.event(&state.run.event).await?;
    let name = event.map_or_else(|| state.run.event.to_string(), |event| event.name);
    let where_to = place(journal, &state.run.destination).await?;
    let (kind, priority, title, message) = match outcome {
        RunOutcome::Cancelled => return Ok(None),
        RunOutcome::Completed => {
            (NoticeKind::BackupComplete, Priority::Low, title(&state), completed(&state, &name, &where_to))
        }
        RunOutcome::Failed { error, remedy } => {
            let message = format!("{name}: {error}. {remedy}");
            (NoticeKind::BackupFailed, Priority::High, "Backup failed", message)
        }
    };
    let data = [
        ("backupId", id.as_str()),
        ("eventId", state.run.event.as_str()),
        ("eventName", &name),
        ("destination", state.run.destination.as_str()),
    ];
    let notice = say(format!("backup-{id}-{}", offset.0), kind, priority, (title, message), &data, at);
    Ok(Some(Notice { event: Some(state.run.event), ..notice }))
}

fn title(state: &BackupState) -> &'static str {
    match state.run.kind {
        RunKind::Copy => "Backup complete",
        RunKind::Verify => "Backup verified",
    }
}

fn completed(state: &BackupState, name: &str, place: &str) -> String {
    let totals = state.totals.unwrap_or_default();
    let photos = count_text(totals.photos, "photo");
    match state.run.kind {
        RunKind::Copy => {
            let new = size_text(state.stored_bytes);
            format!("{name}: all {photos} are at {place}, read back; {} of them ({new}) were new.", state.stored)
        }
        RunKind::Verify => format!("{name}: all {photos} at {place} were read back and are what they were."),
    }
}

/// Once per place and a while: the list of what is missing names each.
fn found(destination: &DestinationId, fault: CopyFault, message: &str, at: Millis) -> Notice {
    let title = match fault {
        CopyFault::Missing => "A copy is gone",
        CopyFault::Damaged => "A copy is damaged",
    };
    let words =
        format!("{message}. A good copy is made beside it from another one; kilat scrub --wait shows how many.");
    let id = format!("scrub-{destination}-{}", at.0 / FLOOD_MS);
    let data = [("destination", destination.as_str())];
    say(id, NoticeKind::StorageWarning, Priority::High, (title, words), &data, at)
}
