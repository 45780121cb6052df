//! The one writer: a thread that puts what is waiting into one transaction, commits, then answers.
//!
//! Nobody is answered before the commit is on the disk. A command that fails is rolled back to its
//! savepoint and spoils no other; a commit that fails fails all of its group, and the next group is
//! tried afresh, so a full disk heals by itself.

use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use kilat_core::{Clock, DestinationId, Fact, IdSource, Offset, PhotoId, Recorded, Stretch};
use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::apply::{Effect, Stamp, apply};
use super::clocks;
use super::fail::Fail;
use super::filing::{self, Verdict};
use super::identity;
use super::lease::{Leases, Wish};
use super::ledger;
use super::open::Opened;
use super::upkeep;
use super::{read, samples, secrets};
use crate::feed::Feed;
use crate::model::{Due, Filed, Filing, Lease, Note};
use crate::pulse::Pulse;
use crate::{JournalError, Refusal};

/// Commands waiting for the writer; then callers wait, which holds ingest back. Two groups.
pub(crate) const COMMANDS_WAITING: usize = 1_024;
/// Commands of one commit: the fsync is spread over all of them, and the first waits for the last.
const MAX_GROUP: usize = 512;
/// Bytes of facts in one commit, so that a group of large commands stays short too.
const MAX_GROUP_BYTES: usize = 4 << 20;
/// Facts in one append: it is one transaction, and everybody else waits for it.
pub const MAX_FACTS_PER_APPEND: usize = 4_096;

type Reply<T> = oneshot::Sender<Result<T, JournalError>>;

/// What the writer is asked to do.
#[derive(Debug)]
pub(crate) enum Command {
    Append { facts: Vec<Fact>, notes: Vec<Note>, reply: Reply<Vec<Recorded>> },
    File { filing: Box<Filing>, reply: Reply<Filed> },
    Lease { destination: DestinationId, limit: usize, ttl: Duration, reply: Reply<Vec<Lease>> },
    Release { photo: PhotoId, destination: DestinationId, reply: Reply<()> },
    KeepSample { stretch: Stretch, reply: Reply<()> },
    SetSecrets { about: String, sealed: Option<String>, reply: Reply<()> },
    KeepPart { photo: PhotoId, destination: DestinationId, resume: String, reply: Reply<()> },
    Close { reply: Reply<()> },
}

/// An answer that waits for the commit; it is given the commit's error, if there was one.
type Answer = Box<dyn FnOnce(Option<&JournalError>)>;

/// What one transaction holds so far.
#[derive(Default)]
struct Group {
    commands: usize,
    bytes: usize,
    records: Vec<Recorded>,
    answers: Vec<Answer>,
    /// Leases that end when the group is committed.
    ended: Vec<(PhotoId, DestinationId)>,
    /// Leases that were taken for answers of this group.
    taken: Vec<(PhotoId, DestinationId)>,
    /// Whether anything beside records is written.
    is_written: bool,
    /// A command failed so that SQLite gave up the whole transaction.
    spoiled: Option<JournalError>,
}

impl Group {
    fn is_full(&self) -> bool {
        self.commands >= MAX_GROUP || self.bytes >= MAX_GROUP_BYTES || self.spoiled.is_some()
    }
}

/// The state of the writer's thread.
pub(crate) struct Writer {
    db: Connection,
    path: PathBuf,
    clock: Arc<dyn Clock>,
    ids: Arc<IdSource>,
    feed: Arc<Feed>,
    pulse: Arc<Pulse>,
    commands: mpsc::Receiver<Command>,
    leases: Leases,
    head: Offset,
    closing: Vec<Reply<()>>,
    /// Held so that no second process opens the journal; released when the thread ends.
    lock: File,
    epoch: String,
}

/// Tells the feed how the thread ended, also when it panicked.
struct Obituary(Arc<Feed>);

impl Drop for Obituary {
    fn drop(&mut self) {
        self.0.die("it panicked; the log has its last words");
    }
}

impl Writer {
    pub(crate) fn new(
        opened: Opened,
        path: PathBuf,
        clock: Arc<dyn Clock>,
        ids: Arc<IdSource>,
        (feed, pulse): (Arc<Feed>, Arc<Pulse>),
        commands: mpsc::Receiver<Command>,
    ) -> Self {
        Self {
            db: opened.connection,
            path,
            clock,
            ids,
            feed,
            pulse,
            commands,
            leases: Leases::default(),
            head: opened.head,
            closing: Vec::new(),
            lock: opened.lock,
            epoch: opened.epoch,
        }
    }

    /// Works until it is asked to close or every handle is gone.
    pub(crate) fn run(mut self) {
        let obituary = Obituary(Arc::clone(&self.feed));
        while let Some(first) = self.commands.blocking_recv() {
            self.commit_group(first);
            if !self.closing.is_empty() {
                // What was sent before is drained, what comes later is refused.
                self.commands.close();
            }
        }
        let closed = self.checkpoint();
        self.feed.close();
        drop(obituary);
        let Self { db, lock, closing, .. } = self;
        drop(db);
        drop(lock);
        for reply in closing {
            answer(reply, closed.clone());
        }
    }

    /// Folds the write-ahead log into the database, so that the next start finds one tidy file.
    fn checkpoint(&self) -> Result<(), JournalError> {
        let folded = self.db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        folded.map_err(|error| Fail::from(error).at(&self.path))
    }

    fn commit_group(&mut self, first: Command) {
        let mut group = Group::default();
        let mut next = Some(first);
        if let Err(error) = self.db.execute_batch("BEGIN IMMEDIATE") {
            group.spoiled = Some(Fail::from(error).at(&self.path));
        }
        while let Some(command) = next {
            self.perform(command, &mut group);
            next = if group.is_full() { None } else { self.commands.try_recv().ok() };
        }
        let is_written = group.is_written || !group.records.is_empty();
        let committed = match group.spoiled.take() {
            Some(error) => Err(error),
            None => self.commit(is_written),
        };
        match committed {
            Ok(()) => self.announce(group),
            Err(error) => self.take_back(group, &error),
        }
    }

    /// Commits, and counts how long the disk took where there was something for it.
    fn commit(&self, is_written: bool) -> Result<(), JournalError> {
        let began = self.clock.monotonic();
        let committed = self.db.execute_batch("COMMIT").map_err(|error| Fail::from(error).at(&self.path));
        if is_written {
            let now = self.clock.monotonic();
            self.pulse.note(now, now.saturating_sub(began));
        }
        committed
    }

    fn announce(&mut self, group: Group) {
        for (photo, destination) in &group.ended {
            self.leases.end(photo, destination);
        }
        if let Some(last) = group.records.last() {
            self.head = last.offset;
            // Before anybody is told: what the note does not know cannot be told apart from a restored copy's.
            if let Err(error) = identity::note(&self.lock, &self.epoch, self.head) {
                tracing::warn!(%error, "the lock file is not written: a restored journal may go unnoticed");
            }
        }
        // Before the answers, so that whoever was answered finds its records in the head.
        self.feed.publish(group.records);
        for answer in group.answers {
            answer(None);
        }
    }

    fn take_back(&mut self, group: Group, error: &JournalError) {
        tracing::error!(%error, commands = group.commands, "cannot commit to the journal");
        if !self.db.is_autocommit()
            && let Err(error) = self.db.execute_batch("ROLLBACK")
        {
            tracing::error!(%error, "cannot roll back; the next transaction will say why");
        }
        for (photo, destination) in &group.taken {
            self.leases.end(photo, destination);
        }
        for answer in group.answers {
            answer(Some(error));
        }
    }

    fn perform(&mut self, command: Command, group: &mut Group) {
        group.commands += 1;
        match command {
            Command::Append { facts, notes, reply } => {
                let ended = ended(&facts);
                let result = self.in_savepoint(group, |writer, group| {
                    ledger::note(&writer.db, &notes)?;
                    writer.record_all(facts, group)
                });
                if result.is_ok() {
                    group.ended.extend(ended);
                }
                hold(group, reply, result);
            }
            Command::File { filing, reply } => {
                let result = self.in_savepoint(group, |writer, group| writer.file(*filing, group));
                hold(group, reply, result);
            }
            Command::Lease { destination, limit, ttl, reply } => {
                let wish = Wish { destination, limit, ttl };
                let result = self.in_savepoint(group, |writer, _| {
                    writer.leases.take(&writer.db, &wish, writer.clock.now(), writer.clock.monotonic())
                });
                if let Ok(leases) = &result {
                    group.taken.extend(leases.iter().map(|l| (l.photo.id.clone(), wish.destination.clone())));
                }
                hold(group, reply, result);
            }
            Command::Release { photo, destination, reply } => {
                group.ended.push((photo, destination));
                hold(group, reply, Ok(()));
            }
            Command::KeepSample { stretch, reply } => {
                let result = self.in_savepoint(group, |writer, _| samples::keep(&writer.db, &stretch));
                group.is_written |= result.is_ok();
                hold(group, reply, result);
            }
            Command::SetSecrets { about, sealed, reply } => {
                let result = self.in_savepoint(group, |writer, _| secrets::set(&writer.db, &about, sealed.as_deref()));
                group.is_written |= result.is_ok();
                hold(group, reply, result);
            }
            Command::KeepPart { photo, destination, resume, reply } => {
                let result =
                    self.in_savepoint(group, |writer, _| upkeep::keep_part(&writer.db, &destination, &photo, &resume));
                group.is_written |= result.is_ok();
                hold(group, reply, result);
            }
            Command::Close { reply } => self.closing.push(reply),
        }
    }

    /// Runs one command so that its failure leaves no trace.
    fn in_savepoint<T>(
        &mut self,
        group: &mut Group,
        work: impl FnOnce(&mut Self, &mut Group) -> Result<T, Fail>,
    ) -> Result<T, JournalError> {
        if let Some(error) = &group.spoiled {
            return Err(error.clone());
        }
        let (records, bytes) = (group.records.len(), group.bytes);
        let result = self.execute("SAVEPOINT command").and_then(|()| work(self, group));
        match result.and_then(|value| self.execute("RELEASE command").map(|()| value)) {
            Ok(value) => Ok(value),
            Err(fail) => {
                group.records.truncate(records);
                group.bytes = bytes;
                let error = fail.at(&self.path);
                if let Err(undo) = self.execute("ROLLBACK TO command").and_then(|()| self.execute("RELEASE command")) {
                    // SQLite rolled the whole transaction back, as it does when the disk is full.
                    tracing::warn!(error = ?undo, "the transaction is lost");
                    group.spoiled = Some(error.clone());
                }
                Err(error)
            }
        }
    }

    fn execute(&self, sql: &str) -> Result<(), Fail> {
        self.db.prepare_cached(sql)?.execute([])?;
        Ok(())
    }

    fn record_all(&mut self, facts: Vec<Fact>, group: &mut Group) -> Result<Vec<Recorded>, Fail> {
        if facts.len() > MAX_FACTS_PER_APPEND {
            return Err(Refusal::TooMany { what: "facts in one append", most: MAX_FACTS_PER_APPEND }.into());
        }
        let mut recorded = Vec::with_capacity(facts.len());
        for fact in facts {
            recorded.extend(self.record(fact, group)?);
        }
        Ok(recorded)
    }

    /// Applies and logs one fact, unless it changes nothing.
    fn record(&mut self, fact: Fact, group: &mut Group) -> Result<Option<Recorded>, Fail> {
        let last = group.records.last().map_or(self.head, |last| last.offset);
        let stamp = Stamp { offset: Offset(last.0 + 1), at: self.clock.now() };
        let Some(fact) = ledger::settle(&self.db, fact, stamp)? else { return Ok(None) };
        if apply(&self.db, &fact, stamp)? == Effect::Nothing {
            return Ok(None);
        }
        let json = serde_json::to_string(&fact)?;
        self.db.prepare_cached("INSERT INTO log (offset, at_ms, fact) VALUES (?1, ?2, ?3)")?.execute((
            stamp.offset.0,
            stamp.at.0,
            &json,
        ))?;
        group.bytes += json.len();
        let recorded = Recorded { offset: stamp.offset, at: stamp.at, fact };
        group.records.push(recorded.clone());
        Ok(Some(recorded))
    }

    fn file(&mut self, filing: Filing, group: &mut Group) -> Result<Filed, Fail> {
        let arrival = filing.arrival.clone();
        let due = match &filing.due {
            Due::Nowhere => Vec::new(),
            Due::Uploads => read::upload_destinations(&self.db)?,
            Due::At(places) => places.clone(),
        };
        let (fact, filed) = match filing::judge(&self.db, filing, &self.ids, self.clock.now())? {
            Verdict::Done(filed) => return Ok(filed),
            Verdict::SeenAgain(photo) => (Fact::PhotoSeenAgain { photo: photo.clone(), arrival }, Filed::Again(photo)),
            Verdict::New(photo) => (Fact::PhotoFiled { photo: photo.clone(), arrival, due }, Filed::New(photo)),
        };
        self.record(fact, group)?;
        if let Filed::New(photo) = &filed
            && let Some(fact) = clocks::measured(&self.db, photo)?
        {
            self.record(fact, group)?;
        }
        Ok(filed)
    }
}

/// The leases that these outcomes end.
fn ended(facts: &[Fact]) -> Vec<(PhotoId, DestinationId)> {
    let mut ended = Vec::new();
    for fact in facts {
        if let Fact::CopyStored { photo, destination, .. } | Fact::CopyFailed { photo, destination, .. } = fact {
            ended.push((photo.clone(), destination.clone()));
        }
    }
    ended
}

/// Keeps an answer back until the commit; its error replaces a success, never another error.
fn hold<T: 'static>(group: &mut Group, reply: Reply<T>, result: Result<T, JournalError>) {
    group.answers.push(Box::new(move |failed: Option<&JournalError>| {
        let result = match failed {
            Some(error) => result.and_then(|_| Err(error.clone())),
            None => result,
        };
        answer(reply, result);
    }));
}

fn answer<T>(reply: Reply<T>, result: Result<T, JournalError>) {
    if reply.send(result).is_err() {
        // The asker gave up waiting; what it asked for is done all the same, and idempotent.
        tracing::debug!("an answer of the journal found nobody");
    }
}
