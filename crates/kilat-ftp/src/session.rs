//! One connection: what it sends goes into the intake, and what it sent is what it sees.
//!
//! What comes under a name that is no photo's yet is `waiting`'s. All tables are bounded.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use kilat_core::{Via, Way, size_text};
use kilat_ingest::{IntakeError, Offer, Outcome, Receiving, WaitId};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::task::AbortHandle;

use crate::Sender;
use crate::lent::Lent;
use crate::names::{called, is_for_now, kind_of, name_of};
use crate::patience::Patient;
use crate::reply::{Refusal, code};
use crate::server::Shared;

/// Files of one connection that are listed.
const MOST_SENT: usize = 10_000;
/// Folders that one connection made and that are listed.
const MOST_FOLDERS: usize = 256;
/// What is read of a file that was refused: photos are smaller, and of a film the sender may hear that it broke.
const DRAIN_BYTES: u64 = 256 << 20;
/// And for how long.
const DRAIN: Duration = Duration::from_secs(60);
/// What is told of a file or folder.
#[derive(Debug, Clone, Copy)]
pub(crate) struct About {
    pub(crate) size_bytes: u64,
    pub(crate) at: SystemTime,
    pub(crate) is_folder: bool,
}

/// The connection.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) shared: Arc<Shared>,
    seen: Mutex<Seen>,
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

impl Session {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, seen: Mutex::default() }
    }

    /// Takes a file.
    pub(crate) async fn put<R>(&self, sender: &Sender, path: PathBuf, start: u64, input: R) -> Result<(), Refusal>
    where
        R: AsyncRead + Send + Unpin + 'static,
    {
        let input = Lent::new(Patient::new(input));
        let taken = self.take(sender, path, start, input.again()).await;
        if taken.as_ref().is_err_and(|refusal| refusal.code != code::CUT) {
            self.drain(input);
        }
        taken
    }

    async fn take<R>(&self, sender: &Sender, path: PathBuf, start: u64, input: Lent<R>) -> Result<(), Refusal>
    where
        R: AsyncRead + Send + Unpin + 'static,
    {
        let name = name_of(&path);
        if !self.shared.door.may_send(&sender.camera) {
            return Err(Refusal::new(code::NOT_SIGNED_IN, "This camera may not send any more: kilat camera add"));
        }
        if start == 0 && is_for_now(&name) {
            self.shared.intake.forget_called(&via(sender), &called(&path));
        }
        let waiting = if start == 0 { Ok(None) } else { self.go_on_waiting(sender, &path, start).await };
        let part = match waiting {
            Ok(Some(part)) => Ok(part),
            Ok(None) => self.begin(sender, &name, start).await,
            Err(error) => Err(error),
        };
        let part = part.map_err(|error| tell(sender, &name, &error))?;
        self.receive(sender, path, part, input).await
    }

    /// Reads what was refused and forgets it, for a while: many clients look for the answer only behind their last byte,
    /// and one whose connection is reset does not find it. One at a time.
    fn drain<R>(&self, input: Lent<R>)
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

    pub(crate) async fn begin(&self, sender: &Sender, name: &str, at: u64) -> Result<Receiving, IntakeError> {
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

    async fn receive<R>(&self, sender: &Sender, path: PathBuf, part: Receiving, input: R) -> Result<(), Refusal>
    where
        R: AsyncRead + Send + Unpin + 'static,
    {
        let name = name_of(&path);
        let poured = self.shared.intake.pour(part, input).await;
        let (part, failed) = poured.map_err(|error| tell(sender, &name, &error))?;
        if is_for_now(&name) && part.size_bytes() > 0 {
            self.let_wait(sender, path, part).await?;
            return match failed {
                None => Ok(()),
                Some(_) => Err(cut("The connection broke off: what came is kept and waits for its re-send")),
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
    ) -> Result<(), Refusal> {
        let (name, size_bytes) = (name_of(&path), part.size_bytes());
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
                return Err(cut(format!("Cut off: it lacks {lacks}. What came is kept and waits for its re-send")));
            }
            Outcome::Aside => {
                if failed.is_some() {
                    return Err(cut("The connection broke off: send it again"));
                }
            }
            Outcome::Empty => {
                // A photo without bytes was cut off before its first; anything else is a try whether sending works.
                if kind_of(&name).is_some() {
                    self.shared.tally.cut(sender, &name);
                    return Err(cut("The file has no bytes: send it again"));
                }
            }
        }
        self.list_as_sent(path, size_bytes);
        Ok(())
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

fn cut(why: impl Into<String>) -> Refusal {
    Refusal::new(code::CUT, why)
}

/// Says in the log why a file was not taken; answers what the camera is told.
pub(crate) fn tell(sender: &Sender, name: &str, error: &IntakeError) -> Refusal {
    let code = match error {
        IntakeError::NoRoom { .. } => code::NO_ROOM,
        IntakeError::TooLarge { .. } => code::TOO_LARGE,
        IntakeError::NoPart => code::NO_FILE,
        IntakeError::Differs | IntakeError::Cut(_) => code::CUT,
        IntakeError::Io { .. } => code::TRY_LATER,
    };
    let file = kilat_core::safe_segment(name);
    tracing::warn!(camera = %sender.camera, "FTP: {file} of {} was not taken: {error}", sender.name);
    Refusal::new(code, error.to_string())
}
