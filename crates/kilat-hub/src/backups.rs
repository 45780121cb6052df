//! Backup runs as viewers see them: what the journal says of each, with what the board measured.

use std::collections::BTreeMap;

use kilat_core::{BackupId, EventId, Millis, RunKind, RunOutcome, RunProgress, RunStep};
use kilat_journal::{BackupState, Journal, JournalError, RunFailure};
use kilat_wire::{
    BackupFailure, BackupFile, BackupList, BackupPhase, BackupProgress, BackupRun, BackupSummary, Channel,
    ServerMessage,
};

use crate::frame::{Frame, StateKey, state};
use crate::hub::Hub;
use crate::view::MAX_AGE_MS;

/// Failures shown of a run in a list.
const FEW_FAILURES: usize = 10;
/// Failures shown of one run.
const ALL_FAILURES: usize = 1_000;
/// Runs of one answer.
const MAX_RUNS: usize = 500;
/// Runs that existing pages call recent.
const RECENT: usize = 10;

impl Hub {
    /// The runs of one event, those that go first, then the newest.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub async fn backups_of(&self, event: &EventId) -> Result<Vec<BackupRun>, JournalError> {
        let states = self.0.journal.backups(Some(event), MAX_RUNS).await?;
        views(&self.0.journal, states, &self.0.states.runs(), self.0.clock.now()).await
    }

    /// One run with all that it gave up.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub async fn backup(&self, id: &BackupId) -> Result<Option<BackupRun>, JournalError> {
        let Some(state) = self.0.journal.backup(id).await? else { return Ok(None) };
        let failures = self.0.journal.backup_failures(id, ALL_FAILURES).await?;
        Ok(Some(view(&state, self.0.states.runs().get(id), failures, self.0.clock.now())))
    }

    /// All runs, and their numbers.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub async fn backups(&self) -> Result<BackupList, JournalError> {
        let states = self.0.journal.backups(None, MAX_RUNS).await?;
        let all = views(&self.0.journal, states, &self.0.states.runs(), self.0.clock.now()).await?;
        let tally = self.0.journal.backup_tally().await?;
        let summary = BackupSummary {
            total_backups: tally.total,
            active_backups: tally.going,
            completed_backups: tally.completed,
            failed_backups: tally.failed,
            total_photos_backed_up: tally.photos_stored,
            total_photos_failed: tally.photos_failed,
        };
        Ok(BackupList { summary, recent_backups: all.iter().take(RECENT).cloned().collect(), all_backups: all })
    }
}

/// Runs in a list.
pub(crate) async fn views(
    journal: &Journal,
    states: Vec<BackupState>,
    board: &BTreeMap<BackupId, RunProgress>,
    at: Millis,
) -> Result<Vec<BackupRun>, JournalError> {
    let mut views = Vec::with_capacity(states.len());
    for state in states {
        let failures = match state.failed {
            0 => Vec::new(),
            _ => journal.backup_failures(&state.run.id, FEW_FAILURES).await?,
        };
        views.push(view(&state, board.get(&state.run.id), failures, at));
    }
    Ok(views)
}

fn view(state: &BackupState, progress: Option<&RunProgress>, failures: Vec<RunFailure>, at: Millis) -> BackupRun {
    let totals = state.totals.unwrap_or_default();
    let phase = phase(state);
    let ended_at = state.ended.as_ref().map(|(at, _)| *at);
    let (error, remedy) = match &state.ended {
        Some((_, RunOutcome::Failed { error, remedy })) => (Some(error.clone()), Some(remedy.clone())),
        Some((_, RunOutcome::Cancelled)) => {
            let remedy = format!("whole copies stay; kilat backup retry {} goes on with the rest", state.run.id);
            (Some("cancelled by an operator".to_owned()), Some(remedy))
        }
        Some((_, RunOutcome::Completed)) | None => (None, None),
    };
    let good = match state.run.kind {
        RunKind::Copy => totals.there + state.stored,
        RunKind::Verify => state.proven,
    };
    let whole = totals.there_bytes + state.stored_bytes;
    let whole = if matches!(phase, BackupPhase::Completed) { totals.bytes } else { whole };
    BackupRun {
        backup_id: state.run.id.to_string(),
        event_id: state.run.event.to_string(),
        status: word(phase).to_owned(),
        start_time: state.asked_at.to_rfc3339(),
        end_time: ended_at.map(Millis::to_rfc3339),
        duration: ended_at.map(|ended| u64::try_from(ended.0 - state.asked_at.0).unwrap_or(0)),
        total_photos: totals.photos,
        processed_photos: good + state.failed,
        successful_uploads: good,
        failed_uploads: state.failed,
        error,
        destination: state.run.destination.to_string(),
        kind: state.run.kind,
        asked_by: state.run.asked_by,
        phase,
        reason: state.waits.clone(),
        remedy,
        total_bytes: totals.bytes,
        processed_bytes: progress.map_or(whole, |progress| progress.processed_bytes),
        bytes_per_second: progress.and_then(|progress| progress.bytes_per_second),
        eta_ms: progress
            .and_then(|progress| progress.eta)
            .map(|eta| u64::try_from(eta.as_millis()).unwrap_or(u64::MAX)),
        was_there: totals.there,
        free_bytes: totals.free_bytes,
        current_files: progress.map(files).unwrap_or_default(),
        failures: failures.into_iter().map(failure).collect(),
        as_of: at.to_rfc3339(),
    }
}

fn files(progress: &RunProgress) -> Vec<BackupFile> {
    let file = |file: &kilat_core::RunFile| BackupFile {
        name: file.name.clone(),
        done_bytes: file.done_bytes,
        total_bytes: file.total_bytes,
    };
    progress.files.iter().map(file).collect()
}

fn failure(failure: RunFailure) -> BackupFailure {
    BackupFailure { photo_id: failure.photo.to_string(), name: failure.name, message: failure.message }
}

fn phase(state: &BackupState) -> BackupPhase {
    match &state.ended {
        Some((_, RunOutcome::Completed)) => return BackupPhase::Completed,
        Some((_, RunOutcome::Failed { .. })) => return BackupPhase::Failed,
        Some((_, RunOutcome::Cancelled)) => return BackupPhase::Cancelled,
        None => {}
    }
    if state.is_paused {
        return BackupPhase::Paused;
    }
    if state.waits.is_some() {
        return BackupPhase::Waiting;
    }
    match state.step {
        RunStep::Queued => BackupPhase::Queued,
        RunStep::Listing => BackupPhase::Listing,
        RunStep::Copying => BackupPhase::Copying,
        RunStep::Verifying => BackupPhase::Verifying,
        RunStep::Sealing => BackupPhase::Sealing,
    }
}

/// The four words that existing clients know.
fn word(phase: BackupPhase) -> &'static str {
    match phase {
        BackupPhase::Queued | BackupPhase::Listing => "initializing",
        BackupPhase::Copying
        | BackupPhase::Verifying
        | BackupPhase::Sealing
        | BackupPhase::Paused
        | BackupPhase::Waiting => "backing_up",
        BackupPhase::Completed => "completed",
        BackupPhase::Failed | BackupPhase::Cancelled => "failed",
    }
}

/// What a list of runs says but for numbers that move all the time: whether it is news.
pub(crate) fn still(runs: &[BackupRun]) -> Vec<BackupRun> {
    let still = |run: &BackupRun| BackupRun {
        processed_photos: 0,
        successful_uploads: 0,
        processed_bytes: 0,
        bytes_per_second: None,
        eta_ms: None,
        current_files: Vec::new(),
        as_of: String::new(),
        ..run.clone()
    };
    runs.iter().map(still).collect()
}

/// One run's progress, as state: only the latest matters.
pub(crate) fn progress(run: &BackupRun, (epoch, version, at): (&str, u64, Millis)) -> Frame {
    let done = if run.phase == BackupPhase::Completed {
        100.0
    } else if run.total_bytes > 0 {
        percent(run.processed_bytes, run.total_bytes)
    } else {
        0.0
    };
    let progress = BackupProgress {
        backup_id: run.backup_id.clone(),
        event_id: run.event_id.clone(),
        status: run.status.clone(),
        progress: done,
        processed_photos: run.processed_photos,
        total_photos: run.total_photos,
        successful_uploads: run.successful_uploads,
        failed_uploads: run.failed_uploads,
        destination: run.destination.clone(),
        phase: run.phase,
        total_bytes: run.total_bytes,
        processed_bytes: run.processed_bytes,
        bytes_per_second: run.bytes_per_second,
        eta_ms: run.eta_ms,
        current_files: run.current_files.clone(),
    };
    let key = (StateKey::Backup(run.backup_id.as_str().into()), version);
    state(key, ServerMessage::BackupProgress(progress), &[Channel::Backup], (epoch, at, MAX_AGE_MS))
}

fn percent(part: u64, whole: u64) -> f64 {
    (part.min(whole) as f64 * 1_000.0 / whole as f64).floor() / 10.0
}
