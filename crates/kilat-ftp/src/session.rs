//! One connection: what it sends goes into the intake, and what it sent is what it sees.
//!
//! What comes under a name that is no photo's yet is `waiting`'s. All tables are bounded.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Cursor};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use kilat_core::{Via, Way, size_text};
use kilat_ingest::{IntakeError, Offer, Outcome, Receiving, WaitId};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::sync::watch;
use tokio::task::AbortHandle;
use unftp_core::storage::{Error, ErrorKind, Result};

use crate::Sender;
use crate::names::{called, is_for_now, kind_of, name_of};
use crate::patience::Patient;
use crate::server::Shared;
use crate::storage::About;

/// Files of one connection that are listed.
const MOST_SENT: usize = 10_000;
/// Folders that one connection made and that are listed.
const MOST_FOLDERS: usize = 256;
/// What is read of a file that was refused: photos are smaller, and of a film the sender may hear that it broke.
const DRAIN_BYTES: u64 = 256 << 20;
/// And for how long.
const DRAIN: Duration = Duration::from_secs(60);
/// Compared to tell a file that is sent again from one that goes on.
const HEAD_BYTES: usize = 4_096;
/// Fewer bytes tell nothing.
const MIN_HEAD_BYTES: usize = 64;

/// The connection.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) shared: Arc<Shared>,
    seen: Mutex<Seen>,
    receiving: watch::Sender<usize>,
}

#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) sent: BTreeMap<PathBuf, About>,
    folders: BTreeSet<PathBuf>,
    /// What was refused and is still being sent.
    draining: Option<AbortHandle>,
    /// What this connection sent under a name for now; bounded by the intake.
    pub(crate) waiting: BTreeMap<PathBuf, WaitId>,
}

/// One transfer; the connection is busy as long as it lives.
pub(crate) struct Busy<'a>(&'a watch::Sender<usize>);

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

impl Session {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, seen: Mutex::default(), receiving: watch::Sender::new(0) }
    }

    /// Waits until no file is on its way.
    pub(crate) async fn rested(&self) {
        let mut receiving = self.receiving.subscribe();
        // The sender lives in `self`, so it cannot be gone.
        drop(receiving.wait_for(|count| *count == 0).await);
    }

    pub(crate) fn is_receiving(&self) -> bool {
        *self.receiving.borrow() > 0
    }

    pub(crate) fn busy(&self) -> Busy<'_> {
        self.receiving.send_modify(|count| *count += 1);
        Busy(&self.receiving)
    }

    /// Takes a file.
    pub(crate) async fn put<R>(&self, sender: &Sender, path: PathBuf, start: u64, input: R) -> Result<u64>
    where
        R: AsyncRead + Send + Sync + Unpin + 'static,
    {
        let _busy = self.busy();
        let name = name_of(&path);
        let mut input = Patient::new(input);
        if !self.shared.door.may_send(&sender.camera) {
            self.drain(input);
            return Err(Error::new(ErrorKind::PermissionDenied, "this camera may not send any more"));
        }
        if start == 0 {
            if is_for_now(&name) {
                self.shared.intake.forget_called(&via(sender), &called(&path));
            }
            return match self.begin(sender, &name, 0).await {
                Ok(part) => self.receive(sender, path, part, input).await,
                Err(error) => {
                    self.drain(input);
                    Err(tell(sender, &name, &error))
                }
            };
        }
        // libunftp forgets an offset only after a file that came well: one that is sent again from its beginning
        // begins as what is here.
        let mut head = Vec::new();
        let mut first = (&mut input).take(HEAD_BYTES as u64);
        let failed = first.read_to_end(&mut head).await.err();
        let via = via(sender);
        let is_again =
            head.len() >= MIN_HEAD_BYTES && self.cut_off_begins_with(&via, &name, &head).await.unwrap_or(false);
        let part = if is_again {
            self.begin(sender, &name, 0).await
        } else {
            match self.go_on_waiting(sender, &path, start).await {
                Ok(None) => self.begin(sender, &name, start).await,
                Ok(Some(part)) => Ok(part),
                Err(error) => Err(error),
            }
        };
        let part = match part {
            Ok(part) => part,
            Err(error) => {
                self.drain(input);
                return Err(tell(sender, &name, &error));
            }
        };
        let rest = Cursor::new(head).chain(Broken(failed)).chain(input);
        self.receive(sender, path, part, rest).await
    }

    /// Reads what was refused and forgets it, for a while: libunftp would end the connection under whoever still sends,
    /// and many clients look for the answer only behind their last byte. One at a time.
    fn drain<R>(&self, input: Patient<R>)
    where
        R: AsyncRead + Send + Unpin + 'static,
    {
        let draining = tokio::spawn(async move {
            let mut input = input.take(DRAIN_BYTES);
            let mut nowhere = tokio::io::sink();
            let all = tokio::io::copy(&mut input, &mut nowhere);
            // However that ends, the answer was given.
            drop(tokio::time::timeout(DRAIN, all).await);
        });
        let before = self.seen().draining.replace(draining.abort_handle());
        if let Some(before) = before {
            before.abort();
        }
    }

    async fn cut_off_begins_with(&self, via: &Via, name: &str, head: &[u8]) -> io::Result<bool> {
        let (intake, via, name, head) = (self.shared.intake.clone(), via.clone(), name.to_owned(), head.to_owned());
        let asked = tokio::task::spawn_blocking(move || intake.cut_off_begins_with(&via, &name, &head));
        asked.await.map_err(io::Error::other)?
    }

    pub(crate) async fn begin(
        &self,
        sender: &Sender,
        name: &str,
        at: u64,
    ) -> std::result::Result<Receiving, IntakeError> {
        let intake = self.shared.intake.clone();
        let offer = Offer {
            via: via(sender),
            sender: sender.name.clone(),
            name: name.to_owned(),
            size_bytes: None,
            written: None,
            hash: None,
        };
        let begun = tokio::task::spawn_blocking(move || match at {
            0 => intake.begin(offer),
            at => intake.go_on_with_cut(offer, at),
        });
        begun.await.unwrap_or_else(|panic| Err(IntakeError::Cut(io::Error::other(panic))))
    }

    async fn receive<R>(&self, sender: &Sender, path: PathBuf, part: Receiving, input: R) -> Result<u64>
    where
        R: AsyncRead + Send + Unpin + 'static,
    {
        let name = name_of(&path);
        let poured = self.shared.intake.pour(part, input).await;
        let (part, failed) = poured.map_err(|error| tell(sender, &name, &error))?;
        if is_for_now(&name) && part.size_bytes() > 0 {
            let size_bytes = part.size_bytes();
            self.let_wait(sender, path, part).await?;
            return match failed {
                None => Ok(size_bytes),
                Some(error) => Err(Error::new(ErrorKind::ConnectionClosed, error)),
            };
        }
        self.finish(sender, path, part, failed).await
    }

    /// Ends a file under the name that its part has.
    pub(crate) async fn finish(
        &self,
        sender: &Sender,
        path: PathBuf,
        part: Receiving,
        failed: Option<io::Error>,
    ) -> Result<u64> {
        let (name, size_bytes) = (name_of(&path), part.size_bytes());
        let closed = |why: &'static str| Err(Error::new(ErrorKind::ConnectionClosed, why));
        let outcome = self.shared.intake.finish(part).await.map_err(|error| tell(sender, &name, &error))?;
        match outcome {
            Outcome::Filed { .. } | Outcome::Held { .. } => {
                self.shared.tally.filed(sender, &name, self.shared.clock.monotonic());
            }
            Outcome::CutOff { lacks, .. } => {
                if self.shared.intake.cut_off_bytes(&via(sender), &name).is_some() {
                    self.shared.tally.cut(sender, &name);
                }
                self.seen().sent.remove(&path);
                let came = size_text(size_bytes);
                tracing::warn!(
                    camera = %sender.camera,
                    "FTP: {} of {} was cut off after {came}: it lacks {lacks}; what came is kept and waits for its re-send",
                    kilat_core::safe_segment(&name),
                    sender.name
                );
                return closed("the file was cut off");
            }
            Outcome::Aside => {
                if failed.is_some() {
                    return closed("the connection broke off");
                }
            }
            Outcome::Empty => {
                // A photo without bytes was cut off before its first; anything else is a try whether sending works.
                if kind_of(&name).is_some() {
                    self.shared.tally.cut(sender, &name);
                    return closed("the file has no bytes");
                }
            }
        }
        self.list_as_sent(path, size_bytes);
        Ok(size_bytes)
    }

    pub(crate) fn list_as_sent(&self, path: PathBuf, size_bytes: u64) {
        let about = file(size_bytes, self.shared.wall());
        let mut seen = self.seen();
        if seen.sent.len() < MOST_SENT || seen.sent.contains_key(&path) {
            seen.sent.insert(path, about);
        }
    }

    /// What a path is: what came last of it. A file that waits for its name is found from every connection.
    pub(crate) fn about(&self, sender: &Sender, path: &Path) -> Option<About> {
        let now = self.shared.wall();
        let cut = self.shared.intake.cut_off_bytes(&via(sender), &name_of(path));
        let waiting = self.waiting(sender, path).map(|waiting| file(waiting.size_bytes, waiting.at.to_system_time()));
        let seen = self.seen();
        let sent = seen.sent.get(path).copied();
        let folder = (path == Path::new("/") || seen.folders.contains(path)).then(|| folder(now));
        waiting.or(sent).or_else(|| cut.map(|size| file(size, now))).or(folder)
    }

    /// What stands in a folder, or the one file of that path.
    pub(crate) fn list(&self, path: &Path) -> Vec<(PathBuf, About)> {
        let now = self.shared.wall();
        let waiting = self.own_waiting();
        let waiting = waiting.into_iter().map(|(path, waiting)| {
            let at = waiting.at.to_system_time();
            (path, file(waiting.size_bytes, at))
        });
        let seen = self.seen();
        let files = seen.sent.iter().map(|(path, about)| (path.clone(), *about));
        let folders = seen.folders.iter().map(|path| (path.clone(), folder(now)));
        let is_there =
            |(one, about): &(PathBuf, About)| one.parent() == Some(path) || (one == path && !about.is_folder);
        files.chain(waiting).chain(folders).filter(is_there).collect()
    }

    pub(crate) fn make_folder(&self, path: PathBuf) {
        let mut seen = self.seen();
        if seen.folders.len() < MOST_FOLDERS {
            seen.folders.insert(path);
        }
    }

    pub(crate) fn forget_folder(&self, path: &Path) {
        self.seen().folders.remove(path);
    }

    pub(crate) fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(crate) fn via(sender: &Sender) -> Via {
    Via { way: Way::Ftp, camera: sender.camera.clone() }
}

fn file(size_bytes: u64, at: SystemTime) -> About {
    About { size_bytes, at, is_folder: false }
}

fn folder(at: SystemTime) -> About {
    About { size_bytes: 0, at, is_folder: true }
}

/// Says in the log why a file was not taken; answers what libunftp makes its reply of.
pub(crate) fn tell(sender: &Sender, name: &str, error: &IntakeError) -> Error {
    let kind = match error {
        IntakeError::NoRoom { .. } => ErrorKind::InsufficientStorageSpaceError,
        IntakeError::TooLarge { .. } => ErrorKind::ExceededStorageAllocationError,
        IntakeError::NoPart => ErrorKind::PermanentFileNotAvailable,
        IntakeError::Differs | IntakeError::Cut(_) => ErrorKind::ConnectionClosed,
        IntakeError::Io { .. } => ErrorKind::LocalError,
    };
    let file = kilat_core::safe_segment(name);
    tracing::warn!(camera = %sender.camera, "FTP: {file} of {} was not taken: {error}", sender.name);
    Error::new(kind, error.to_string())
}

/// Tells once of a connection that failed before.
struct Broken(Option<io::Error>);

impl AsyncRead for Broken {
    fn poll_read(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
        _: &mut tokio::io::ReadBuf<'_>,
    ) -> std::task::Poll<io::Result<()>> {
        std::task::Poll::Ready(self.get_mut().0.take().map_or(Ok(()), Err))
    }
}
