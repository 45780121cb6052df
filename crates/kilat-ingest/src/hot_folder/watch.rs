//! Events of the file system, one watch a folder, translated into signs.
//!
//! Only what can end the wait for a file passes; what does not fit into the queue becomes one
//! request to list the folder again. Absent: the watcher's own recursion, which misses files in
//! folders that are made and filled at once.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError};

use notify::event::{AccessKind, AccessMode, CreateKind, ModifyKind, RenameMode};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};

use super::folder::Signal;

/// Sends signals to the loop of one folder; never waits.
#[derive(Debug, Clone)]
pub(crate) struct Signals {
    queue: SyncSender<Signal>,
    is_lost: Arc<AtomicBool>,
}

impl Signals {
    pub(crate) fn new(queue: SyncSender<Signal>) -> Self {
        Self { queue, is_lost: Arc::default() }
    }

    /// Sends, or remembers that something was not sent.
    pub(crate) fn send(&self, signal: Signal) {
        match self.queue.try_send(signal) {
            // A loop that has ended needs no signal.
            Ok(()) | Err(TrySendError::Disconnected(_)) => {}
            Err(TrySendError::Full(_)) => self.is_lost.store(true, Ordering::Release),
        }
    }

    /// Whether something was not sent since the last question.
    pub(crate) fn take_lost(&self) -> bool {
        self.is_lost.swap(false, Ordering::AcqRel)
    }
}

/// The watches of one hot folder.
#[derive(Debug)]
pub(crate) struct Watch {
    watcher: RecommendedWatcher,
    folders: HashSet<PathBuf>,
}

impl Watch {
    pub(crate) fn new(signals: Signals) -> notify::Result<Self> {
        let watcher = notify::recommended_watcher(move |event: notify::Result<Event>| match event {
            Ok(event) => translate(event, &signals),
            Err(error) => {
                tracing::debug!(%error, "the watcher lost track");
                signals.send(Signal::List);
            }
        })?;
        Ok(Self { watcher, folders: HashSet::new() })
    }

    /// Watches one folder, not those below it. Twice is once.
    pub(crate) fn add(&mut self, folder: &Path) -> notify::Result<()> {
        if self.folders.contains(folder) {
            return Ok(());
        }
        self.watcher.watch(folder, RecursiveMode::NonRecursive)?;
        self.folders.insert(folder.to_path_buf());
        Ok(())
    }

    /// Ends the watches of a folder that is no longer there, and of all below it. False when it was no folder.
    pub(crate) fn remove(&mut self, folder: &Path) -> bool {
        if !self.folders.contains(folder) {
            return false;
        }
        let gone: Vec<PathBuf> = self.folders.iter().filter(|path| path.starts_with(folder)).cloned().collect();
        for path in gone {
            if let Err(error) = self.watcher.unwatch(&path) {
                // The system ends the watch of a deleted folder by itself.
                tracing::trace!(folder = %path.display(), %error, "a watch had ended");
            }
            self.folders.remove(&path);
        }
        true
    }

    pub(crate) fn len(&self) -> usize {
        self.folders.len()
    }
}

fn translate(event: Event, signals: &Signals) {
    if event.need_rescan() {
        signals.send(Signal::List);
        return;
    }
    #[expect(clippy::wildcard_enum_match_arm, reason = "the library's list is open, and most events say nothing new")]
    let make: fn(PathBuf) -> Signal = match event.kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => Signal::Closed,
        EventKind::Modify(ModifyKind::Name(RenameMode::To)) => Signal::MovedIn,
        EventKind::Modify(ModifyKind::Name(RenameMode::From)) | EventKind::Remove(_) => Signal::Gone,
        EventKind::Create(CreateKind::Folder) => Signal::MovedIn,
        EventKind::Create(_) => Signal::Created,
        EventKind::Modify(ModifyKind::Metadata(_)) => Signal::Touched,
        _ => return,
    };
    for path in event.paths {
        signals.send(make(path));
    }
}
