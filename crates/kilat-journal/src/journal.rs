//! The handle that every engine holds: writes that await the commit, reads, tails and leases.
//!
//! Cheap to clone. The last clone to go ends the writer after what was already sent to it.

use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use kilat_core::{
    Class, Classify, Clock, CommitTimes, DestinationId, Fact, IdSource, Millis, Offset, PhotoId, Recorded, Stretch,
};
use tokio::sync::{mpsc, oneshot};

use crate::feed::Feed;
use crate::pulse::Pulse;
use crate::sqlite::{self, COMMANDS_WAITING, Command, Readers, Writer};
use crate::{Filed, Filing, JournalError, Lease, Note, Tail};

/// How often a journal that cannot be written is tried again.
const ASK_AGAIN: Duration = Duration::from_secs(1);

/// The journal of one Kilat.
///
/// Writes are answered after the commit is on the disk. They run to their end even when the
/// caller's future is dropped; repeating them is harmless.
///
/// Reads are answered in place by one of two read-only connections, in microseconds for single
/// things and about 10 µs per row of a list, without waiting for the writer. They are `async`
/// because another backend would wait for its server.
#[derive(Clone)]
pub struct Journal(Arc<Inner>);

struct Inner {
    epoch: String,
    clock: Arc<dyn Clock>,
    /// None once the last handle is being dropped.
    commands: Option<mpsc::Sender<Command>>,
    writer: Mutex<Option<JoinHandle<()>>>,
    feed: Arc<Feed>,
    pulse: Arc<Pulse>,
    readers: Arc<Readers>,
}

impl fmt::Debug for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Journal").field("epoch", &self.0.epoch).field("head", &self.head()).finish_non_exhaustive()
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        drop(self.commands.take());
        self.join();
    }
}

impl Inner {
    /// Waits for the writer's thread, which has nothing left to do but its last commit.
    fn join(&self) {
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(writer) = writer
            && writer.join().is_err()
        {
            tracing::error!("the journal's writer panicked");
        }
    }
}

impl Journal {
    /// Opens the journal at `path`, or creates it (mode 0600) in a folder that exists and should be
    /// private. Brings the tables of an older version up to date. Blocks for some milliseconds.
    ///
    /// # Errors
    /// When another process has it, when a newer Kilat or another program wrote it, when it is
    /// damaged, or when the system refuses.
    pub fn open(path: &Path, clock: Arc<dyn Clock>, ids: Arc<IdSource>) -> Result<Self, JournalError> {
        let opened = sqlite::open(path, &ids)?;
        let readers = Arc::new(Readers::open(path)?);
        let feed = Arc::new(Feed::new(opened.head));
        let pulse = Arc::new(Pulse::default());
        let (commands, waiting) = mpsc::channel(COMMANDS_WAITING);
        let epoch = opened.epoch.clone();
        let told = (Arc::clone(&feed), Arc::clone(&pulse));
        let writer = Writer::new(opened, path.to_owned(), Arc::clone(&clock), ids, told, waiting);
        let writer = std::thread::Builder::new()
            .name("journal".to_owned())
            .spawn(move || writer.run())
            .map_err(|source| JournalError::Open { path: path.to_owned(), source: Arc::new(source) })?;
        Ok(Self(Arc::new(Inner {
            epoch,
            clock,
            commands: Some(commands),
            writer: Mutex::new(Some(writer)),
            feed,
            pulse,
            readers,
        })))
    }

    /// Names this journal: made when it was created, another one after it was lost. Offsets of
    /// different epochs cannot be compared.
    #[must_use]
    pub fn epoch(&self) -> &str {
        &self.0.epoch
    }

    /// The offset of the newest committed record; 0 when there is none.
    #[must_use]
    pub fn head(&self) -> Offset {
        self.0.feed.head()
    }

    /// Waits until the writer died, which must end the process. For ever after [`Journal::close`].
    pub async fn died(&self) -> JournalError {
        self.0.feed.died().await
    }

    /// Commits what was sent before, folds the write-ahead log into the file, and lets it go.
    /// Later writes are refused; reads still work.
    ///
    /// # Errors
    /// When the fold failed, which loses nothing: the next start reads the log.
    pub async fn close(&self) -> Result<(), JournalError> {
        let closed = self.ask(|reply| Command::Close { reply }).await;
        self.0.join();
        match closed {
            Err(JournalError::Closed) => Ok(()),
            other => other,
        }
    }

    /// Records `facts` in order, all or none, and answers what was recorded once it is on the
    /// disk. A fact that changes nothing is not recorded and not in the answer, so repeating an
    /// append whose answer was lost is harmless.
    ///
    /// # Errors
    /// [`JournalError::Refused`] when a fact contradicts what is recorded or there are more than
    /// [`MAX_FACTS_PER_APPEND`](crate::MAX_FACTS_PER_APPEND); the disk's errors otherwise.
    pub async fn append(&self, facts: Vec<Fact>) -> Result<Vec<Recorded>, JournalError> {
        self.append_noting(facts, Vec::new()).await
    }

    /// [`append`](Self::append), and writes notes in the same transaction: a follower that notes how far it came
    /// with what follows from it does nothing twice and leaves nothing out, wherever it dies.
    ///
    /// # Errors
    /// As [`append`](Self::append); [`JournalError::Refused`] beyond [`MAX_NOTES`](crate::MAX_NOTES) notes or for
    /// one longer than [`MAX_NOTE_BYTES`](crate::MAX_NOTE_BYTES).
    pub async fn append_noting(&self, facts: Vec<Fact>, notes: Vec<Note>) -> Result<Vec<Recorded>, JournalError> {
        self.ask(|reply| Command::Append { facts, notes, reply }).await
    }

    /// [`append`](Self::append), but waits while the journal's disk is full or read-only, until an
    /// operator mended it. Cancel-safe: dropped while it waits, nothing was recorded.
    ///
    /// # Errors
    /// What no waiting mends.
    pub async fn append_patiently(&self, facts: Vec<Fact>) -> Result<Vec<Recorded>, JournalError> {
        self.append_noting_patiently(facts, Vec::new()).await
    }

    /// [`append_noting`](Self::append_noting), as patiently. Cancel-safe.
    ///
    /// # Errors
    /// What no waiting mends.
    pub async fn append_noting_patiently(
        &self,
        facts: Vec<Fact>,
        notes: Vec<Note>,
    ) -> Result<Vec<Recorded>, JournalError> {
        loop {
            match self.append_noting(facts.clone(), notes.clone()).await {
                Err(error) if error.class() != Class::GiveUp => {
                    tracing::warn!(%error, "facts wait for the journal");
                    tokio::time::sleep(ASK_AGAIN).await;
                }
                result => return result,
            }
        }
    }

    /// Files an arrival as a photo: finds its frame, names it, and makes its copies due, in one
    /// transaction. Content that the event holds already is recorded as seen again. An arrival
    /// that was filed before gets the same answer.
    ///
    /// Files of one frame share their group and the stem of their key. A frame is the same camera
    /// (by serial number, else by model), capture second and stem; a sidecar belongs to the newest
    /// photo of its stem in its folder, or waits there for it. A key is
    /// `event folder/folders/stem.ext`, with ` (2)` after the stem when another frame has it.
    ///
    /// # Errors
    /// [`JournalError::Refused`] when the arrival, the event or a destination is unknown, or the
    /// arrival has failed; the disk's errors otherwise.
    pub async fn file(&self, filing: Filing) -> Result<Filed, JournalError> {
        self.ask(|reply| Command::File { filing: Box::new(filing), reply }).await
    }

    /// Takes up to `limit` copies due at `destination` that nobody holds: those of the active
    /// event first, then JPEG, HEIC and sidecars before RAW before video, then newest first by
    /// capture time. Each is held until `CopyStored`, `CopyFailed`, [`Journal::release`], or for
    /// `ttl` by the monotonic clock. Whether copying is paused is the caller's to ask.
    ///
    /// Leases live in memory: this process owns the journal, and a crash ends all of them.
    ///
    /// # Errors
    /// The disk's errors.
    pub async fn lease_copies(
        &self,
        destination: &DestinationId,
        limit: usize,
        ttl: Duration,
    ) -> Result<Vec<Lease>, JournalError> {
        let destination = destination.clone();
        self.ask(|reply| Command::Lease { destination, limit, ttl, reply }).await
    }

    /// Gives a lease back without an outcome; others may take it at once.
    ///
    /// # Errors
    /// When the journal was closed.
    pub async fn release(&self, photo: &PhotoId, destination: &DestinationId) -> Result<(), JournalError> {
        let (photo, destination) = (photo.clone(), destination.clone());
        self.ask(|reply| Command::Release { photo, destination, reply }).await
    }

    /// Adds a minute to the machine's past, which is no fact: the newest
    /// [`MAX_SAMPLES`](crate::MAX_SAMPLES) are kept, counted by their writing and not by their time.
    ///
    /// # Errors
    /// The disk's errors.
    pub async fn keep_sample(&self, stretch: Stretch) -> Result<(), JournalError> {
        self.ask(|reply| Command::KeepSample { stretch, reply }).await
    }

    /// How long commits took in the last minute, each with its fsync; none when nothing was written.
    #[must_use]
    pub fn commit_times(&self) -> Option<CommitTimes> {
        self.0.pulse.last_minute(self.0.clock.monotonic())
    }

    /// Keeps the sealed secrets of a thing in the place of older ones, or forgets them. They are in no log.
    ///
    /// # Errors
    /// [`JournalError::Refused`] above [`MAX_SECRETS`](crate::MAX_SECRETS); the disk's errors otherwise.
    pub async fn set_secrets(&self, about: &str, sealed: Option<String>) -> Result<(), JournalError> {
        let about = about.to_owned();
        self.ask(|reply| Command::SetSecrets { about, sealed, reply }).await
    }

    /// When the next waiting copy becomes due at `destination`; none when none waits. Copies that
    /// may be made at once do not count.
    ///
    /// # Errors
    /// A read error, as for every read.
    pub async fn next_due(&self, destination: &DestinationId) -> Result<Option<Millis>, JournalError> {
        self.0.readers.ask(|db| sqlite::next_due(db, destination, self.0.clock.now()))
    }

    /// Follows the log after `after`, for ever.
    #[must_use]
    pub fn tail(&self, after: Offset) -> Tail {
        Tail::new(Arc::clone(&self.0.feed), Arc::clone(&self.0.readers), after)
    }

    /// The connections that answer reads.
    pub(crate) fn readers(&self) -> &Readers {
        &self.0.readers
    }

    /// Where commands go; none once the last handle is being dropped.
    pub(crate) fn commands(&self) -> Option<&mpsc::Sender<Command>> {
        self.0.commands.as_ref()
    }

    async fn ask<T>(
        &self,
        command: impl FnOnce(oneshot::Sender<Result<T, JournalError>>) -> Command,
    ) -> Result<T, JournalError> {
        let Some(commands) = &self.0.commands else { return Err(JournalError::Closed) };
        let (reply, answer) = oneshot::channel();
        if commands.send(command(reply)).await.is_err() {
            return Err(self.0.feed.ended().await);
        }
        match answer.await {
            Ok(result) => result,
            // A panic drops the replies first and tells its end a moment later.
            Err(_gone) => Err(self.0.feed.ended().await),
        }
    }
}
