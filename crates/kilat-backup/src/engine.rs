//! Takes up every run that has not ended: one at a time for each destination, all destinations at once.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use kilat_core::{
    BackupFact, BackupId, Board, Class, Classify, Clock, DestinationId, Fact, LOOK_AGAIN, Recorded, RunOutcome, Stop,
};
use kilat_journal::{Journal, JournalError};
use tokio::task::{Id, JoinError, JoinSet};

use crate::config::BackupConfig;
use crate::run::{Halt, Tools, drive};

/// Longest sleep without a reason to wake.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);

struct Engine {
    tools: Tools,
    runs: JoinSet<Result<(), JournalError>>,
    /// By destination: which run, its task, and how it is stopped.
    going: BTreeMap<DestinationId, (BackupId, Id, Halt)>,
    stop: Stop,
    /// Whether a run may have to be begun or ended.
    is_dirty: bool,
}

/// Serves all backup runs until asked to stop.
///
/// # Errors
/// When the journal cannot be used.
pub async fn run(
    config: BackupConfig,
    journal: Journal,
    board: Board,
    clock: Arc<dyn Clock>,
    stop: Stop,
) -> Result<(), JournalError> {
    let tools = Tools { config: Arc::new(config), journal, board, clock };
    let engine = Engine { tools, runs: JoinSet::new(), going: BTreeMap::new(), stop, is_dirty: true };
    engine.run().await
}

impl Engine {
    async fn run(mut self) -> Result<(), JournalError> {
        let mut tail = self.tools.journal.tail(self.tools.journal.head());
        loop {
            let pause = self.turn().await?;
            tokio::select! {
                () = self.stop.asked() => return self.finish().await,
                batch = tail.next() => batch?.iter().for_each(|recorded| self.heed(recorded)),
                Some(ended) = self.runs.join_next_with_id() => self.end(ended).await?,
                () = tokio::time::sleep(pause) => self.is_dirty = true,
            }
        }
    }

    /// Begins the runs whose turn it is, and ends those that were cancelled; answers how long nothing will need doing.
    async fn turn(&mut self) -> Result<Duration, JournalError> {
        if !self.is_dirty {
            return Ok(LONGEST_SLEEP);
        }
        match self.look().await {
            Ok(()) => {
                self.is_dirty = false;
                Ok(LONGEST_SLEEP)
            }
            // The journal's own disk is full or read-only: nothing was changed.
            Err(error) if error.class() != Class::GiveUp => {
                tracing::warn!(%error, "backups wait for the journal");
                Ok(LOOK_AGAIN)
            }
            Err(error) => Err(error),
        }
    }

    async fn look(&mut self) -> Result<(), JournalError> {
        for state in self.tools.journal.backups_going().await? {
            if self.going.values().any(|(run, _, _)| *run == state.run.id) {
                continue;
            }
            if state.is_cancelling {
                let run = state.run.id.clone();
                self.append(BackupFact::Ended { run, outcome: RunOutcome::Cancelled }).await?;
                continue;
            }
            if state.is_paused || self.going.contains_key(&state.run.destination) {
                continue;
            }
            tracing::info!(run = %state.run.id, event = %state.run.event, destination = %state.run.destination,
                "a backup goes");
            let (run, destination) = (state.run.id.clone(), state.run.destination.clone());
            let halt = Halt { soon: self.stop.child(), now: Stop::new() };
            let task = self.runs.spawn(drive(self.tools.clone(), state, halt.clone()));
            self.going.insert(destination, (run, task.id(), halt));
        }
        Ok(())
    }

    async fn append(&self, fact: BackupFact) -> Result<(), JournalError> {
        self.tools.journal.append(vec![Fact::Backup(fact)]).await.map(|_| ())
    }

    fn heed(&mut self, Recorded { fact, .. }: &Recorded) {
        let Fact::Backup(fact) = fact else { return };
        match fact {
            BackupFact::Paused { run } => self.halt(run, |halt| halt.soon.ask()),
            BackupFact::CancelAsked { run } => {
                self.halt(run, |halt| {
                    halt.soon.ask();
                    halt.now.ask();
                });
                self.is_dirty = true;
            }
            BackupFact::Asked { .. }
            | BackupFact::Resumed { .. }
            | BackupFact::RetryAsked { .. }
            | BackupFact::Ended { .. } => self.is_dirty = true,
            BackupFact::Listed { .. }
            | BackupFact::Moved { .. }
            | BackupFact::Copied { .. }
            | BackupFact::CopyFailed { .. }
            | BackupFact::Proven { .. }
            | BackupFact::Found { .. }
            | BackupFact::Sealed { .. }
            | BackupFact::Waits { .. }
            | BackupFact::WentOn { .. }
            | BackupFact::Forgotten { .. }
            | BackupFact::VolumeSeen { .. }
            | BackupFact::ScrubAsked { .. }
            | BackupFact::ScrubBegan { .. }
            | BackupFact::ScrubEnded { .. }
            | BackupFact::ListsRead { .. } => {}
        }
    }

    fn halt(&self, run: &BackupId, ask: impl Fn(&Halt)) {
        self.going.values().filter(|(going, _, _)| going == run).for_each(|(_, _, halt)| ask(halt));
    }

    /// A run's task is over: by its end, by a stop, or broken, which ends that run only.
    async fn end(&mut self, ended: Result<(Id, Result<(), JournalError>), JoinError>) -> Result<(), JournalError> {
        let (id, result) = match ended {
            Ok((id, result)) => (id, Ok(result)),
            Err(error) => (error.id(), Err(error)),
        };
        let destination = self.going.iter().find(|(_, (_, task, _))| *task == id).map(|(place, _)| place.clone());
        let Some((run, _, _)) = destination.and_then(|destination| self.going.remove(&destination)) else {
            return Ok(());
        };
        self.is_dirty = true;
        match result {
            Ok(Ok(())) => Ok(()),
            // What no waiting mends; the rest was waited for.
            Ok(Err(error)) if error.class() == Class::GiveUp => Err(error),
            Ok(Err(error)) => {
                tracing::warn!(%run, %error, "a backup is begun again once the journal is well");
                Ok(())
            }
            Err(panic) => {
                tracing::error!(%run, error = %panic, "a backup broke off");
                let error = "Kilat itself broke off in this run; what it copied is proven and stays".to_owned();
                let remedy = format!("please report this with the server's log, then: kilat backup retry {run}");
                self.append(BackupFact::Ended { run, outcome: RunOutcome::Failed { error, remedy } }).await
            }
        }
    }

    /// Waits for what is under way: each run ends its copies or cuts them off by itself.
    async fn finish(mut self) -> Result<(), JournalError> {
        while let Some(ended) = self.runs.join_next_with_id().await {
            self.end(ended).await?;
        }
        Ok(())
    }
}
