//! Takes up the restore that was asked for, tells how it goes, and says the last word about it.
//!
//! One at a time: the journal takes no second one while one has not ended. A stop leaves it as it is; the next start
//! says that it was interrupted.

use std::sync::Arc;
use std::time::Duration;

use kilat_core::{
    Board, Class, Classify, Fact, LOOK_AGAIN, RestoreEnd, RestoreFact, RestoreId, RestoreOutcome, RestoreProgress,
    RestoreTotals, Stop,
};
use kilat_journal::{JournalError, RestoreState, Tail};
use tokio::task::{JoinError, JoinHandle};
use tokio::time::MissedTickBehavior;

use crate::bring::{Broke, Course, Reach, bring, load};
use crate::desk::Restores;

/// How often its progress is put on the board.
const TELL: Duration = Duration::from_millis(100);
/// How long a stop waits for the block that is under way: a slow server may take longer, and nothing is lost then.
const LAST_BLOCK: Duration = Duration::from_secs(4);

/// How a restore that goes came to its end.
enum Came {
    /// By itself.
    Over(Result<Result<Reach, Broke>, JoinError>),
    /// Kilat ends, and it did not within [`LAST_BLOCK`].
    Left,
}

impl Restores {
    /// Does all restores until asked to stop.
    ///
    /// # Errors
    /// When the journal cannot be used.
    pub async fn run(self, stop: Stop) -> Result<(), JournalError> {
        let journal = &self.0.config.journal;
        let mut tail = journal.tail(journal.head());
        while !stop.is_asked() {
            match journal.restore_going().await {
                Ok(Some(state)) => self.drive(state, &mut tail, &stop).await?,
                Ok(None) => wait(&mut tail, &stop).await?,
                Err(error) if error.class() == Class::GiveUp => return Err(error),
                Err(error) => {
                    tracing::warn!(%error, "restores wait for the journal");
                    tokio::select! {
                        () = tokio::time::sleep(LOOK_AGAIN) => {}
                        () = stop.asked() => {}
                    }
                }
            }
        }
        Ok(())
    }

    /// One restore to its end, or to Kilat's.
    async fn drive(&self, state: RestoreState, tail: &mut Tail, stop: &Stop) -> Result<(), JournalError> {
        let id = state.restore.id.clone();
        tracing::info!(restore = %id, event = %state.restore.event, from = %state.restore.from, "a restore goes");
        let (halt, course) = (Stop::new(), Arc::<Course>::default());
        if state.is_cancelling {
            halt.ask();
        }
        let mut job = tokio::spawn(go(self.clone(), state, Arc::clone(&course), halt.clone()));
        let board = OnBoard(&self.0.config.board);
        let came = self.watch(&id, &mut job, (&course, &halt), (tail, stop)).await?;
        drop(board);
        let outcome = match came {
            Came::Left => {
                job.abort();
                return Ok(());
            }
            Came::Over(Ok(Ok(Reach::Part))) if stop.is_asked() => return Ok(()),
            Came::Over(Ok(Ok(Reach::Part))) => RestoreOutcome::Cancelled,
            Came::Over(Ok(Ok(Reach::All))) if course.tally().failed > 0 => RestoreOutcome::Incomplete,
            Came::Over(Ok(Ok(Reach::All))) => RestoreOutcome::Completed,
            Came::Over(Ok(Err(Broke::Failed { error, remedy }))) => RestoreOutcome::Failed { error, remedy },
            // It stays as it was asked for, and is taken up again.
            Came::Over(Ok(Err(Broke::Journal(error)))) if error.class() == Class::GiveUp => return Err(error),
            Came::Over(Ok(Err(Broke::Journal(error)))) => {
                tracing::warn!(restore = %id, %error, "a restore is begun again once the journal is well");
                tokio::time::sleep(LOOK_AGAIN).await;
                return Ok(());
            }
            Came::Over(Err(panic)) => {
                tracing::error!(restore = %id, error = %panic, "a restore broke off");
                let error = "Kilat itself broke off in this restore; what it brought is whole and stays".to_owned();
                let remedy = "please report this with the server's log, then restore again".to_owned();
                RestoreOutcome::Failed { error, remedy }
            }
        };
        tracing::info!(restore = %id, ?outcome, "a restore ended");
        let end = RestoreEnd { outcome, tally: Some(course.tally()), failures: course.failures() };
        let ended = vec![Fact::Restore(RestoreFact::Ended { restore: id, end })];
        let journal = &self.0.config.journal;
        // A healthy journal answers at once, and a stop waits for that.
        match journal.append(ended.clone()).await {
            Err(error) if error.class() != Class::GiveUp => {}
            recorded => return recorded.map(|_| ()),
        }
        tokio::select! {
            recorded = journal.append_patiently(ended) => recorded.map(|_| ()),
            // The journal's disk was full until now: the next start says that it was interrupted.
            () = stop.asked() => Ok(()),
        }
    }

    /// Tells how it goes until it is over, and passes on that an operator or the process ends it.
    async fn watch(
        &self,
        id: &RestoreId,
        job: &mut JoinHandle<Result<Reach, Broke>>,
        (course, halt): (&Course, &Stop),
        (tail, stop): (&mut Tail, &Stop),
    ) -> Result<Came, JournalError> {
        let config = &self.0.config;
        let mut tick = tokio::time::interval(TELL);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                over = &mut *job => return Ok(Came::Over(over)),
                () = stop.asked() => {
                    halt.ask();
                    let last = tokio::time::timeout(LAST_BLOCK, job).await;
                    return Ok(last.map_or(Came::Left, Came::Over));
                }
                batch = tail.next() => {
                    let is_end = |fact: &Fact| {
                        matches!(fact, Fact::Restore(RestoreFact::CancelAsked { restore }) if restore == id)
                    };
                    if batch?.iter().any(|recorded| is_end(&recorded.fact)) {
                        halt.ask();
                    }
                }
                _ = tick.tick() => config.board.set_restore(Some(progress(id, course, config.clock.monotonic()))),
            }
        }
    }
}

/// Reads, counts, brings; ended in between by `halt`.
async fn go(desk: Restores, state: RestoreState, course: Arc<Course>, halt: Stop) -> Result<Reach, Broke> {
    let load = load(&desk, &state.restore).await?;
    if halt.is_asked() {
        return Ok(Reach::Part);
    }
    let RestoreTotals { photos, bytes } = load.totals;
    let counted = RestoreFact::Counted {
        restore: state.restore.id,
        totals: RestoreTotals { photos, bytes },
        warnings: load.warnings.clone(),
    };
    desk.0.config.journal.append(vec![Fact::Restore(counted)]).await?;
    bring(load, &state.restore.folder, course, halt).await
}

fn progress(id: &RestoreId, course: &Course, now: Duration) -> RestoreProgress {
    let measured = course.meter.progress(now);
    RestoreProgress {
        restore: id.clone(),
        tally: course.tally(),
        processed_bytes: measured.processed_bytes,
        bytes_per_second: measured.bytes_per_second,
        eta: measured.eta,
    }
}

/// Waits until one is asked for.
async fn wait(tail: &mut Tail, stop: &Stop) -> Result<(), JournalError> {
    loop {
        let batch = tokio::select! {
            () = stop.asked() => return Ok(()),
            batch = tail.next() => batch?,
        };
        if batch.iter().any(|recorded| matches!(recorded.fact, Fact::Restore(RestoreFact::Asked { .. }))) {
            return Ok(());
        }
    }
}

/// Clears the board, however a restore ends.
struct OnBoard<'a>(&'a Board);

impl Drop for OnBoard<'_> {
    fn drop(&mut self) {
        self.0.set_restore(None);
    }
}
