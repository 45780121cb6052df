//! Restores as people see them: what the journal says of each, with what the board measured.

use kilat_core::{Millis, RestoreId, RestoreOutcome, RestoreProgress, count_text};
use kilat_journal::{JournalError, RestoreState};
use kilat_wire::{RestoreFailure, RestorePhase, RestoreRun};

use crate::hub::Hub;

/// Failures told to viewers; an answer to a call has all that are kept.
const FEW_FAILURES: usize = 10;
/// Restores of one answer.
const MAX_RESTORES: usize = 100;

impl Hub {
    /// Restores on record, newest first, with their folders.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub async fn restores(&self) -> Result<Vec<RestoreRun>, JournalError> {
        let states = self.0.journal.restores(MAX_RESTORES).await?;
        let (progress, at) = (self.0.states.restore(), self.0.clock.now());
        Ok(states.iter().map(|state| view(state, progress.as_ref(), at)).collect())
    }

    /// One restore, with its folder.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub async fn restore(&self, id: &RestoreId) -> Result<Option<RestoreRun>, JournalError> {
        let state = self.0.journal.restore(id).await?;
        let (progress, at) = (self.0.states.restore(), self.0.clock.now());
        Ok(state.map(|state| view(&state, progress.as_ref(), at)))
    }
}

/// What viewers are told: without the folder, which tells of the server's disk, and with few names.
pub(crate) fn told(state: &RestoreState, progress: Option<&RestoreProgress>, at: Millis) -> RestoreRun {
    let mut run = view(state, progress, at);
    run.folder = None;
    run.failures.truncate(FEW_FAILURES);
    run
}

/// What it says but for the time at which it was asked.
pub(crate) fn timeless(run: &RestoreRun) -> RestoreRun {
    RestoreRun { as_of: String::new(), ..run.clone() }
}

fn view(state: &RestoreState, progress: Option<&RestoreProgress>, at: Millis) -> RestoreRun {
    let restore = &state.restore;
    let progress = progress.filter(|progress| progress.restore == restore.id && state.ended.is_none());
    let totals = state.totals.unwrap_or_default();
    let end = state.ended.as_ref().map(|(_, end)| end);
    let tally = match end {
        Some(end) => end.tally,
        None => Some(progress.map(|progress| progress.tally).unwrap_or_default()),
    };
    let phase = phase(state);
    let whole = matches!(phase, RestorePhase::Completed | RestorePhase::Incomplete);
    let processed = if whole { totals.bytes } else { tally.map_or(0, |tally| tally.restored_bytes) };
    let (error, remedy) = said(state);
    let failures = end.map(|end| end.failures.as_slice()).unwrap_or_default();
    RestoreRun {
        restore_id: restore.id.to_string(),
        event_id: restore.event.to_string(),
        from: restore.from.to_string(),
        names: restore.photos.as_ref().map(|names| names.len() as u64),
        folder: Some(restore.folder.display().to_string()),
        phase,
        start_time: state.asked_at.to_rfc3339(),
        end_time: state.ended.as_ref().map(|(at, _)| at.to_rfc3339()),
        total_photos: totals.photos,
        total_bytes: totals.bytes,
        restored_photos: tally.map(|tally| tally.restored),
        was_there: tally.map(|tally| tally.was_there),
        failed_photos: tally.map(|tally| tally.failed),
        processed_bytes: progress.map_or(processed, |progress| progress.processed_bytes),
        bytes_per_second: progress.and_then(|progress| progress.bytes_per_second),
        eta_ms: progress
            .and_then(|progress| progress.eta)
            .map(|eta| u64::try_from(eta.as_millis()).unwrap_or(u64::MAX)),
        failures: failures
            .iter()
            .map(|failure| RestoreFailure { name: failure.name.clone(), message: failure.message.clone() })
            .collect(),
        error,
        remedy,
        warnings: state.warnings.clone(),
        as_of: at.to_rfc3339(),
    }
}

fn phase(state: &RestoreState) -> RestorePhase {
    match state.ended.as_ref().map(|(_, end)| &end.outcome) {
        Some(RestoreOutcome::Completed) => RestorePhase::Completed,
        Some(RestoreOutcome::Incomplete) => RestorePhase::Incomplete,
        Some(RestoreOutcome::Failed { .. }) => RestorePhase::Failed,
        Some(RestoreOutcome::Cancelled) => RestorePhase::Cancelled,
        Some(RestoreOutcome::Interrupted) => RestorePhase::Interrupted,
        None if state.is_cancelling => RestorePhase::Cancelling,
        None if state.totals.is_some() => RestorePhase::Copying,
        None => RestorePhase::Reading,
    }
}

/// What happened, and what to do next.
fn said(state: &RestoreState) -> (Option<String>, Option<String>) {
    let Some((_, end)) = &state.ended else { return (None, None) };
    let from = &state.restore.from;
    match &end.outcome {
        RestoreOutcome::Completed => (None, None),
        RestoreOutcome::Incomplete => {
            let failed = end.tally.map_or(0, |tally| tally.failed);
            let error = format!("{from} does not have {} as it was", count_text(failed, "photo"));
            let remedy = "begin again from another destination: what is there already is taken as it is";
            (Some(error), Some(remedy.to_owned()))
        }
        RestoreOutcome::Failed { error, remedy } => (Some(error.clone()), Some(remedy.clone())),
        RestoreOutcome::Cancelled => {
            let remedy = "whole photos stay; begin again to go on: what is there already is taken as it is";
            (Some("cancelled by an operator".to_owned()), Some(remedy.to_owned()))
        }
        RestoreOutcome::Interrupted => {
            let remedy = "begin again: what is there already is taken as it is";
            (Some("interrupted: Kilat ended before it did".to_owned()), Some(remedy.to_owned()))
        }
    }
}
