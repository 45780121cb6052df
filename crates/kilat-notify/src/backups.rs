//! The notices about backups: a run ended or cannot go on, a copy is not what it was.
//!
//! Each follows from one fact, so that it is raised once, also when the facts are read again after a restart. A
//! cancelled run raises none: whoever cancelled it knows. What holds up a run has the key of its destination: a
//! destination that is away has one notice, whoever finds it so.

use kilat_core::{
    BackupFact, BackupId, BackupRun, CopyFault, DestinationId, Fact, Millis, Notice, Offset, PhotoId, Priority,
    RunKind, RunOutcome, Said, size_text,
};
use kilat_journal::{BackupState, Journal, JournalError, MAX_LIMIT, NoticeFilter};

use crate::notices::{FOUND, ends, photo_name, place};

/// What follows from a fact about backups.
pub(crate) async fn about(
    fact: &BackupFact,
    when: (Offset, Millis),
    journal: &Journal,
) -> Result<Vec<Fact>, JournalError> {
    match fact {
        // Tried anew: its end is told on its own.
        BackupFact::Asked { run } => Ok(vec![Fact::notice_resolved(failed_key(run))]),
        BackupFact::RetryAsked { run } => {
            let state = journal.backup(run).await?;
            Ok(state.map(|state| Fact::notice_resolved(failed_key(&state.run))).into_iter().collect())
        }
        BackupFact::Waits { run, reason } => waits(run, reason, when, journal).await,
        BackupFact::WentOn { run } => goes_on(run, journal).await,
        BackupFact::Ended { run, outcome } => {
            let mut facts = goes_on(run, journal).await?;
            facts.extend(ended(run, outcome, when, journal).await?);
            Ok(facts)
        }
        BackupFact::Found { run: None, photo, destination, fault, message } => {
            found((photo, destination), (*fault, message), when, journal).await
        }
        BackupFact::ListsRead { destination, damaged: _, flaws } => {
            Ok(vec![lists_read(destination, flaws, when, journal).await?])
        }
        BackupFact::Listed { .. }
        | BackupFact::Moved { .. }
        | BackupFact::Copied { .. }
        | BackupFact::CopyFailed { .. }
        | BackupFact::Proven { .. }
        | BackupFact::Found { run: Some(_), .. }
        | BackupFact::Sealed { .. }
        | BackupFact::Paused { .. }
        | BackupFact::Resumed { .. }
        | BackupFact::CancelAsked { .. }
        | BackupFact::Forgotten { .. }
        | BackupFact::VolumeSeen { .. }
        | BackupFact::ScrubAsked { .. }
        | BackupFact::ScrubBegan { .. }
        | BackupFact::ScrubEnded { .. } => Ok(Vec::new()),
    }
}

/// What stood open about a destination is over: nothing is brought there any more.
pub(crate) async fn removed(destination: &DestinationId, journal: &Journal) -> Result<Vec<Fact>, JournalError> {
    let open = journal.notices(NoticeFilter::Open, None, MAX_LIMIT).await?;
    let about_it = open.into_iter().filter(|(_, standing)| {
        standing.notice.data.get("destination").is_some_and(|about| about == destination.as_str())
    });
    Ok(about_it.filter_map(|(_, standing)| standing.notice.key).map(Fact::notice_resolved).collect())
}

/// One open notice for what is brought where, however often it fails.
fn failed_key(run: &BackupRun) -> String {
    let what = match run.kind {
        RunKind::Copy => "backup",
        RunKind::Verify => "verify",
    };
    format!("{what}:{}:{}", run.destination, run.event)
}

async fn waits(
    id: &BackupId,
    reason: &str,
    (offset, at): (Offset, Millis),
    journal: &Journal,
) -> Result<Vec<Fact>, JournalError> {
    let Some(state) = journal.backup(id).await? else { return Ok(Vec::new()) };
    // Read again after a restart, it may be over.
    if state.waits.is_none() {
        return Ok(Vec::new());
    }
    let notice = Notice::new(format!("backup-{id}-{}", offset.0), Said::BackupWaits, Priority::High, at)
        .about(format!("destination:{}", state.run.destination))
        .with("reason", reason);
    Ok(vec![of_run(notice, &state, journal).await?])
}

async fn goes_on(id: &BackupId, journal: &Journal) -> Result<Vec<Fact>, JournalError> {
    let state = journal.backup(id).await?;
    let over = |state: BackupState| ends(format!("destination:{}", state.run.destination), vec![Said::BackupWaits]);
    Ok(state.map(over).into_iter().collect())
}

async fn ended(
    id: &BackupId,
    outcome: &RunOutcome,
    (offset, at): (Offset, Millis),
    journal: &Journal,
) -> Result<Option<Fact>, JournalError> {
    // Forgotten since: its notice was raised, or nobody wants it.
    let Some(state) = journal.backup(id).await? else { return Ok(None) };
    let named = format!("backup-{id}-{}", offset.0);
    let notice = match outcome {
        RunOutcome::Cancelled => return Ok(None),
        RunOutcome::Completed => {
            let said = match state.run.kind {
                RunKind::Copy => Said::BackupCompleted,
                RunKind::Verify => Said::BackupVerified,
            };
            Notice::new(named, said, Priority::Low, at)
                .with("photos", state.totals.unwrap_or_default().photos.to_string())
                .with("stored", state.stored.to_string())
                .with("size", size_text(state.stored_bytes))
        }
        RunOutcome::Failed { error, remedy } => Notice::new(named, Said::BackupFailed, Priority::High, at)
            .about(failed_key(&state.run))
            .with("reason", error)
            .with("remedy", remedy),
    };
    Ok(Some(of_run(notice, &state, journal).await?))
}

async fn of_run(notice: Notice, state: &BackupState, journal: &Journal) -> Result<Fact, JournalError> {
    let run = &state.run;
    let event = journal.event(&run.event).await?;
    let notice = notice
        .with("backupId", run.id.as_str())
        .with("eventId", run.event.as_str())
        .with("eventName", event.map_or_else(|| run.event.to_string(), |event| event.name))
        .with("destination", run.destination.as_str())
        .with("place", place(journal, &run.destination).await?);
    Ok(Fact::NoticeRaised { notice: Notice { event: Some(run.event.clone()), ..notice } })
}

/// Counted into one notice per place; it ends when every copy there is good.
async fn found(
    (photo, destination): (&PhotoId, &DestinationId),
    (fault, message): (CopyFault, &str),
    (offset, at): (Offset, Millis),
    journal: &Journal,
) -> Result<Vec<Fact>, JournalError> {
    let said = match fault {
        CopyFault::Missing => Said::CopiesMissing,
        CopyFault::Damaged => Said::CopiesDamaged,
    };
    let event = journal.photo(photo).await?.map(|photo| photo.event);
    let notice = Notice::new(format!("found-{destination}-{}", offset.0), said, Priority::High, at)
        .about(format!("{FOUND}{destination}"))
        .of_loss(photo_name(journal, photo).await?)
        .with("destination", destination.as_str())
        .with("place", place(journal, destination).await?)
        .with("photo", photo.as_str())
        .with("reason", message);
    Ok(vec![Fact::NoticeRaised { notice: Notice { event, ..notice } }])
}

/// One notice of a place's manifests; it ends with the next scrub that finds them sound.
async fn lists_read(
    destination: &DestinationId,
    flaws: &[String],
    (offset, at): (Offset, Millis),
    journal: &Journal,
) -> Result<Fact, JournalError> {
    let key = format!("lists:{destination}");
    if flaws.is_empty() {
        return Ok(Fact::notice_resolved(key));
    }
    let notice = Notice::new(format!("lists-{destination}-{}", offset.0), Said::ListsDamaged, Priority::High, at)
        .about(key)
        .with("destination", destination.as_str())
        .with("place", place(journal, destination).await?)
        .with("reason", flaws.join("; "));
    Ok(Fact::NoticeRaised { notice })
}

/// Whether no copy at a place is known to be bad, and none is on its way.
pub(crate) async fn is_sound(destination: &str, journal: &Journal) -> Result<bool, JournalError> {
    let Ok(destination) = destination.parse::<DestinationId>() else { return Ok(true) };
    if !journal.to_mend(&destination, 1).await?.is_empty() {
        return Ok(false);
    }
    let counts = journal.counts(None).await?;
    Ok(counts.destinations.get(&destination).is_none_or(|at| at.failed == 0 && at.pending == 0))
}
