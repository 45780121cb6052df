//! Locks as restic knows them: a file that says who works here, so that `restic prune` and Kilat do not
//! take things from under each other. The library has none.
//!
//! Ours that is left by a process that is gone is removed; anybody else's is respected.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use rustic_core::repofile::MasterKey;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::cipher;
use super::place::{Place, fault, host_name, is_alive};
use crate::lines::{FaultKind, FaultLine};

/// How often a lock says that its owner is alive, as restic's own.
const REFRESH: Duration = Duration::from_secs(5 * 60);
/// A lock that nobody refreshed for so long has no owner, as restic reckons.
const STALE_SECONDS: i64 = 30 * 60;

/// A lock's content, as restic writes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct LockFile {
    time: Timestamp,
    exclusive: bool,
    hostname: String,
    username: String,
    pid: i32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    uid: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gid: Option<u32>,
}

/// Whom a lock keeps out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strength {
    /// Whoever removes things.
    Shared,
    /// Everybody.
    Exclusive,
}

/// A lock that is held until it is dropped.
#[derive(Debug)]
pub(crate) struct Lock {
    place: Place,
    cipher: MasterKey,
    strength: Strength,
    held: Mutex<Option<Held>>,
}

#[derive(Debug)]
struct Held {
    path: PathBuf,
    since: Timestamp,
}

impl Lock {
    /// Locks, unless another's lock forbids it.
    pub(crate) fn take(place: &Place, key: &MasterKey, strength: Strength) -> Result<Self, FaultLine> {
        let lock = Self { place: place.clone(), cipher: key.clone(), strength, held: Mutex::default() };
        lock.clear_the_way()?;
        lock.write()?;
        // Whoever looked at the same moment is seen now, or sees us.
        lock.clear_the_way()?;
        Ok(lock)
    }

    /// Says that its owner is alive, when it is time to.
    pub(crate) fn refresh(&self) -> Result<(), FaultLine> {
        let is_due = self.lock_held().as_ref().is_some_and(|held| age_seconds(held.since) >= REFRESH.as_secs() as i64);
        if is_due { self.write() } else { Ok(()) }
    }

    /// Gives it back.
    pub(crate) fn release(&self) {
        if let Some(held) = self.lock_held().take() {
            match fs::remove_file(&held.path) {
                // Whoever comes next sees that its owner is gone.
                Ok(()) | Err(_) => {}
            }
        }
    }

    fn lock_held(&self) -> std::sync::MutexGuard<'_, Option<Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn folder(&self) -> PathBuf {
        self.place.root().join("locks")
    }

    fn write(&self) -> Result<(), FaultLine> {
        let now = Timestamp::now();
        let content = LockFile {
            time: now,
            exclusive: self.strength == Strength::Exclusive,
            hostname: host_name(),
            username: "kilat".to_owned(),
            pid: i32::try_from(std::process::id()).unwrap_or(i32::MAX),
            uid: Some(rustix::process::getuid().as_raw()),
            gid: Some(rustix::process::getgid().as_raw()),
        };
        let folder = self.folder();
        let written = serde_json::to_vec(&content).map_err(io::Error::other).and_then(|text| {
            let sealed = cipher::seal(&self.cipher, &text)?;
            let name: String = Sha256::digest(&sealed).iter().map(|byte| format!("{byte:02x}")).collect();
            self.place.put(&folder, &name, &[Bytes::from(sealed)])?;
            Ok(folder.join(name))
        });
        let path = written.map_err(|error| fault("write a lock in", &folder, &error))?;
        let before = self.lock_held().replace(Held { path, since: now });
        if let Some(before) = before {
            fs::remove_file(&before.path).map_err(|error| fault("remove", &before.path, &error))?;
        }
        Ok(())
    }

    /// Removes locks of ours whose process is gone; an error when another's forbids this one.
    fn clear_the_way(&self) -> Result<(), FaultLine> {
        let folder = self.folder();
        let entries = match fs::read_dir(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            entries => entries.map_err(|error| fault("list", &folder, &error))?,
        };
        let own = self.lock_held().as_ref().map(|held| held.path.clone());
        for entry in entries {
            let path = entry.map_err(|error| fault("list", &folder, &error))?.path();
            if own.as_ref() == Some(&path) {
                continue;
            }
            let sealed = match fs::read(&path) {
                // Its owner gave it back between the list and the look.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                sealed => sealed.map_err(|error| fault("read", &path, &error))?,
            };
            let Some(other) = open(&self.cipher, &sealed) else {
                let text = format!("the lock {path:?} cannot be read: if nothing else works there, remove that file");
                return Err(FaultLine::new(FaultKind::Locked, text));
            };
            if is_left_behind(&other) {
                match fs::remove_file(&path) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => {
                        return Err(fault("remove", &path, &error));
                    }
                    Ok(()) | Err(_) => continue,
                }
            }
            if other.exclusive || self.strength == Strength::Exclusive {
                return Err(FaultLine::new(FaultKind::Locked, told(&other)));
            }
        }
        Ok(())
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        self.release();
    }
}

fn told(other: &LockFile) -> String {
    format!(
        "{:?} on the computer {:?} (process {}) works there since {}: wait until it is done; if it is dead, run `restic unlock`",
        other.username, other.hostname, other.pid, other.time
    )
}

/// Whether the lock's process is gone. Of another computer's nothing is known.
fn is_left_behind(lock: &LockFile) -> bool {
    // A number that is ours again: this process makes its locks only after this question.
    let is_me = u32::try_from(lock.pid).is_ok_and(|pid| pid == std::process::id());
    lock.hostname == host_name() && (!is_alive(lock.pid) || is_me || age_seconds(lock.time) >= STALE_SECONDS)
}

fn age_seconds(since: Timestamp) -> i64 {
    Timestamp::now().as_second().saturating_sub(since.as_second())
}

/// What a lock says; none when it cannot be read. Of repositories of version 2, restic may have packed it.
fn open(key: &MasterKey, sealed: &[u8]) -> Option<LockFile> {
    let text = cipher::open(key, sealed)?;
    let text = if text.starts_with(b"{") { text } else { unpack(&text)? };
    serde_json::from_slice(&text).ok()
}

/// What version 2 puts around a packed file: a 2 before it.
fn unpack(text: &[u8]) -> Option<Vec<u8>> {
    /// Locks are small; what unpacks to more is none.
    const MOST: usize = 64 * 1024;
    let (2, packed) = text.split_first()? else { return None };
    zstd::bulk::decompress(packed, MOST).ok()
}

#[cfg(test)]
mod tests;
