//! Copies what is missing, several at once; each copy is recorded before the next one of its place begins.
//!
//! A fault of one file costs that file only: it is tried again, then given up with its reason. A fault of the
//! destination holds the run up, costs no file an attempt, and ends by itself.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use kilat_core::{
    Backoff, BackupFact, Circuit, Class, Classify, DestinationId, Flight, LOOK_AGAIN, Meter, Photo, PhotoId, ReadBack,
    Stop,
};
use kilat_journal::{Journal, JournalError, Work};
use kilat_objects::{ObjectStore, Receipt, StoreError, Watch};
use rand::SeedableRng;
use rand::rngs::SmallRng;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior};

use crate::listing::Found;
use crate::origins::Origins;
use crate::place;
use crate::record::{Kept, record};
use crate::run::{Broke, Going, TELL};

/// Photos read from the journal at once.
const PAGE: usize = 256;
/// Attempts at one copy in one run; a retry is a new run.
const MAX_ATTEMPTS: u32 = 5;
/// Delays between them: about 15 s in all.
const RETRY: Backoff = Backoff { first: Duration::from_millis(500), most: Duration::from_secs(10) };
/// Copies that wait for another attempt, 1 KB each. More are given up at once, which the next run mends.
const MAX_AGAIN: usize = 1_000;
/// Times that a destination may be waited for without one copy in between; then it is the file's own fault.
const MAX_OUTAGES: u32 = 3;
/// How long copies under way may take to end after a stop was asked.
const FINISH: Duration = Duration::from_secs(5);

/// A copy to make.
struct Job {
    work: Work,
    attempts: u32,
}

struct Ended {
    job: Job,
    result: Result<(), Bad>,
}

/// How a copy went wrong.
enum Bad {
    Store(StoreError),
    Journal(JournalError),
    /// Kilat's own fault, which must not take the run with it.
    Broke,
}

struct Copying<'a> {
    going: &'a Going,
    found: &'a Found,
    page: VecDeque<Work>,
    after: i64,
    again: VecDeque<(Instant, Job)>,
    running: JoinSet<Ended>,
    circuit: Circuit,
    /// Room that the next copy needs, once the destination was at fault.
    needs_bytes: u64,
    /// Faults of the destination since the last copy that was made.
    outages: u32,
    rng: SmallRng,
}

/// Copies everything up to the last photo that was listed.
pub(crate) async fn copy_all(going: &Going, found: &Found) -> Result<(), Broke> {
    let (page, again, running) = (VecDeque::new(), VecDeque::new(), JoinSet::new());
    let (circuit, rng) = (Circuit::closed(), SmallRng::from_os_rng());
    let (after, needs_bytes, outages) = (0, 0, 0);
    let mut copying = Copying { going, found, page, after, again, running, circuit, needs_bytes, outages, rng };
    let result = copying.run().await;
    if matches!(result, Err(Broke::Halted)) {
        copying.finish().await?;
    }
    result
}

impl Copying<'_> {
    async fn run(&mut self) -> Result<(), Broke> {
        let mut tick = tokio::time::interval(TELL);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            if self.going.halt.soon.is_asked() {
                return Err(Broke::Halted);
            }
            self.mend().await?;
            self.fill().await?;
            if self.running.is_empty() && self.again.is_empty() {
                return Ok(());
            }
            // What may be tried again is looked at only when something could begin.
            let next = self.again.front().filter(|_| self.has_room()).map(|(at, _)| *at);
            tokio::select! {
                () = self.going.halt.soon.asked() => return Err(Broke::Halted),
                Some(ended) = self.running.join_next() => self.end(ended).await?,
                _ = tick.tick() => self.going.tell(),
                () = until(next) => {}
            }
        }
    }

    /// After a fault of the destination: waits until it is well, with nothing under way.
    async fn mend(&mut self) -> Result<(), Broke> {
        if self.circuit.is_closed() || !self.running.is_empty() {
            return Ok(());
        }
        // The place may look well and refuse all the same: not at once again.
        tokio::select! {
            () = self.going.halt.soon.asked() => return Err(Broke::Halted),
            () = tokio::time::sleep(LOOK_AGAIN) => {}
        }
        place::ready(self.going, self.needs_bytes).await?;
        self.circuit = Circuit::closed();
        self.outages += 1;
        Ok(())
    }

    fn has_room(&self) -> bool {
        self.circuit.is_closed() && self.running.len() < self.going.tools.config.parallel.max(1)
    }

    /// Starts as many copies as may go at once.
    async fn fill(&mut self) -> Result<(), Broke> {
        while self.has_room() {
            let Some(job) = self.next().await? else { return Ok(()) };
            let Some(store) = (self.going.tools.config.stores)(&self.going.state.run.destination) else {
                self.put_back(job);
                self.circuit = Circuit::open(Duration::ZERO, 0);
                return Ok(());
            };
            let tools = (&self.going.tools.journal, self.going.tools.config.as_ref());
            let origins = self.going.folders.of(tools, &job.work.photo, &self.going.state.run.destination);
            let making = Making {
                origins: origins.await?,
                is_there: self.found.standing.has(&job.work.photo.key, job.work.photo.size_bytes),
                store,
                journal: self.going.tools.journal.clone(),
                destination: self.going.state.run.destination.clone(),
                meter: Arc::clone(&self.going.meter),
                cut: self.going.halt.now.clone(),
            };
            let run = self.going.state.run.id.clone();
            self.running.spawn(async move {
                let result = make(making, run, &job.work.photo).await;
                Ended { job, result }
            });
        }
        Ok(())
    }

    async fn next(&mut self) -> Result<Option<Job>, Broke> {
        if let Some((_, job)) = self.again.pop_front_if(|(at, _)| *at <= Instant::now()) {
            return Ok(Some(job));
        }
        if self.page.is_empty() && self.after < self.found.last {
            let journal = &self.going.tools.journal;
            let page = journal.backup_work(self.going.pair(), (self.after, self.found.last), PAGE).await?;
            self.after = page.last().map_or(self.found.last, |work| work.no);
            self.page = page.into();
        }
        Ok(self.page.pop_front().map(|work| Job { work, attempts: 0 }))
    }

    async fn end(&mut self, ended: Result<Ended, tokio::task::JoinError>) -> Result<(), Broke> {
        let Ended { job, result } = match ended {
            Ok(ended) => ended,
            // Those of the copy itself were caught where it was made: this one ends the run.
            Err(panic) => std::panic::resume_unwind(panic.into_panic()),
        };
        let error = match result {
            Ok(()) => {
                self.circuit.succeeded();
                self.outages = 0;
                self.going.meter.done(job.work.photo.size_bytes);
                return Ok(());
            }
            Err(Bad::Journal(error)) => return Err(Broke::Journal(error)),
            Err(Bad::Store(StoreError::Cancelled)) => return Ok(()),
            Err(Bad::Broke) => {
                let message = "Kilat itself broke off while copying it: please report this, then retry";
                return self.give_up(&job, message).await;
            }
            Err(Bad::Store(error)) => error,
        };
        let (run, photo) = (&self.going.state.run.id, &job.work.photo.id);
        tracing::warn!(%run, %photo, attempt = job.attempts + 1, %error, "a copy of a backup failed");
        // No other copy had the bytes either: waiting does not bring them.
        let is_hopeless = matches!(error, StoreError::SourceGone { .. } | StoreError::SourceChanged { .. });
        match error.class() {
            // It looks well each time, and refuses this file each time.
            Class::NeedsOperator if self.outages >= MAX_OUTAGES => self.give_up(&job, &error.to_string()).await,
            Class::NeedsOperator => {
                self.open(&job, &error).await?;
                self.put_back(job);
                Ok(())
            }
            Class::GiveUp => self.give_up(&job, &error.to_string()).await,
            Class::Retry { .. } if is_hopeless => self.give_up(&job, &error.to_string()).await,
            Class::Retry { after } => {
                let attempts = job.attempts + 1;
                if self.circuit.failed() {
                    self.open(&job, &error).await?;
                }
                if attempts >= MAX_ATTEMPTS || self.again.len() >= MAX_AGAIN {
                    return self.give_up(&job, &error.to_string()).await;
                }
                let delay = after.unwrap_or_default().max(RETRY.delay(attempts, &mut self.rng));
                let at = Instant::now() + delay;
                let place = self.again.partition_point(|(other, _)| *other <= at);
                self.again.insert(place, (at, Job { attempts, ..job }));
                Ok(())
            }
        }
    }

    async fn open(&mut self, job: &Job, error: &StoreError) -> Result<(), Broke> {
        self.circuit = Circuit::open(Duration::ZERO, 0);
        self.needs_bytes = job.work.photo.size_bytes;
        place::say(self.going, error.to_string()).await
    }

    /// Back to the front, with no attempt counted.
    fn put_back(&mut self, job: Job) {
        self.again.push_front((Instant::now(), job));
    }

    async fn give_up(&mut self, job: &Job, message: &str) -> Result<(), Broke> {
        let message = format!("{}: {message}", job.work.photo.name);
        let (run, photo) = (self.going.state.run.id.clone(), job.work.photo.id.clone());
        self.going.record(vec![BackupFact::CopyFailed { run, photo, message }]).await
    }

    /// Lets copies under way end, then cuts off what is left.
    async fn finish(&mut self) -> Result<(), Broke> {
        let deadline = Instant::now() + FINISH;
        while !self.running.is_empty() {
            tokio::select! {
                ended = self.running.join_next() => {
                    if let Some(Ok(Ended { result: Err(Bad::Journal(error)), .. })) = ended {
                        return Err(Broke::Journal(error));
                    }
                }
                () = tokio::time::sleep_until(deadline), if !self.going.halt.now.is_asked() => {
                    self.going.halt.now.ask();
                }
            }
        }
        Ok(())
    }
}

/// Waits until then; for ever without an instant.
async fn until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

/// What one copy is made of and with.
struct Making {
    origins: Origins,
    /// Whether a file of its length stands there already, unrecorded.
    is_there: bool,
    store: Arc<dyn ObjectStore>,
    journal: Journal,
    destination: DestinationId,
    meter: Arc<Meter>,
    cut: Stop,
}

/// Makes a copy and records it. Recorded here and not in the loop, so that several share a commit.
async fn make(making: Making, run: kilat_core::BackupId, photo: &Photo) -> Result<(), Bad> {
    let (journal, cut, destination) = (making.journal.clone(), making.cut.clone(), making.destination.clone());
    let resume = journal.part(&destination, &photo.id).await.map_err(Bad::Journal)?;
    let of = photo.clone();
    let made = tokio::task::spawn_blocking(move || put(&making, &of, resume.as_deref())).await;
    let receipt = match made {
        Ok(Ok(receipt)) => receipt,
        Ok(Err(error)) => return Err(Bad::Store(error)),
        Err(panic) => {
            tracing::error!(photo = %photo.id, error = %panic, "a copy of a backup broke off");
            return Err(Bad::Broke);
        }
    };
    let Receipt { key, read_back, was_there } = receipt;
    let (run, photo) = (Some(run), photo.id.clone());
    let copied = BackupFact::Copied { run, photo, destination, key, read_back, was_there };
    match record(&journal, vec![copied], &cut).await.map_err(Bad::Journal)? {
        Kept::Yes => Ok(()),
        // The next run finds the copy by its bytes.
        Kept::No => Err(Bad::Store(StoreError::Cancelled)),
    }
}

fn put(making: &Making, photo: &Photo, resume: Option<&str>) -> Result<Receipt, StoreError> {
    let progress = Progress {
        flight: making.meter.file(&photo.name, photo.size_bytes),
        journal: &making.journal,
        destination: &making.destination,
        photo: &photo.id,
        cut: &making.cut,
    };
    if making.is_there
        && let Some(read_back) = stands(making, photo)
    {
        return Ok(Receipt { key: photo.key.clone(), read_back, was_there: true });
    }
    making.origins.put(photo, resume, making.store.as_ref(), &progress)
}

/// Whether the bytes stand there already, of a run that was cut off before it could record them. Read instead of
/// written anew; should that fail, writing finds out why.
fn stands(making: &Making, photo: &Photo) -> Option<ReadBack> {
    match making.store.verify(&photo.key, photo.size_bytes, photo.proof) {
        Ok(read_back) => Some(read_back),
        Err(error) => {
            tracing::debug!(key = %photo.key, %error, "another file stands where a copy would");
            None
        }
    }
}

struct Progress<'a> {
    flight: Flight<'a>,
    journal: &'a Journal,
    destination: &'a DestinationId,
    photo: &'a PhotoId,
    cut: &'a Stop,
}

impl Watch for Progress<'_> {
    fn sent(&self, bytes: u64) {
        self.flight.at(bytes);
    }

    fn is_cancelled(&self) -> bool {
        self.cut.is_asked()
    }

    fn keep(&self, resume: &str) {
        if let Err(error) = self.journal.keep_part_blocking(self.destination, self.photo, resume) {
            tracing::warn!(%error, photo = %self.photo, "where this copy goes on is not kept: after a crash it begins anew");
        }
    }
}
