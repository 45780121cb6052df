//! What the hosts of one run share with those who break and judge them; it outlives every crash.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kilat_client::Missed;
use kilat_core::Stop;
use kilat_wire::{Channel, Channels, Cursor};

use crate::clock::SimClock;
use crate::run::Build;

/// The server's host.
pub(crate) const SERVER: &str = "server";
/// Where it answers.
pub(crate) const PORT: u16 = 3001;
/// Where nobody answers.
pub(crate) const NOBODY: u16 = 9;
/// What watchers present.
pub(crate) const TOKEN: &str = "a-secret-of-the-simulation";

/// Something to record.
#[derive(Debug, Clone)]
pub(crate) enum Work {
    /// Entries, by channel.
    Entries(Vec<Channel>),
    /// The operator stops or starts copying: the state of `dslr` shows it.
    Pause(bool),
}

/// What a watcher saw; kept as a program keeps it, after handling.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// The first place: what came before is not owed.
    pub(crate) first: Option<Cursor>,
    pub(crate) cursor: Option<Cursor>,
    pub(crate) entries: Vec<u64>,
    pub(crate) missed: Vec<Missed>,
    /// Entries before which something was left out.
    pub(crate) holes: Vec<u64>,
    /// The last state of `dslr`: whether copying was paused.
    pub(crate) paused: Option<bool>,
    pub(crate) resyncs: u64,
    pub(crate) connections: u64,
    pub(crate) polls: u64,
    pub(crate) ended: Option<String>,
}

/// One watcher.
#[derive(Debug)]
pub(crate) struct Watcher {
    pub(crate) name: String,
    pub(crate) channels: Channels,
    pub(crate) seed: u64,
    pub(crate) seen: Mutex<Seen>,
    /// How long it reads nothing, from its next event on.
    pub(crate) nap: Mutex<Option<Duration>>,
    /// Whether something between it and the server lets no WebSocket through.
    pub(crate) is_blocked: Mutex<bool>,
}

/// Everything that is shared.
pub(crate) struct World {
    pub(crate) build: Build,
    pub(crate) seed: u64,
    pub(crate) journal: PathBuf,
    pub(crate) clock: Arc<SimClock>,
    pub(crate) watchers: Vec<Arc<Watcher>>,
    /// What the server records next, when it is up.
    pub(crate) work: Mutex<Vec<Work>>,
    /// The last entry that was recorded.
    pub(crate) head: Mutex<u64>,
    /// Of the running server.
    pub(crate) stop: Mutex<Option<Stop>>,
    /// What broke, for people.
    pub(crate) story: Mutex<Vec<String>>,
}

impl World {
    pub(crate) fn tell(&self, at: Duration, what: impl Into<String>) {
        lock(&self.story).push(format!("{:8.3} s  {}", at.as_secs_f64(), what.into()));
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
