//! The loop of one destination: lease, copy, append; pause on a fault of the place, look again, go on.
//!
//! On a stop, copies under way get [`FINISH`] to end; then they are cancelled, and due at the next start.

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use kilat_core::{
    Backoff, Board, Circuit, Class, Classify, Clock, CopyState, DestinationHealth, DestinationId, Fact, LOOK_AGAIN,
    Photo, PhotoId, Recorded, SourceId, Stop,
};
use kilat_journal::{Journal, JournalError, Lease};
use kilat_objects::{ObjectStore, Origin, Receipt, StoreError};
use rand::SeedableRng;
use rand::rngs::SmallRng;
use tokio::task::JoinSet;

use crate::copy::{Job, make};
use crate::pause;

/// Longest life of a lease: a large video on a slow disk. A lease in use is never taken by another.
const LEASE: Duration = Duration::from_secs(6 * 3_600);
/// How long copies under way may take to end after a stop was asked.
const FINISH: Duration = Duration::from_secs(5);
/// Delays between attempts at one copy.
const RETRY: Backoff = Backoff { first: Duration::from_millis(500), most: Duration::from_secs(60) };
/// Attempts at one copy before Kilat gives up and asks: about five minutes.
const MAX_ATTEMPTS: u32 = 10;
/// How long a copy is set aside whose source is away, its lease held.
const SOURCE_AGAIN: Duration = Duration::from_secs(5);
/// Copies set aside: 40 bytes each. More fail and are retried like any other.
const MAX_ASIDE: usize = 20_000;
/// Longest sleep without a reason to wake: covers a wall clock that jumped back.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);

/// A destination and its store.
#[derive(Clone)]
pub struct Place {
    /// Which.
    pub id: DestinationId,
    /// Its store.
    pub store: Arc<dyn ObjectStore>,
}

/// How to copy.
#[derive(Debug, Clone)]
pub struct UploadConfig {
    /// Copies at once.
    pub parallel: usize,
    /// The folder of each source.
    pub roots: BTreeMap<SourceId, PathBuf>,
}

/// Why the loop cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum DeliverError {
    /// The journal cannot be used.
    #[error("deliver to {destination}: cannot {source}")]
    Journal {
        /// The destination that was served.
        destination: DestinationId,
        /// Why.
        #[source]
        source: JournalError,
    },
}

struct Loop {
    place: Place,
    config: UploadConfig,
    journal: Journal,
    board: Board,
    clock: Arc<dyn Clock>,
    rng: SmallRng,
    circuit: Circuit,
    is_paused: bool,
    running: JoinSet<Ended>,
    /// Copies whose source is away, and when they are tried again; the earliest first.
    aside: VecDeque<(Duration, PhotoId)>,
    stop: Stop,
    /// Ends copies that did not end by themselves after a stop.
    cancel: Stop,
}

struct Ended {
    lease: Lease,
    /// The inner result is the copy's, recorded already when it is well; the outer one the journal's.
    result: Result<Result<(), StoreError>, JournalError>,
}

/// Serves one destination until asked to stop.
///
/// # Errors
/// When the journal cannot be used.
pub async fn run(
    place: Place,
    config: UploadConfig,
    journal: Journal,
    board: Board,
    clock: Arc<dyn Clock>,
    stop: Stop,
) -> Result<(), DeliverError> {
    let destination = place.id.clone();
    let circuit = Circuit::Open { look_at: Duration::ZERO, needs_bytes: 0 };
    let looped = Loop {
        place,
        config,
        journal,
        board,
        clock,
        rng: SmallRng::from_os_rng(),
        circuit,
        is_paused: false,
        running: JoinSet::new(),
        aside: VecDeque::new(),
        stop: stop.clone(),
        cancel: Stop::new(),
    };
    looped.run(stop).await.map_err(|source| DeliverError::Journal { destination, source })
}

impl Loop {
    async fn run(mut self, stop: Stop) -> Result<(), JournalError> {
        let head = self.journal.head();
        self.is_paused = self.journal.is_paused().await?;
        let mut tail = self.journal.tail(head);
        loop {
            let idle = self.turn().await?;
            tokio::select! {
                () = stop.asked() => return self.finish().await,
                batch = tail.next() => self.heed(&batch?),
                Some(ended) = self.running.join_next() => self.end(ended).await?,
                () = tokio::time::sleep(idle) => {}
            }
        }
    }

    /// Looks after the place and starts copies; answers how long nothing will need doing.
    async fn turn(&mut self) -> Result<Duration, JournalError> {
        let done = async {
            self.look_again().await?;
            self.take_up_again().await?;
            Ok::<_, JournalError>(self.start_copies().await?.min(self.until_aside()))
        };
        match done.await {
            // The journal's own disk is full or read-only: nothing was changed.
            Err(error) if error.class() != Class::GiveUp => {
                tracing::warn!(%error, "copies wait for the journal");
                Ok(LOOK_AGAIN)
            }
            result => result,
        }
    }

    /// Records an outcome, however long the journal's disk is full; given up by a stop.
    async fn record(&self, fact: Fact) -> Result<(), JournalError> {
        tokio::select! {
            recorded = self.journal.append_patiently(vec![fact]) => recorded.map(|_| ()),
            () = self.stop.asked() => Ok(()),
        }
    }

    /// Looks whether a place at fault is well again.
    async fn look_again(&mut self) -> Result<(), JournalError> {
        let Circuit::Open { look_at, needs_bytes } = self.circuit else { return Ok(()) };
        if self.clock.monotonic() < look_at || !self.running.is_empty() {
            return Ok(());
        }
        let store = Arc::clone(&self.place.store);
        let looked = tokio::task::spawn_blocking(move || {
            let mark = store.attach()?;
            match store.sweep() {
                Ok(0) => {}
                Ok(swept) => tracing::info!(swept, "abandoned temporaries were removed"),
                Err(error) => tracing::debug!(%error, "abandoned temporaries stay for now"),
            }
            store.probe().map(|space| (mark, space))
        });
        let verdict = match looked.await {
            Ok(Ok((mark, space))) if space.is_none_or(|space| space.free_bytes >= needs_bytes) => Ok(mark),
            Ok(Ok(_)) => Err(None),
            Ok(Err(error)) => Err(Some(error)),
            Err(panic) => std::panic::resume_unwind(panic.into_panic()),
        };
        match verdict {
            Ok(mark) => {
                let destination = self.place.id.clone();
                let marked = Fact::DestinationMarked { destination: destination.clone(), mark };
                self.journal.append(vec![marked, Fact::DestinationUp { destination }]).await?;
                self.circuit = Circuit::closed();
            }
            Err(error) => {
                self.circuit = Circuit::open(self.clock.monotonic(), needs_bytes);
                if let Some(error) = error {
                    self.say_down(&error).await?;
                }
            }
        }
        Ok(())
    }

    /// Gives back the leases of copies that were set aside long enough.
    async fn take_up_again(&mut self) -> Result<(), JournalError> {
        let now = self.clock.monotonic();
        while self.aside.front().is_some_and(|(at, _)| *at <= now) {
            if let Some((_, photo)) = self.aside.pop_front() {
                self.journal.release(&photo, &self.place.id).await?;
            }
        }
        Ok(())
    }

    fn until_aside(&self) -> Duration {
        let next = self.aside.front().map(|(at, _)| at.saturating_sub(self.clock.monotonic()));
        next.map_or(LONGEST_SLEEP, |wait| wait.max(Duration::from_millis(1)))
    }

    /// Whether the folder that a photo came from is missing as a whole, or is the empty place of a disk.
    fn is_source_away(&self, photo: &Photo) -> bool {
        let Some(root) = self.config.roots.get(&photo.source) else { return false };
        root.read_dir().map_or(true, |mut entries| entries.next().is_none())
    }

    /// Starts as many copies as fit; answers how long nothing will need doing.
    async fn start_copies(&mut self) -> Result<Duration, JournalError> {
        if !self.circuit.is_closed() {
            return Ok(LOOK_AGAIN);
        }
        let room = self.config.parallel.saturating_sub(self.running.len());
        if self.is_paused || room == 0 {
            return Ok(LONGEST_SLEEP);
        }
        for lease in self.journal.lease_copies(&self.place.id, room, LEASE).await? {
            let job = self.job(&lease.photo).await?;
            let copying = self.copying(job);
            self.running.spawn(async move { Ended { result: copying.await, lease } });
        }
        let Some(due) = self.journal.next_due(&self.place.id).await? else { return Ok(LONGEST_SLEEP) };
        let wait_ms = u64::try_from(due.0.saturating_sub(self.clock.now().0)).unwrap_or(0);
        Ok(Duration::from_millis(wait_ms.max(1)).min(LONGEST_SLEEP))
    }

    /// Makes a copy and records it. Recorded here and not in the loop, so that several share a commit.
    fn copying(&self, job: Job) -> impl Future<Output = Result<Result<(), StoreError>, JournalError>> + use<> {
        let (store, board, journal) = (Arc::clone(&self.place.store), self.board.clone(), self.journal.clone());
        let (began, cancel) = (self.clock.monotonic(), self.cancel.clone());
        let (photo, destination) = (job.photo.id.clone(), job.destination.clone());
        let cancelled = self.cancel.clone();
        async move {
            let made = tokio::task::spawn_blocking(move || make(&job, &store, &board, began, &cancel)).await;
            let receipt = match made {
                Ok(Ok(receipt)) => receipt,
                Ok(Err(error)) => return Ok(Err(error)),
                Err(panic) => std::panic::resume_unwind(panic.into_panic()),
            };
            let Receipt { key, read_back, .. } = receipt;
            let stored = vec![Fact::CopyStored { photo, destination, key, read_back }];
            tokio::select! {
                recorded = journal.append_patiently(stored) => recorded?,
                // Not recorded: the next start finds the copy by its bytes.
                () = cancelled.asked() => return Ok(Err(StoreError::Cancelled)),
            };
            Ok(Ok(()))
        }
    }

    async fn job(&self, photo: &Photo) -> Result<Job, JournalError> {
        let mut origins = Vec::new();
        if let Some(root) = self.config.roots.get(&photo.source) {
            let stamp = self.journal.arrival_at(&photo.source, &photo.path).await?;
            // The path may hold another photo by now: then only the hash decides.
            let stamp = stamp.map(|(arrival, _)| arrival.stamp).filter(|stamp| stamp.size_bytes == photo.size_bytes);
            origins.push(Origin { path: root.join(&photo.path), stamp });
        }
        let folders = self.journal.copy_folders().await?;
        for (destination, state) in self.journal.copies_of(&photo.id).await? {
            if let (CopyState::Stored { key, .. }, Some(root)) = (state, folders.get(&destination)) {
                let path = key.segments().fold(root.clone(), |path, segment| path.join(segment));
                origins.push(Origin { path, stamp: None });
            }
        }
        Ok(Job { photo: photo.clone(), destination: self.place.id.clone(), origins })
    }

    async fn end(&mut self, ended: Result<Ended, tokio::task::JoinError>) -> Result<(), JournalError> {
        let Ended { lease, result } = match ended {
            Ok(ended) => ended,
            Err(panic) => std::panic::resume_unwind(panic.into_panic()),
        };
        let photo = lease.photo.id.clone();
        let destination = self.place.id.clone();
        let error = match result? {
            Ok(()) => {
                self.circuit.succeeded();
                return Ok(());
            }
            Err(StoreError::Cancelled) => return self.journal.release(&photo, &destination).await,
            Err(error @ StoreError::SourceGone { .. })
                if self.aside.len() < MAX_ASIDE && self.is_source_away(&lease.photo) =>
            {
                // Its whole disk is away, which says nothing about this photo: it waits.
                tracing::debug!(%destination, %photo, %error, "a copy waits for its source");
                self.aside.push_back((self.clock.monotonic() + SOURCE_AGAIN, photo));
                return Ok(());
            }
            Err(error) => error,
        };
        tracing::warn!(%destination, photo = %photo, attempt = lease.attempts + 1, %error, "a copy failed");
        match error.class() {
            Class::NeedsOperator => {
                self.journal.release(&photo, &destination).await?;
                self.open_circuit(&error, lease.photo.size_bytes).await
            }
            Class::Retry { after } => {
                let attempt = lease.attempts + 1;
                let delay = after.unwrap_or_default().max(RETRY.delay(attempt, &mut self.rng));
                let retry_at = (attempt < MAX_ATTEMPTS).then(|| self.clock.now().plus(delay));
                let message = format!("{}: {error}", lease.photo.name);
                self.record(Fact::CopyFailed { photo, destination, message, retry_at }).await?;
                if self.circuit.failed() {
                    return self.open_circuit(&error, lease.photo.size_bytes).await;
                }
                Ok(())
            }
            Class::GiveUp => {
                let message = format!("{}: {error}", lease.photo.name);
                let given_up = Fact::CopyFailed { photo, destination, message, retry_at: None };
                self.record(given_up).await
            }
        }
    }

    async fn open_circuit(&mut self, error: &StoreError, needs_bytes: u64) -> Result<(), JournalError> {
        self.circuit = Circuit::open(self.clock.monotonic(), needs_bytes);
        self.say_down(error).await
    }

    async fn say_down(&self, error: &StoreError) -> Result<(), JournalError> {
        let destination = self.place.id.clone();
        let reason = error.to_string();
        let known = self.journal.destinations().await?.into_iter().find(|known| known.id == destination);
        if known.is_some_and(|known| matches!(&known.health, DestinationHealth::Down { reason: r, .. } if *r == reason))
        {
            return Ok(());
        }
        self.record(Fact::DestinationDown { destination, reason }).await
    }

    /// What others recorded: a pause, its end, or new work, which waking up is enough for.
    fn heed(&mut self, batch: &[Recorded]) {
        for Recorded { fact, .. } in batch {
            self.is_paused = pause::after(fact).unwrap_or(self.is_paused);
        }
    }

    /// Lets copies under way end, then cancels what is left.
    async fn finish(mut self) -> Result<(), JournalError> {
        let deadline = tokio::time::Instant::now() + FINISH;
        while !self.running.is_empty() {
            tokio::select! {
                Some(ended) = self.running.join_next() => self.end(ended).await?,
                () = tokio::time::sleep_until(deadline), if !self.cancel.is_asked() => self.cancel.ask(),
            }
        }
        Ok(())
    }
}
