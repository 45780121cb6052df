//! The loop of one hot folder: events and listings in, finished files out.
//!
//! One thread a folder, so that a share that hangs delays no other. Invariant: every photo in the
//! folder is handed on, is known to the journal, or is looked at again; a full queue, a lost event
//! or a journal that cannot answer only delays it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::Duration;

use kilat_core::{ArrivalFailure, ArrivalStatus, Clock, FileStamp, PhotoKind, SourceId, Stop, Via};
use kilat_journal::{Journal, JournalError};
use tokio::runtime::Handle;

use super::known::Known;
use super::look::{Sight, look};
use super::root::Identity;
use super::scan::{self, Entry, Listed};
use super::settle::{Settle, Sign, Verdict};
use super::watch::{Signals, Watch};
use crate::backlog::{Aged, Backlog};
use crate::config::{HotFolderConfig, Poll};
use crate::noise;
use crate::stats::{IngestStats, count};

/// Events that wait for the loop: a burst of 1,000 files makes 3,000; more make a listing.
const SIGNALS: usize = 4_096;
/// How often the folder is listed although events come: the net below them.
const LIST_BEHIND_EVENTS: Duration = Duration::from_secs(60);
/// Without events, the folder is listed so often at most, and so rarely at least.
const LIST_AT_MOST: Duration = Duration::from_secs(1);
const LIST_AT_LEAST: Duration = Duration::from_secs(10);
/// A listing may take this part of the time at most: one twentieth.
const LISTING_SHARE: u32 = 20;
/// How long looks are put off when the queue is full or the journal cannot answer.
const PUT_OFF: Duration = Duration::from_millis(200);
/// Signals handled before looks are made, so that neither starves the other.
const SIGNALS_AT_ONCE: usize = 256;

/// What the loop is told.
#[derive(Debug)]
pub(crate) enum Signal {
    /// A file was created.
    Created(PathBuf),
    /// A writer closed a file.
    Closed(PathBuf),
    /// A file or folder was renamed into place, or a folder was made.
    MovedIn(PathBuf),
    /// A file or folder was removed or renamed away.
    Gone(PathBuf),
    /// Rights or times of a file changed.
    Touched(PathBuf),
    /// Events were lost: list everything.
    List,
    /// Look up: there may be something to do.
    Wake,
}

/// A file that is ready to be announced.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) source: SourceId,
    pub(crate) root: Arc<Path>,
    /// Below the root.
    pub(crate) path: PathBuf,
    pub(crate) stamp: FileStamp,
    pub(crate) kind: PhotoKind,
    /// What it lacks, when it was cut off.
    pub(crate) lacks: Option<&'static str>,
    /// Who handed it in, where Kilat received it itself.
    pub(crate) via: Option<Via>,
}

impl Found {
    /// Whether it is what came of a file that was received, and its whole came while this waited.
    pub(crate) fn is_needless(&self) -> bool {
        self.via.is_some() && self.lacks.is_some() && self.root.join(&self.path).symlink_metadata().is_err()
    }
}

impl Aged for Found {
    fn mtime_ns(&self) -> i64 {
        self.stamp.mtime_ns
    }
}

/// What the loop needs of the rest.
#[derive(Clone)]
pub(crate) struct Outside {
    pub(crate) journal: Journal,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) runtime: Handle,
    pub(crate) stats: Arc<IngestStats>,
    pub(crate) found: Arc<Backlog<Found>>,
    /// Larger files stay failed.
    pub(crate) max_size_bytes: u64,
    /// Ends the loop; [`Signal::Wake`] makes it see that at once.
    pub(crate) stop: Stop,
}

/// The two ends of a loop's queue.
pub(crate) fn signals() -> (Signals, Receiver<Signal>) {
    let (sender, receiver) = sync_channel(SIGNALS);
    (Signals::new(sender), receiver)
}

/// How changes are noticed now.
#[derive(Debug)]
pub(super) enum Mode {
    Events(Watch),
    Looking,
}

/// One hot folder.
pub(crate) struct HotFolder {
    pub(super) source: SourceId,
    pub(super) root: Arc<Path>,
    pub(super) poll: Poll,
    pub(super) outside: Outside,
    pub(super) signals: Signals,
    pub(super) settle: Settle,
    pub(super) known: Known,
    pub(super) mode: Option<Mode>,
    pub(super) identity: Option<Identity>,
    /// What the journal holds for the source; none while unknown.
    pub(super) told: Option<bool>,
    pub(super) next_check: Duration,
    pub(super) next_list: Duration,
}

impl HotFolder {
    pub(crate) fn new(config: &HotFolderConfig, signals: Signals, outside: Outside) -> Self {
        Self {
            source: config.source.clone(),
            root: config.root.as_path().into(),
            poll: config.poll,
            outside,
            signals,
            settle: Settle::default(),
            known: Known::default(),
            mode: None,
            identity: None,
            told: None,
            next_check: Duration::ZERO,
            next_list: Duration::ZERO,
        }
    }

    /// Runs until stopping is asked. Blocks: it belongs on a thread of its own.
    ///
    /// # Errors
    /// Only when the journal has ended for good.
    pub(crate) fn run(mut self, inbox: &Receiver<Signal>) -> Result<(), JournalError> {
        while !self.outside.stop.is_asked() {
            let now = self.outside.clock.monotonic();
            if now >= self.next_check {
                self.check_root(now)?;
            }
            if self.mode.is_some() {
                if self.signals.take_lost() {
                    count(&self.outside.stats.overflows);
                    self.next_list = now;
                }
                if now >= self.next_list {
                    self.list(now);
                }
                self.look_at_due(now);
            }
            match inbox.recv_timeout(self.wait()) {
                Ok(signal) => {
                    self.take(signal);
                    for signal in inbox.try_iter().take(SIGNALS_AT_ONCE) {
                        self.take(signal);
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                // Not while this loop holds an end of its own.
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        Ok(())
    }

    fn wait(&self) -> Duration {
        let mut next = self.next_check;
        if self.mode.is_some() {
            next = next.min(self.next_list);
            if let Some(look) = self.settle.next() {
                next = next.min(look);
            }
        }
        next.saturating_sub(self.outside.clock.monotonic())
    }

    fn take(&mut self, signal: Signal) {
        let now = self.outside.clock.monotonic();
        match signal {
            Signal::Created(path) => self.sign(&path, Sign::Created, now),
            Signal::Closed(path) => self.sign(&path, Sign::Finished, now),
            Signal::MovedIn(path) => match path.symlink_metadata() {
                Ok(meta) if meta.is_dir() => self.enter(&path, now),
                Ok(_) => self.sign(&path, Sign::Finished, now),
                // It went on to another name, which has an event of its own.
                Err(_) => {}
            },
            Signal::Gone(path) => self.gone(&path, now),
            Signal::Touched(path) => {
                // New rights may make a file readable that was not.
                self.known.remove(&path);
                if path.symlink_metadata().is_ok_and(|meta| meta.is_file()) {
                    self.sign(&path, Sign::Found, now);
                }
            }
            Signal::List => {
                count(&self.outside.stats.overflows);
                self.next_list = now;
            }
            Signal::Wake => {}
        }
    }

    fn sign(&mut self, path: &Path, sign: Sign, now: Duration) {
        if noise::kind_of(path).is_none() {
            if sign != Sign::Created {
                count(&self.outside.stats.noise);
            }
        } else if !self.settle.sign(path, sign, now) {
            self.next_list = self.next_list.min(now + PUT_OFF);
        }
    }

    /// A folder appeared: watch it and all below it, and see what is in it already.
    fn enter(&mut self, folder: &Path, now: Duration) {
        if folder.file_name().is_some_and(noise::is_noise_folder) {
            return;
        }
        if self.list_from(folder, now).is_err() {
            // Gone again, or not readable: the next listing of everything tells.
            self.next_list = self.next_list.min(now + PUT_OFF);
        }
    }

    fn list(&mut self, now: Duration) {
        let root = Arc::clone(&self.root);
        let listed = self.list_from(&root, now);
        let took = self.outside.clock.monotonic().saturating_sub(now);
        self.next_list = now
            + match self.mode {
                Some(Mode::Events(_)) => LIST_BEHIND_EVENTS,
                Some(Mode::Looking) | None => took.saturating_mul(LISTING_SHARE).clamp(LIST_AT_MOST, LIST_AT_LEAST),
            };
        match listed {
            Ok(Listed::All) => self.forget_gone(),
            Ok(Listed::Part) => tracing::warn!(
                folder = %root.display(),
                "some folders in it are not watched: it has more than {} or they are too deep; move old shoots out of it",
                scan::MAX_FOLDERS
            ),
            Err(_) => self.next_check = now,
        }
        if self.settle.len() >= super::settle::MAX_TRACKED {
            self.next_list = now + PUT_OFF;
        }
    }

    fn list_from(&mut self, folder: &Path, now: Duration) -> std::io::Result<Listed> {
        count(&self.outside.stats.scans);
        let (settle, known, stats) = (&mut self.settle, &self.known, &self.outside.stats);
        let mut watch = match &mut self.mode {
            Some(Mode::Events(watch)) => Some(watch),
            Some(Mode::Looking) | None => None,
        };
        let mut refused = None;
        let listed = scan::scan(&self.root, folder, |entry| match entry {
            Entry::Folder(folder) => {
                if let Some(watch) = &mut watch
                    && let Err(error) = watch.add(folder)
                    && folder.is_dir()
                {
                    refused = Some((error, watch.len()));
                }
            }
            Entry::Photo(path, stamp) if !known.holds(path, &stamp) => {
                settle.sign(path, Sign::Found, now);
            }
            Entry::Photo(..) => {}
            Entry::Noise => count(&stats.noise),
        });
        if let Some((error, watched)) = refused {
            tracing::warn!(
                folder = %self.root.display(), watched, %error,
                "the system refuses to watch more folders; Kilat looks every second instead (raise fs.inotify.max_user_watches)"
            );
            self.mode = Some(Mode::Looking);
            self.next_list = now + LIST_AT_MOST;
        }
        listed
    }

    fn look_at_due(&mut self, now: Duration) {
        while let Some(path) = self.settle.due(now) {
            if self.outside.found.room() == 0 {
                self.settle.postpone(&path, now + PUT_OFF);
                continue;
            }
            let Some(kind) = noise::kind_of(&path) else {
                self.settle.forget(&path);
                continue;
            };
            match look(&path, kind, self.outside.clock.now()) {
                Sight::Nothing => self.settle.forget(&path),
                // Handed on, so that reading it is retried and its reason reported.
                Sight::Closed(stamp) => self.hand_on(&path, stamp, kind, None, now),
                Sight::File(seen) if self.known.holds(&path, &seen.stamp) => self.settle.forget(&path),
                Sight::File(seen) => match self.settle.looked(&path, &seen, now) {
                    Verdict::Wait => {}
                    Verdict::Ready => self.hand_on(&path, seen.stamp, kind, None, now),
                    Verdict::CutOff(lacks) => self.hand_on(&path, seen.stamp, kind, Some(lacks), now),
                    Verdict::Empty => {
                        count(&self.outside.stats.empty);
                        self.known.insert(&path, &seen.stamp);
                    }
                },
            }
        }
    }

    fn hand_on(&mut self, path: &Path, stamp: FileStamp, kind: PhotoKind, lacks: Option<&'static str>, now: Duration) {
        self.settle.forget(path);
        let Ok(below) = path.strip_prefix(&self.root) else { return };
        match self.is_known(below, &stamp) {
            Ok(true) => self.known.insert(path, &stamp),
            Ok(false) => {
                let found = Found {
                    source: self.source.clone(),
                    root: Arc::clone(&self.root),
                    path: below.to_path_buf(),
                    stamp,
                    kind,
                    lacks,
                    via: None,
                };
                match self.outside.found.push(found) {
                    Ok(()) => self.known.insert(path, &stamp),
                    Err(_) => self.again_later(path, now),
                }
            }
            Err(error) => {
                tracing::debug!(%error, "the journal was not asked about a file");
                self.again_later(path, now);
            }
        }
    }

    fn again_later(&mut self, path: &Path, now: Duration) {
        if self.settle.sign(path, Sign::Finished, now) {
            self.settle.postpone(path, now + PUT_OFF);
        } else {
            self.next_list = self.next_list.min(now + PUT_OFF);
        }
    }

    /// Whether the journal has this state of the file; what could not be read before is tried again.
    fn is_known(&self, below: &Path, stamp: &FileStamp) -> Result<bool, JournalError> {
        let Some((arrival, status)) = self.outside.journal.arrival_at_blocking(&self.source, below)? else {
            return Ok(false);
        };
        if arrival.stamp != *stamp {
            return Ok(false);
        }
        Ok(match status {
            ArrivalStatus::Seen | ArrivalStatus::Filed(_) | ArrivalStatus::Again(_) => true,
            ArrivalStatus::Failed(ArrivalFailure::Incomplete) => true,
            ArrivalStatus::Failed(ArrivalFailure::TooLarge) => stamp.size_bytes > self.outside.max_size_bytes,
            // Gone and back: what it is now is looked at anew.
            ArrivalStatus::Forgotten => false,
            ArrivalStatus::Failed(ArrivalFailure::Unreadable | ArrivalFailure::Vanished) => false,
        })
    }
}

#[cfg(test)]
mod tests;
