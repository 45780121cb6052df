//! The vault as its callers see it: attach, probe, back up, verify, restore, check, list. All calls block.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use kilat_core::{ContentHash, DESTINATION_MARK, EventId, FileStamp, MarkId, ObjectKey, ProofHash, path_text};
use kilat_objects::{DiskStore, Hashed, Known, ObjectStore, Shares, Space, StoreError};
use zeroize::Zeroizing;

use crate::VaultError;
use crate::lines::{AnswerLine, DoneLine, From, Job, JobLine, MAX_ITEMS, PhotoLine, PhotoOutcome};
use crate::process::{Running, Stopped, VaultProgram, feed};

/// How long the process may move nothing: longer than a disk that spins up or a share that comes back.
const PATIENCE: Duration = Duration::from_secs(180);
/// What may stand in a folder that becomes a repository: leftovers of an attempt to make one.
const MAY_STAND: [&str; 8] =
    [DESTINATION_MARK, ".kilat-parts", "lost+found", "data", "index", "keys", "locks", "snapshots"];

/// A repository in restic's format, and the password that opens it.
#[derive(Debug)]
pub struct Vault {
    program: VaultProgram,
    place: PathBuf,
    password: Zeroizing<String>,
    patience: Duration,
    shares: Option<Shares>,
    disk: DiskStore,
    /// Whether a mark must stand there: it was attached, now or in an earlier life.
    is_known: AtomicBool,
    /// Whether the password opened it in this life: asking again costs most of a second, on purpose.
    was_opened: AtomicBool,
}

/// A photo for the vault, as the journal knows it.
#[derive(Debug, Clone)]
pub struct VaultPhoto {
    /// Where it stands in the vault.
    pub key: ObjectKey,
    /// Where its bytes can be read; not looked at when the vault holds them already.
    pub file: PathBuf,
    /// The file's state when it was hashed.
    pub stamp: FileStamp,
    /// BLAKE3 of the bytes.
    pub content: ContentHash,
    /// XXH128 of the bytes.
    pub proof: ProofHash,
    /// Whether this vault's copy was proven before, as the journal says: then it is not read back again.
    pub is_proven: bool,
}

/// What a job tells while it runs.
#[derive(Debug)]
pub enum VaultEvent {
    /// Nothing new; the caller may end the job all the same.
    Tick,
    /// Bytes read and written so far, proofs and all: for a sign of life, not for a share of the whole.
    Moved {
        /// Read from photos and from the repository.
        read_bytes: u64,
        /// Written to the repository.
        written_bytes: u64,
    },
    /// So many bytes of a photo were read and written: it is under way.
    Sent {
        /// Its key.
        key: ObjectKey,
        /// Bytes, not proven yet.
        bytes: u64,
    },
    /// What became of a photo.
    Photo {
        /// Its key.
        key: ObjectKey,
        /// The outcome.
        outcome: Result<VaultOutcome, VaultError>,
    },
    /// A snapshot, of `list`.
    Snapshot(VaultSnapshot),
    /// Something that `check` found wrong.
    Finding(String),
    /// Something for the log.
    Note(String),
}

/// What went well with a photo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VaultOutcome {
    /// Stored, durable, read back and compared.
    Kept {
        /// Whether the vault held it already.
        was_there: bool,
    },
    /// Read back and compared.
    Proven,
    /// Written to its file, durable and compared with what was stored.
    Restored(Hashed),
}

/// One snapshot of the repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VaultSnapshot {
    /// Its id.
    pub id: String,
    /// When it was made, RFC 3339.
    pub time: String,
    /// On which computer.
    pub hostname: String,
    /// Its tags, with commas between.
    pub tags: String,
    /// Its paths, with commas between.
    pub paths: String,
}

/// How a job ended that ended well. Photos may have failed: they were told one by one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VaultReport {
    /// The snapshot that was made.
    pub snapshot: Option<String>,
    /// The most memory that the process held at once.
    pub peak_bytes: u64,
}

/// Which photos to restore.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VaultRange {
    /// Everything that Kilat stored of the event with this folder: the first part of its keys.
    Folder(ObjectKey),
    /// One snapshot, whoever made it.
    Snapshot(String),
}

/// Hears what a job tells; breaking ends the job, and what was finished stands.
pub type Hear<'a> = dyn FnMut(VaultEvent) -> ControlFlow<()> + 'a;

impl Vault {
    /// The repository in the folder `place`; nothing is touched yet.
    #[must_use]
    pub fn new(program: VaultProgram, place: PathBuf, password: Zeroizing<String>, known: Known) -> Self {
        let is_known = AtomicBool::new(matches!(known, Known::Place(_)));
        let disk = DiskStore::new(place.clone(), known);
        let was_opened = AtomicBool::new(false);
        Self { program, place, password, patience: PATIENCE, shares: None, disk, is_known, was_opened }
    }

    /// Keeps to the network's limit where the folder is a share.
    #[must_use]
    pub fn limited(self, shares: Shares) -> Self {
        Self { shares: Some(shares), ..self }
    }

    /// Waits at most so long for a sign of life from now on.
    pub fn set_patience(&mut self, patience: Duration) {
        self.patience = patience;
    }

    /// Where it is.
    #[must_use]
    pub fn place(&self) -> &Path {
        &self.place
    }

    /// Makes sure that this is the repository we know and that the password opens it. On first use makes it,
    /// in an empty folder. Answers what it says of itself.
    ///
    /// # Errors
    /// When another place or none is there, or the password is wrong.
    pub fn attach(&self) -> Result<MarkId, VaultError> {
        if self.is_known.load(Ordering::Acquire) {
            let mark = self.disk.attach()?;
            if !self.was_opened.load(Ordering::Acquire) {
                self.open(false)?;
            }
            return Ok(mark);
        }
        if self.place.join("config").exists() {
            // Somebody's repository gets our mark only when its password is known.
            self.open(false)?;
            let mark = self.disk.attach()?;
            self.is_known.store(true, Ordering::Release);
            return Ok(mark);
        }
        self.check_empty()?;
        let mark = self.disk.attach()?;
        self.open(true)?;
        self.is_known.store(true, Ordering::Release);
        Ok(mark)
    }

    fn open(&self, may_make: bool) -> Result<(), VaultError> {
        self.run(Job::Open { may_make }, Vec::new(), &mut |_| ControlFlow::Continue(()))?;
        self.was_opened.store(true, Ordering::Release);
        Ok(())
    }

    fn check_empty(&self) -> Result<(), VaultError> {
        let entries = match fs::read_dir(&self.place) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            entries => entries.map_err(|error| self.io("list", error))?,
        };
        for entry in entries {
            let name = entry.map_err(|error| self.io("list", error))?.file_name();
            if !MAY_STAND.iter().any(|other| name == *other) {
                let detail = format!("{:?} holds {name:?} and no repository", self.place);
                return Err(VaultError::NoRepository { detail });
            }
        }
        Ok(())
    }

    fn io(&self, what: &'static str, source: io::Error) -> VaultError {
        StoreError::Io { what, path: self.place.clone(), source }.into()
    }

    /// Whether it can be written, and its room.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn probe(&self) -> Result<Option<Space>, VaultError> {
        self.check_mark()?;
        self.disk.probe().map_err(VaultError::from)
    }

    /// Refuses when the place is not the one that we know.
    pub(crate) fn check_mark(&self) -> Result<(), VaultError> {
        if !self.is_known.load(Ordering::Acquire) {
            return Ok(());
        }
        let any = ObjectKey::from_names(["config"]);
        self.disk.look(&any).map(|_| ()).map_err(VaultError::from)
    }

    /// Stores photos of an event and proves them; one answer for each, and a snapshot of all that the event
    /// has there at the end.
    ///
    /// # Errors
    /// When the run could not go on; what was answered before stands.
    pub fn backup(
        &self,
        event: &EventId,
        folder: &ObjectKey,
        photos: Vec<VaultPhoto>,
        hear: &mut Hear<'_>,
    ) -> Result<VaultReport, VaultError> {
        self.check_mark()?;
        let (event, folder) = (Some(event.to_string()), folder.as_str().to_owned());
        self.run(Job::Backup { event, folder }, photos, hear)
    }

    /// Reads photos of an event back and compares them; one answer for each.
    ///
    /// # Errors
    /// When the repository could not be read.
    pub fn verify(
        &self,
        folder: &ObjectKey,
        photos: Vec<VaultPhoto>,
        hear: &mut Hear<'_>,
    ) -> Result<VaultReport, VaultError> {
        self.check_mark()?;
        self.run(Job::Verify { folder: folder.as_str().to_owned() }, photos, hear)
    }

    /// Writes photos into a folder under their keys, the named ones or all; one answer for each. Nothing is
    /// overwritten.
    ///
    /// # Errors
    /// When the repository could not be read or the folder not written.
    pub fn restore(
        &self,
        range: VaultRange,
        dest: &Path,
        photos: Vec<VaultPhoto>,
        hear: &mut Hear<'_>,
    ) -> Result<VaultReport, VaultError> {
        self.check_mark()?;
        let from = match range {
            VaultRange::Folder(folder) => From::Folder(folder.as_str().to_owned()),
            VaultRange::Snapshot(id) => From::Snapshot(id),
        };
        self.run(Job::Restore { from, dest: path_text::encode(dest) }, photos, hear)
    }

    /// Reads everything in the repository; tells what is wrong with it.
    ///
    /// # Errors
    /// When it could not be read.
    pub fn check(&self, hear: &mut Hear<'_>) -> Result<VaultReport, VaultError> {
        self.check_mark()?;
        self.run(Job::Check, Vec::new(), hear)
    }

    /// Tells of all snapshots, the oldest first.
    ///
    /// # Errors
    /// When they could not be read.
    pub fn list(&self, hear: &mut Hear<'_>) -> Result<VaultReport, VaultError> {
        self.check_mark()?;
        self.run(Job::List, Vec::new(), hear)
    }

    fn run(&self, job: Job, photos: Vec<VaultPhoto>, hear: &mut Hear<'_>) -> Result<VaultReport, VaultError> {
        if photos.len() > MAX_ITEMS {
            return Err(VaultError::TooMany { most: MAX_ITEMS });
        }
        let mut files: BTreeMap<String, PathBuf> = BTreeMap::new();
        for photo in &photos {
            if files.insert(photo.key.as_str().to_owned(), photo.file.clone()).is_some() {
                return Err(VaultError::Twice { key: photo.key.clone() });
            }
        }
        let mut running = self.start(job)?;
        feed(running.input(), photos.into_iter().map(PhotoLine::from)).map_err(VaultError::Start)?;
        let ended =
            running.follow(self.patience, &mut |answer| match answer.map(|answer| self.event(answer, &files)) {
                None => hear(VaultEvent::Tick),
                Some(Some(event)) => hear(event),
                Some(None) => ControlFlow::Continue(()),
            });
        match ended {
            Ok(Ok(DoneLine { snapshot, was_made: _, peak_bytes })) => Ok(VaultReport { snapshot, peak_bytes }),
            Ok(Err(fault)) => Err(VaultError::of(fault, &self.place, None)),
            Err(stopped) => Err(self.stopped(stopped)),
        }
    }

    pub(crate) fn start(&self, job: Job) -> Result<Running, VaultError> {
        let limit = self.shares.as_ref().and_then(|shares| shares.limit_of(&self.place));
        let (place, password, is_metered) =
            (path_text::encode(&self.place), self.password.to_string(), limit.is_some());
        let order = Zeroizing::new(JobLine { place, password, is_metered, job });
        Running::start(&self.program, &order, limit)
    }

    pub(crate) fn stopped(&self, stopped: Stopped) -> VaultError {
        match stopped {
            Stopped::Died(how) => VaultError::Died { how },
            Stopped::Stalled => VaultError::Stalled { place: self.place.clone(), patience: self.patience },
            Stopped::Garbled => VaultError::Garbled,
            Stopped::Cancelled => VaultError::Cancelled,
        }
    }

    pub(crate) fn patience(&self) -> Duration {
        self.patience
    }

    fn event(&self, answer: AnswerLine, files: &BTreeMap<String, PathBuf>) -> Option<VaultEvent> {
        Some(match answer {
            AnswerLine::Beat { read_bytes, written_bytes } => VaultEvent::Moved { read_bytes, written_bytes },
            AnswerLine::Sent { key, bytes } => VaultEvent::Sent { key: ObjectKey::try_from(key).ok()?, bytes },
            AnswerLine::Photo { key, outcome } => {
                let file = files.get(&key).filter(|file| !file.as_os_str().is_empty());
                let outcome = match outcome {
                    PhotoOutcome::Kept { was_there, stands_as: _ } => Ok(VaultOutcome::Kept { was_there }),
                    PhotoOutcome::Proven => Ok(VaultOutcome::Proven),
                    PhotoOutcome::Restored { size_bytes, proof, content } => {
                        Ok(VaultOutcome::Restored(Hashed { content, proof, size_bytes }))
                    }
                    PhotoOutcome::Failed(fault) => Err(VaultError::of(fault, &self.place, file.map(PathBuf::as_path))),
                };
                // The process names only keys that it was given or made.
                VaultEvent::Photo { key: ObjectKey::try_from(key).ok()?, outcome }
            }
            AnswerLine::Snapshot(line) => VaultEvent::Snapshot(VaultSnapshot {
                id: line.id,
                time: line.time,
                hostname: line.hostname,
                tags: line.tags,
                paths: line.paths,
            }),
            AnswerLine::Finding { text } => VaultEvent::Finding(text),
            AnswerLine::Note { text } => VaultEvent::Note(text),
            AnswerLine::Pay { .. }
            | AnswerLine::Entry { .. }
            | AnswerLine::Ready
            | AnswerLine::Done(_)
            | AnswerLine::Failed(_) => return None,
        })
    }
}

#[cfg(test)]
mod tests;
