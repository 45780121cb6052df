//! One run from its turn to its end: list, make sure of the room, copy, prove, seal.
//!
//! Every step may be the first after a crash: each begins with what the journal says, not with what was in memory.

use std::sync::Arc;
use std::time::Duration;

use kilat_core::{
    BackupFact, BackupTotals, Board, Clock, DestinationKind, Fact, Meter, RunKind, RunOutcome, RunStep, Stop,
    count_text,
};
use kilat_journal::{BackupState, Journal, JournalError};

use crate::config::BackupConfig;
use crate::origins::Folders;
use crate::record::{Kept, record_all};
use crate::{copying, listing, place, reading, sealing};

/// How often a run's progress is put on the board.
pub(crate) const TELL: Duration = Duration::from_millis(100);

/// What every run works with.
#[derive(Clone)]
pub(crate) struct Tools {
    pub(crate) config: Arc<BackupConfig>,
    pub(crate) journal: Journal,
    pub(crate) board: Board,
    pub(crate) clock: Arc<dyn Clock>,
}

/// A run that goes.
pub(crate) struct Going {
    pub(crate) tools: Tools,
    pub(crate) state: BackupState,
    pub(crate) kind: DestinationKind,
    /// What people call the destination.
    pub(crate) name: String,
    pub(crate) folders: Folders,
    pub(crate) meter: Arc<Meter>,
    pub(crate) halt: Halt,
}

/// How a run is stopped before its end: by a pause, a cancellation, or the end of the process.
#[derive(Debug, Clone)]
pub(crate) struct Halt {
    /// Nothing new is begun.
    pub(crate) soon: Stop,
    /// What is under way is cut off, too.
    pub(crate) now: Stop,
}

/// Why a run does not go on.
#[derive(Debug)]
pub(crate) enum Broke {
    /// It was stopped; it goes on later, or the engine ends it.
    Halted,
    /// It ended without all copies.
    Failed { error: String, remedy: String },
    /// The journal cannot be used.
    Journal(JournalError),
}

impl From<JournalError> for Broke {
    fn from(error: JournalError) -> Self {
        Self::Journal(error)
    }
}

/// Works until the run ended or was stopped; what it did is recorded.
pub(crate) async fn drive(tools: Tools, state: BackupState, halt: Halt) -> Result<(), JournalError> {
    let known = tools.journal.destinations().await?.into_iter().find(|known| known.id == state.run.destination);
    let folders = Folders::read(&tools.journal, &tools.config).await?;
    let (kind, name) = match &known {
        Some(known) => (known.kind, known.root.display().to_string()),
        None => (DestinationKind::Backup, state.run.destination.to_string()),
    };
    let going = Going { tools, kind, name, folders, meter: Arc::default(), halt, state };
    let _cleared = OnBoard(&going);
    let outcome = match steps(&going).await {
        Ok(()) => RunOutcome::Completed,
        Err(Broke::Failed { error, remedy }) => RunOutcome::Failed { error, remedy },
        Err(Broke::Halted) => return Ok(()),
        Err(Broke::Journal(error)) => return Err(error),
    };
    tracing::info!(run = %going.state.run.id, ?outcome, "a backup ended");
    match going.record(vec![BackupFact::Ended { run: going.state.run.id.clone(), outcome }]).await {
        // The next start ends it again.
        Err(Broke::Halted) | Ok(()) => Ok(()),
        Err(Broke::Journal(error)) => Err(error),
        Err(Broke::Failed { .. }) => Ok(()),
    }
}

async fn steps(going: &Going) -> Result<(), Broke> {
    going.step(RunStep::Listing).await?;
    place::ready(going, 0).await?;
    match going.state.run.kind {
        RunKind::Copy => back_up(going).await,
        RunKind::Verify => verify(going).await,
    }
}

async fn back_up(going: &Going) -> Result<(), Broke> {
    let found = listing::compare(going).await?;
    going.listed(found.totals).await?;
    let left = found.totals.bytes - found.totals.there_bytes.min(found.totals.bytes);
    let missing = left.saturating_sub(found.unrecorded_bytes);
    if missing > 0 {
        // Before the first byte: half a backup on a full disk helps nobody.
        let space = place::ready(going, missing).await?;
        if space.is_none() {
            tracing::info!(destination = %going.name, missing, "the destination does not tell its room");
        }
    }
    if left > 0 || found.totals.there < found.totals.photos {
        going.step(RunStep::Copying).await?;
        copying::copy_all(going, &found).await?;
    }
    let end = going.now().await?;
    if end.failed > 0 {
        let photos = count_text(found.totals.photos, "photo");
        return Err(Broke::Failed {
            error: format!("{} of {photos} could not be copied to {}", end.failed, going.name),
            remedy: format!(
                "kilat backup status {id} lists them with what to do about each; then: kilat backup retry {id}",
                id = going.state.run.id
            ),
        });
    }
    // What the journal says, not what was done here, decides whether all is well.
    if !going.tools.journal.backup_work(going.pair(), (0, found.last), 1).await?.is_empty() {
        return Err(Broke::Failed {
            error: format!("copies at {} were found missing or damaged while it was backed up", going.name),
            remedy: format!("make them anew: kilat backup retry {}", going.state.run.id),
        });
    }
    sealing::seal(going).await
}

async fn verify(going: &Going) -> Result<(), Broke> {
    going.step(RunStep::Verifying).await?;
    let totals = reading::totals(going).await?;
    going.listed(totals).await?;
    reading::read_all(going, totals).await?;
    let (end, of) = (going.now().await?, &going.state.run);
    let again = format!("kilat backup start {} --to {} copies them; nothing is overwritten", of.event, of.destination);
    if end.failed > 0 {
        let copies = count_text(totals.photos, "copy").replace("copys", "copies");
        let error = format!("{} of {copies} at {} are missing or damaged", end.failed, going.name);
        return Err(Broke::Failed { error, remedy: again });
    }
    let held = going.tools.journal.counts(Some(&of.event)).await?.held;
    if held > totals.photos {
        let without = count_text(held - totals.photos, "photo");
        let error = format!("what is at {} is sound, but {without} of the event have no copy there", going.name);
        return Err(Broke::Failed { error, remedy: again });
    }
    Ok(())
}

impl Going {
    /// The event and the destination.
    pub(crate) fn pair(&self) -> (&kilat_core::EventId, &kilat_core::DestinationId) {
        (&self.state.run.event, &self.state.run.destination)
    }

    /// The run as the journal has it now.
    pub(crate) async fn now(&self) -> Result<BackupState, Broke> {
        // It cannot be forgotten before it ended.
        Ok(self.tools.journal.backup(&self.state.run.id).await?.unwrap_or_else(|| self.state.clone()))
    }

    /// Records, however long the journal's disk is full; given up when the run is stopped.
    pub(crate) async fn record(&self, facts: Vec<BackupFact>) -> Result<(), Broke> {
        self.record_all(facts.into_iter().map(Fact::Backup).collect()).await
    }

    pub(crate) async fn record_all(&self, facts: Vec<Fact>) -> Result<(), Broke> {
        match record_all(&self.tools.journal, facts, &self.halt.now).await? {
            Kept::Yes => Ok(()),
            Kept::No => Err(Broke::Halted),
        }
    }

    pub(crate) async fn step(&self, step: RunStep) -> Result<(), Broke> {
        if self.halt.soon.is_asked() {
            return Err(Broke::Halted);
        }
        self.record(vec![BackupFact::Moved { run: self.state.run.id.clone(), step }]).await
    }

    async fn listed(&self, totals: BackupTotals) -> Result<(), Broke> {
        self.meter.begin(totals.there_bytes + self.now().await?.stored_bytes, totals.bytes);
        self.record(vec![BackupFact::Listed { run: self.state.run.id.clone(), totals }]).await
    }

    /// Puts the progress on the board.
    pub(crate) fn tell(&self) {
        let progress = self.meter.progress(self.tools.clock.monotonic());
        self.tools.board.set_run(&self.state.run.id, Some(progress));
    }
}

/// Takes the run off the board however it ends.
struct OnBoard<'a>(&'a Going);

impl Drop for OnBoard<'_> {
    fn drop(&mut self) {
        self.0.tools.board.set_run(&self.0.state.run.id, None);
    }
}
