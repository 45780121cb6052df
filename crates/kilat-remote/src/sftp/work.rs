//! Work over a connection of its own: cut when it is cancelled, kept for the next one when it went well.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use kilat_core::{ObjectKey, ProofHash};
use kilat_objects::{Proving, RateLimit, Space, StoreError, Watch};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::runtime::Runtime;
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::session::{Login, Session, fault, is_missing};
use crate::source::Source;
use crate::{Patience, SLOWEST};

/// Longest wait before a copy looks whether it was cancelled.
const LOOK: Duration = Duration::from_millis(100);
/// Connections kept for the next copies: as many as usually run at once.
const KEEP_SESSIONS: usize = 4;
/// Sent and read at once: eight packets.
pub(super) const BLOCK: usize = 256 * 1024;
/// Room left for the machine itself.
const MARGIN_BYTES: u64 = 16 * 1024 * 1024;

/// What outlives the store while somebody reads a copy.
pub(super) struct Inner {
    pub(super) login: Login,
    pub(super) root: String,
    pub(super) limit: Arc<RateLimit>,
    pub(super) patience: Patience,
    pub(super) idle: Mutex<Vec<Session>>,
    /// One thread that keeps connections alive; the work is done on the callers' threads.
    pub(super) runtime: Option<Runtime>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        // Whoever drops this may be a task, which must not wait.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// A connection in use, and whom to ask whether to go on.
#[derive(Clone, Copy)]
pub(super) struct Work<'a> {
    pub(super) inner: &'a Inner,
    pub(super) session: &'a Session,
    pub(super) watch: &'a dyn Watch,
}

impl Inner {
    pub(super) fn own(&self, below: &str) -> String {
        format!("{}/{below}", self.root)
    }

    pub(super) fn path(&self, key: &ObjectKey) -> String {
        self.own(key.as_str())
    }

    /// Works with a connection of its own, until it is done, cancelled, or out of time for so many bytes.
    pub(super) fn with<T>(
        &self,
        watch: &dyn Watch,
        size_bytes: u64,
        work: impl AsyncFnOnce(Work<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let within = self.patience.call + Duration::from_secs(size_bytes / SLOWEST);
        let runtime = self.runtime.as_ref().ok_or(StoreError::Cancelled)?;
        runtime.block_on(async {
            let kept = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let session = match kept.filter(Session::is_open) {
                Some(session) => session,
                None => tokio::select! {
                    connected = self.login.connect() => connected?,
                    () = cancelled(watch) => return Err(StoreError::Cancelled),
                },
            };
            let result = tokio::select! {
                done = timeout(within, work(Work { inner: self, session: &session, watch })) => {
                    done.unwrap_or_else(|_elapsed| Err(self.io("finish in time with", io::ErrorKind::TimedOut.into())))
                }
                () = cancelled(watch) => Err(StoreError::Cancelled),
            };
            let is_full = self.idle.lock().unwrap_or_else(PoisonError::into_inner).len() >= KEEP_SESSIONS;
            if result.is_err() || is_full {
                // Requests may be on their way still: nobody must read their answers as his own.
                session.end().await;
            } else {
                self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(session);
            }
            result
        })
    }

    pub(super) fn io(&self, what: &'static str, source: io::Error) -> StoreError {
        StoreError::Io { what, path: self.login.place.clone(), source }
    }
}

async fn cancelled(watch: &dyn Watch) {
    let mut looks = interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        looks.tick().await;
        if watch.is_cancelled() {
            return;
        }
    }
}

impl Work<'_> {
    pub(super) fn fault(&self, what: &'static str) -> impl Fn(russh_sftp::client::error::Error) -> StoreError {
        let place = self.inner.login.place.clone();
        move |error| fault(&place, what, error)
    }

    pub(super) fn io(&self, what: &'static str) -> impl Fn(io::Error) -> StoreError {
        let inner = self.inner;
        let place = inner.login.place.clone();
        move |source| StoreError::Io { what, path: place.clone(), source }
    }

    /// The length of a file; none where no file stands. A link is none of ours.
    pub(super) async fn size(&self, path: &str) -> Result<Option<u64>, StoreError> {
        match self.session.sftp.symlink_metadata(path).await {
            Ok(found) if found.is_regular() => Ok(found.size),
            Ok(_) => Ok(None),
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(self.fault("look at")(error)),
        }
    }

    /// The length and hash of a file as it is read back.
    pub(super) async fn proof(&self, path: &str) -> Result<Option<(u64, ProofHash)>, StoreError> {
        let mut file = match self.session.sftp.open(path).await {
            Ok(file) => file,
            Err(error) if is_missing(&error) => return Ok(None),
            Err(error) => return Err(self.fault("read back from")(error)),
        };
        let (mut proving, mut length, mut block) = (Proving::default(), 0, vec![0; BLOCK]);
        loop {
            let read = file.read(&mut block).await.map_err(self.io("read back from"))?;
            if read == 0 {
                file.close().await.map_err(self.io("read back from"))?;
                return Ok(Some((length, proving.proof())));
            }
            self.inner.limit.take(read as u64, self.watch)?;
            proving.update(&block[..read]);
            length += read as u64;
        }
    }

    pub(super) async fn read_small(&self, path: &str, most: u64) -> Result<Option<Vec<u8>>, StoreError> {
        let file = match self.session.sftp.open(path).await {
            Ok(file) => file,
            Err(error) if is_missing(&error) => return Ok(None),
            Err(error) => return Err(self.fault("read from")(error)),
        };
        let mut bytes = Vec::new();
        file.take(most).read_to_end(&mut bytes).await.map_err(self.io("read from"))?;
        Ok(Some(bytes))
    }

    /// Writes a small file, durably, and reads it back.
    pub(super) async fn write_small(&self, path: &str, bytes: &[u8]) -> Result<(), StoreError> {
        let mut file = self.session.sftp.create(path).await.map_err(self.fault("write to"))?;
        file.write_all(bytes).await.map_err(self.io("write to"))?;
        file.flush().await.map_err(self.io("write to"))?;
        file.sync_all().await.map_err(self.fault("sync in"))?;
        file.close().await.map_err(self.io("write to"))?;
        if self.read_small(path, bytes.len() as u64 + 1).await?.as_deref() == Some(bytes) {
            return Ok(());
        }
        Err(StoreError::Corrupt { place: self.inner.login.place.clone() })
    }

    pub(super) async fn remove(&self, path: &str) -> Result<(), StoreError> {
        match self.session.sftp.remove_file(path).await {
            Ok(()) => Ok(()),
            Err(error) if is_missing(&error) => Ok(()),
            Err(error) => Err(self.fault("remove from")(error)),
        }
    }

    /// Makes the folders around a path below the root.
    pub(super) async fn make_folders(&self, path: &str) -> Result<(), StoreError> {
        let root = self.inner.root.len();
        for (at, _) in path.match_indices('/').filter(|(at, _)| *at > root) {
            let folder = &path[..at];
            match self.session.sftp.symlink_metadata(folder).await {
                Ok(found) if found.is_dir() => continue,
                Ok(_) => return Err(self.io("use a folder in")(io::ErrorKind::NotADirectory.into())),
                Err(_missing) => {}
            }
            if let Err(error) = self.session.sftp.create_dir(folder).await {
                // Another copy may have made it meanwhile.
                let is_there = self.session.sftp.symlink_metadata(folder).await.is_ok_and(|found| found.is_dir());
                if !is_there {
                    return Err(self.fault("make a folder in")(error));
                }
            }
        }
        Ok(())
    }

    pub(super) async fn space(&self) -> Result<Option<Space>, StoreError> {
        let asked = self.session.sftp.fs_info(self.inner.root.as_str()).await.map_err(self.fault("ask"))?;
        Ok(asked.map(|room| Space {
            free_bytes: room.blocks_avail.saturating_mul(room.fragment_size).saturating_sub(MARGIN_BYTES),
            total_bytes: room.blocks.saturating_mul(room.fragment_size),
        }))
    }

    /// Sends a source to a temporary; the source's own state decides when it ends early.
    pub(super) async fn send(&self, source: &mut Source<'_>, part: &str, high: &mut u64) -> Result<(), StoreError> {
        let mut file = self.session.sftp.create(part).await.map_err(self.fault("write to"))?;
        let (mut block, mut at) = (Vec::new(), 0);
        loop {
            source.part(&mut block, BLOCK)?;
            if block.is_empty() {
                break;
            }
            self.inner.limit.take(block.len() as u64, self.watch)?;
            file.write_all(&block).await.map_err(self.io("write to"))?;
            at += block.len() as u64;
            if at > *high {
                *high = at;
                self.watch.sent(at);
            }
        }
        file.flush().await.map_err(self.io("write to"))?;
        file.sync_all().await.map_err(self.fault("sync in"))?;
        file.close().await.map_err(self.io("write to"))?;
        source.finish()
    }
}
