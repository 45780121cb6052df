//! A session's thread: the one that starts the process, asks it, and gathers what many want to store.
//!
//! Invariants: the process belongs to this thread, so that it dies with it and with nothing else; what waits
//! at the same time is stored together; after a fault the process is gone, and the next question starts another.

use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::time::{Duration, Instant};

use crate::lines::{AnswerLine, Ask, FaultKind, FaultLine, ItemLine, Job, PhotoLine, PhotoOutcome};
use crate::process::Running;
use crate::vault::Vault;
use kilat_objects::StoreError;

use crate::VaultError;

/// Photos stored together: a kill loses no more than these.
const BATCH_FILES: usize = 64;
/// Their bytes, unless one alone is larger.
const BATCH_BYTES: u64 = 256 * 1024 * 1024;
/// How long the first of a batch waits for the others that copy at the same time.
const GATHER: Duration = Duration::from_millis(30);
/// So long after the last photo, one snapshot of all is made.
const QUIET: Duration = Duration::from_secs(2);
/// So long after the last question the process ends, and gives its memory and its lock back.
const IDLE: Duration = Duration::from_secs(30);

/// Something that somebody wants, and where the answers go.
pub(crate) struct Request {
    pub(crate) want: Want,
    pub(crate) reply: SyncSender<Reply>,
}

/// What somebody wants.
pub(crate) enum Want {
    /// One photo stored, with others if there are any.
    Put(PhotoLine),
    /// A question, and the photos that it is about.
    Ask(Ask, Vec<PhotoLine>),
}

/// What is answered; the last is an end.
#[derive(Debug)]
pub(crate) enum Reply {
    /// So many of the photo's bytes were written.
    Sent(u64),
    Photo(Result<PhotoOutcome, FaultLine>),
    Entry {
        key: String,
        size_bytes: u64,
    },
    End(Result<(), FaultLine>),
}

struct Session {
    vault: Arc<Vault>,
    process: Option<Running>,
    /// Photos were stored that no whole snapshot holds.
    is_open: bool,
}

/// Serves until nobody can ask any more; then makes the last snapshot.
pub(crate) fn serve(vault: Arc<Vault>, requests: &Receiver<Request>) {
    let mut session = Session { vault, process: None, is_open: false };
    let mut waiting: VecDeque<Request> = VecDeque::new();
    loop {
        let next = waiting.pop_front().map_or_else(|| session.wait(requests), Ok);
        match next {
            Ok(Request { want: Want::Put(photo), reply }) => {
                let batch = gather((photo, reply), requests, &mut waiting);
                session.put(batch);
            }
            Ok(Request { want: Want::Ask(ask, photos), reply }) => session.ask(ask, photos, &reply),
            Err(RecvTimeoutError::Timeout) if session.is_open => session.complete(),
            Err(RecvTimeoutError::Timeout) => session.rest(),
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    if session.is_open {
        session.complete();
    }
    session.rest();
}

/// The photos that wait with the first one, as many as are stored together.
fn gather(
    first: (PhotoLine, SyncSender<Reply>),
    requests: &Receiver<Request>,
    waiting: &mut VecDeque<Request>,
) -> Vec<(PhotoLine, SyncSender<Reply>)> {
    let (until, mut bytes, mut batch) = (Instant::now() + GATHER, first.0.size_bytes, vec![first]);
    while batch.len() < BATCH_FILES && bytes < BATCH_BYTES {
        match requests.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(Request { want: Want::Put(photo), reply }) if batch.iter().all(|(other, _)| other.key != photo.key) => {
                bytes += photo.size_bytes;
                batch.push((photo, reply));
            }
            // In its turn: whoever waits for it asks nothing more meanwhile.
            Ok(request) => {
                waiting.push_back(request);
                break;
            }
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => break,
        }
    }
    batch
}

impl Session {
    fn wait(&self, requests: &Receiver<Request>) -> Result<Request, RecvTimeoutError> {
        match (&self.process, self.is_open) {
            (Some(_), true) => requests.recv_timeout(QUIET),
            (Some(_), false) => requests.recv_timeout(IDLE),
            (None, _) => requests.recv().map_err(|_gone| RecvTimeoutError::Disconnected),
        }
    }

    /// Stores a batch; each photo is answered as soon as it is known, the end with the end of all.
    fn put(&mut self, batch: Vec<(PhotoLine, SyncSender<Reply>)>) {
        let photos = batch.iter().map(|(photo, _)| photo.clone()).collect();
        let ended = self.round(Ask::Put, photos, &mut |answer| {
            let (key, news) = match answer {
                AnswerLine::Photo { key, outcome } => (key, Reply::Photo(judged(outcome))),
                AnswerLine::Sent { key, bytes } => (key, Reply::Sent(bytes)),
                AnswerLine::Pay { .. }
                | AnswerLine::Beat { .. }
                | AnswerLine::Entry { .. }
                | AnswerLine::Ready
                | AnswerLine::Snapshot(_)
                | AnswerLine::Note { .. }
                | AnswerLine::Finding { .. }
                | AnswerLine::Done(_)
                | AnswerLine::Failed(_) => return,
            };
            // No two photos of a batch have one key.
            if let Some((_, reply)) = batch.iter().find(|(photo, _)| photo.key.as_str() == key) {
                say(reply, news);
            }
        });
        self.is_open |= ended.is_ok();
        for (_, reply) in batch {
            say(&reply, Reply::End(ended.clone()));
        }
    }

    fn ask(&mut self, ask: Ask, photos: Vec<PhotoLine>, reply: &SyncSender<Reply>) {
        let stores = matches!(ask, Ask::Replace);
        let ended = self.round(ask, photos, &mut |answer| match answer {
            AnswerLine::Photo { key: _, outcome } => say(reply, Reply::Photo(judged(outcome))),
            AnswerLine::Entry { key, size_bytes } => say(reply, Reply::Entry { key, size_bytes }),
            AnswerLine::Pay { .. }
            | AnswerLine::Sent { .. }
            | AnswerLine::Beat { .. }
            | AnswerLine::Ready
            | AnswerLine::Snapshot(_)
            | AnswerLine::Note { .. }
            | AnswerLine::Finding { .. }
            | AnswerLine::Done(_)
            | AnswerLine::Failed(_) => {}
        });
        self.is_open |= stores && ended.is_ok();
        say(reply, Reply::End(ended));
    }

    fn complete(&mut self) {
        self.is_open = false;
        if let Err(fault) = self.round(Ask::Complete, Vec::new(), &mut |_| {}) {
            // The photos stand in snapshots of their own; the next session makes one of them.
            tracing::warn!(place = %self.vault.place().display(), error = fault.detail, "the snapshot of all waits for the next run");
        }
    }

    /// Ends the process; the next question starts another.
    fn rest(&mut self) {
        if let Some(running) = self.process.take() {
            running.part();
        }
    }

    /// One question to its end. After an error the process is gone.
    fn round(&mut self, ask: Ask, photos: Vec<PhotoLine>, tell: &mut dyn FnMut(AnswerLine)) -> Result<(), FaultLine> {
        self.vault.check_mark().map_err(fault_of)?;
        let mut running = match self.process.take() {
            Some(process) => process,
            None => self.open()?,
        };
        let mut lines = photos.into_iter().map(ItemLine::Photo).chain([ItemLine::Ask(ask)]);
        let died = |error: std::io::Error| fault_of(VaultError::Died { how: error.to_string() });
        let input = running.input();
        lines.try_for_each(|item| input.write(&item)).map_err(died)?;
        self.follow(&mut running, tell)?;
        self.process = Some(running);
        Ok(())
    }

    fn open(&self) -> Result<Running, FaultLine> {
        let mut running = self.vault.start(Job::Session).map_err(fault_of)?;
        self.follow(&mut running, &mut |_| {})?;
        Ok(running)
    }

    fn follow(&self, running: &mut Running, tell: &mut dyn FnMut(AnswerLine)) -> Result<(), FaultLine> {
        let ended = running.follow(self.vault.patience(), &mut |answer| {
            match answer {
                Some(AnswerLine::Note { text }) => tracing::info!(place = %self.vault.place().display(), "{text}"),
                Some(answer) => tell(answer),
                None => {}
            }
            ControlFlow::Continue(())
        });
        match ended {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(fault)) => Err(fault),
            Err(stopped) => Err(fault_of(self.vault.stopped(stopped))),
        }
    }
}

/// Whoever gave up waiting hears nothing, and loses nothing: what was stored is found when it asks again.
fn say(reply: &SyncSender<Reply>, what: Reply) {
    match reply.send(what) {
        Ok(()) | Err(_) => {}
    }
}

fn judged(outcome: PhotoOutcome) -> Result<PhotoOutcome, FaultLine> {
    match outcome {
        PhotoOutcome::Failed(fault) => Err(fault),
        outcome @ (PhotoOutcome::Kept { .. } | PhotoOutcome::Proven | PhotoOutcome::Restored { .. }) => Ok(outcome),
    }
}

/// The same for many who wait for one process.
fn fault_of(error: VaultError) -> FaultLine {
    let kind = match &error {
        VaultError::Store(StoreError::Gone { .. }) => FaultKind::Gone,
        VaultError::Store(StoreError::ReadOnly { .. }) => FaultKind::ReadOnly,
        VaultError::Store(StoreError::Denied { .. }) => FaultKind::Denied,
        VaultError::Store(_)
        | VaultError::WrongPassword { .. }
        | VaultError::Locked { .. }
        | VaultError::NoRepository { .. }
        | VaultError::Damaged { .. }
        | VaultError::Corrupt { .. }
        | VaultError::Missing { .. }
        | VaultError::TooMany { .. }
        | VaultError::Twice { .. }
        | VaultError::Start(_)
        | VaultError::Died { .. }
        | VaultError::Stalled { .. }
        | VaultError::Garbled
        | VaultError::Cancelled => FaultKind::Io,
    };
    FaultLine::new(kind, error.to_string())
}
