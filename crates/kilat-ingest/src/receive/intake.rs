//! The handle that FTP, HTTP, cables and cards share: offer a file, write it, hear what became of it.

use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use kilat_core::{Clock, ContentHash, IdSource, Millis, PhotoId, PhotoKind, SourceId, Via};
use kilat_journal::Journal;
use kilat_objects::sync_folder;

use super::cut::Cuts;
use super::error::IntakeError;
use super::land::{Landed, land};
use super::note::{self, NOTE};
use super::part::{KEPT, PARTS, PartName, Receiving, Resting};
use super::take_up::{Named, photos_below};
use super::wait::{self, CALLED, WAITS};
use super::waits::Waits;
use crate::backlog::Backlog;
use crate::hot_folder::Found;
use crate::intake::Reading;
use crate::stats::IngestStats;

/// What the intake is told.
#[derive(Debug, Clone)]
pub struct IntakeConfig {
    /// Its source in the journal.
    pub source: SourceId,
    /// Its folder.
    pub root: PathBuf,
    /// Kinds that are copied to every upload destination; others are filed only.
    pub due_kinds: Vec<PhotoKind>,
    /// Larger files are refused.
    pub max_size_bytes: u64,
    /// What must stay free on its disk, for the journal and the rest of the machine.
    pub floor_bytes: u64,
}

/// A file that somebody wants to hand in.
#[derive(Debug, Clone)]
pub struct Offer {
    /// Who, and how.
    pub via: Via,
    /// Whom people would name: `Z9 of Budi`.
    pub sender: String,
    /// Its name as the sender gave it, without folders; of any origin.
    pub name: String,
    /// How long it will be, where that is known.
    pub size_bytes: Option<u64>,
    /// When it was last written where it comes from, where that is known.
    pub written: Option<SystemTime>,
    /// What its bytes are, where the sender says so: others are refused.
    pub hash: Option<ContentHash>,
}

/// What became of a file that was handed in whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is a photo of the active event, and durable.
    Filed {
        /// Which.
        photo: PhotoId,
        /// Whether its content was not held before.
        is_new: bool,
        /// What it is.
        hash: ContentHash,
    },
    /// It is durable here and becomes a photo by itself, as soon as an event is active and the journal takes it.
    Held {
        /// What it is.
        hash: ContentHash,
    },
    /// It ends before it should. What came is kept until the whole comes, and shown as cut off.
    CutOff {
        /// What it lacks.
        lacks: &'static str,
        /// How much came.
        size_bytes: u64,
    },
    /// No photo by its name: kept beside the photos, in no event.
    Aside,
    /// It has no bytes, and is not kept.
    Empty,
}

/// The handle. Clones share everything.
#[derive(Debug, Clone)]
pub struct Intake {
    pub(super) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(super) config: IntakeConfig,
    pub(super) root: Arc<Path>,
    pub(super) journal: Journal,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) ids: Arc<IdSource>,
    pub(super) stats: Arc<IngestStats>,
    pub(super) cuts: Cuts,
    pub(crate) found: Arc<Backlog<Found>>,
    pub(crate) to_read: Arc<Backlog<Reading>>,
    named: Mutex<Vec<Named>>,
    pub(super) promised: AtomicU64,
    pub(super) waits: Waits,
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inner").field("config", &self.config).finish_non_exhaustive()
    }
}

impl Intake {
    /// Makes the folder, forgets parts that nobody can go on with, and finds what was cut off or waits for its name.
    ///
    /// # Errors
    /// When the folder cannot be used.
    pub fn open(
        config: IntakeConfig,
        journal: Journal,
        clock: Arc<dyn Clock>,
        ids: Arc<IdSource>,
        stats: Arc<IngestStats>,
    ) -> io::Result<Self> {
        let parts = config.root.join(PARTS);
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&parts)?;
        // What is synced in a folder is no more durable than the folder.
        let above = config.root.parent().filter(|above| !above.as_os_str().is_empty());
        for folder in [Some(config.root.as_path()), above].into_iter().flatten() {
            sync_folder(folder)?;
        }
        for entry in std::fs::read_dir(&parts)? {
            let path = entry?.path();
            let is_nobodys =
                path.extension().is_none_or(|ext| [KEPT, NOTE, WAITS, CALLED].iter().all(|kept| ext != *kept));
            if is_nobodys && let Err(error) = std::fs::remove_file(&path) {
                tracing::warn!(path = %path.display(), %error, "a part of an earlier process stays");
            }
        }
        let cuts = Cuts::find(&config.root)?;
        let waits = Waits::new(wait::find(&config.root)?);
        let named = Mutex::new(photos_below(&config.root));
        let root = config.root.as_path().into();
        let (found, to_read) = (Arc::new(Backlog::new()), Arc::new(Backlog::new()));
        let inner = Inner {
            config,
            root,
            journal,
            clock,
            ids,
            stats,
            cuts,
            found,
            to_read,
            named,
            promised: AtomicU64::new(0),
            waits,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// What waits to be announced and to be read.
    pub(crate) fn queues(&self) -> (Arc<Backlog<Found>>, Arc<Backlog<Reading>>) {
        (Arc::clone(&self.inner.found), Arc::clone(&self.inner.to_read))
    }

    /// Its source in the journal.
    #[must_use]
    pub fn source(&self) -> &SourceId {
        &self.inner.config.source
    }

    /// Its source, and where its files stand.
    pub(crate) fn place(&self) -> (&SourceId, Arc<Path>) {
        (&self.inner.config.source, Arc::clone(&self.inner.root))
    }

    /// Begins a file. Blocks on the disk.
    ///
    /// # Errors
    /// When it is too large or there is no room for it, before anything was written.
    pub fn begin(&self, offer: Offer) -> Result<Receiving, IntakeError> {
        Receiving::begin(&self.inner, offer, None)
    }

    /// Begins one that can be gone on with after it was [parked](Receiving::park), also after a restart.
    ///
    /// # Errors
    /// As [`Intake::begin`].
    pub fn begin_named(&self, offer: Offer, part: &PartName) -> Result<Receiving, IntakeError> {
        Receiving::begin(&self.inner, offer, Some(part))
    }

    /// Goes on with a parked part behind its first `at` bytes; reads these once more. Blocks on the disk.
    ///
    /// # Errors
    /// [`IntakeError::NoPart`] when there is none or it is shorter; as [`Intake::begin`].
    pub fn go_on(&self, offer: Offer, part: &PartName, at: u64) -> Result<Receiving, IntakeError> {
        Receiving::go_on(&self.inner, offer, part, at)
    }

    /// Goes on with a part that rests, without reading it again. Blocks on the disk.
    ///
    /// # Errors
    /// As [`Intake::go_on`].
    pub fn wake(&self, offer: Offer, part: &PartName, rest: Resting) -> Result<Receiving, IntakeError> {
        Receiving::wake(&self.inner, offer, part, rest)
    }

    /// Goes on behind the first `at` bytes of what this sender's file of this name was cut off at. Blocks on the disk.
    ///
    /// # Errors
    /// [`IntakeError::NoPart`] when nothing of that name was cut off, or less than that came; as [`Intake::begin`].
    pub fn go_on_with_cut(&self, offer: Offer, at: u64) -> Result<Receiving, IntakeError> {
        let cut = self.inner.cuts.of(&offer.via, &offer.name).ok_or(IntakeError::NoPart)?;
        Receiving::behind(&self.inner, offer, &self.inner.root.join(cut.path), at)
    }

    /// How much came of this sender's file of this name, when it was cut off.
    #[must_use]
    pub fn cut_off_bytes(&self, via: &Via, name: &str) -> Option<u64> {
        self.inner.cuts.of(via, name).map(|cut| cut.size_bytes)
    }

    /// How many bytes of a parked part can be relied on; none when there is no such part.
    #[must_use]
    pub fn part_bytes(&self, part: &PartName) -> Option<u64> {
        let size = self.inner.part_path(Some(part)).metadata().ok()?.len();
        let noted = note::read(&self.inner.note_path(part)).ok().flatten();
        Some(noted.map_or(size, |(kept_bytes, _)| kept_bytes.min(size)))
    }

    /// Names and ages of all parked parts, for whoever forgets them.
    ///
    /// # Errors
    /// The system's.
    pub fn parts(&self) -> io::Result<Vec<(PartName, SystemTime)>> {
        let mut parts = Vec::new();
        for entry in std::fs::read_dir(self.inner.root.join(PARTS))? {
            let entry = entry?;
            let path = entry.path();
            let name = path.file_stem().and_then(|stem| stem.to_str()).and_then(PartName::new);
            if let Some(name) = name.filter(|_| path.extension().is_some_and(|ext| ext == KEPT)) {
                parts.push((name, entry.metadata()?.modified()?));
            }
        }
        Ok(parts)
    }

    /// Deletes a parked part, and what is noted of it.
    ///
    /// # Errors
    /// The system's; none when there is no such part.
    pub fn forget(&self, part: &PartName) -> io::Result<()> {
        for path in [self.inner.part_path(Some(part)), self.inner.note_path(part)] {
            match std::fs::remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                Ok(()) | Err(_) => {}
            }
        }
        Ok(())
    }

    /// Where another process may write a file for [`Intake::adopt`]: on the same file system, deleted at the next start.
    #[must_use]
    pub fn fresh_part(&self) -> PathBuf {
        self.inner.part_path(None)
    }

    /// A file that was written at a path of [`Intake::fresh_part`], as if it had been received. Blocks on the disk.
    ///
    /// # Errors
    /// As [`Intake::begin`].
    pub fn adopt(&self, offer: Offer, path: PathBuf) -> Result<Receiving, IntakeError> {
        Receiving::adopt(&self.inner, offer, path)
    }

    /// Ends a file: durable under its name, then filed. What it answers can be relied on through a power cut.
    ///
    /// # Errors
    /// When its bytes are not what was announced, or the disk fails: then it is gone, and must be sent again; one that
    /// [waited](Intake::let_wait) waits again.
    pub async fn finish(&self, mut part: Receiving) -> Result<Outcome, IntakeError> {
        let inner = Arc::clone(&self.inner);
        let landing = move || {
            let claim = part.claim.take();
            let landed = land(part)?;
            if let Some(claim) = claim {
                claim.landed(&landed);
            }
            Ok(landed)
        };
        match blocking(landing).await? {
            Landed::Photo(photo) => Ok(inner.file(*photo).await),
            Landed::Cut(cut) => {
                let outcome = Outcome::CutOff { lacks: cut.lacks, size_bytes: cut.size_bytes };
                inner.tell_cut(*cut).await;
                Ok(outcome)
            }
            Landed::Late { lacks, size_bytes } => Ok(Outcome::CutOff { lacks, size_bytes }),
            Landed::Aside => Ok(Outcome::Aside),
            Landed::Empty => Ok(Outcome::Empty),
        }
    }

    /// Refuses a file that there is no room for, before its first byte.
    ///
    /// # Errors
    /// [`IntakeError::NoRoom`], [`IntakeError::TooLarge`].
    pub fn must_fit(&self, size_bytes: Option<u64>) -> Result<(), IntakeError> {
        self.inner.must_fit(size_bytes, size_bytes.unwrap_or(0))
    }
}

/// Runs on a thread that may wait for disks.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, IntakeError> + Send + 'static,
) -> Result<T, IntakeError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(answer) => answer,
        Err(panic) => Err(IntakeError::Io { path: PathBuf::new(), source: io::Error::other(panic) }),
    }
}

impl Inner {
    pub(super) fn now(&self) -> Millis {
        self.clock.now()
    }

    pub(super) fn part_path(&self, name: Option<&PartName>) -> PathBuf {
        let parts = self.root.join(PARTS);
        match name {
            Some(name) => parts.join(format!("{}.{KEPT}", name.as_str())),
            None => parts.join(format!("{}.part", self.ids.arrival())),
        }
    }

    /// What stood here when this process began; once.
    pub(super) fn take_named(&self) -> Vec<Named> {
        // A list that a panic left behind is still a list.
        std::mem::take(&mut self.named.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Refuses what is too large, or what the disk has no room for beside all that is on its way. `rest_bytes` is what
    /// is still to come.
    pub(super) fn must_fit(&self, size_bytes: Option<u64>, rest_bytes: u64) -> Result<(), IntakeError> {
        if size_bytes.is_some_and(|size| size > self.config.max_size_bytes) {
            return Err(IntakeError::TooLarge { most_bytes: self.config.max_size_bytes });
        }
        let promised = self.promised.load(Ordering::Relaxed);
        let wanted = self.config.floor_bytes.saturating_add(rest_bytes).saturating_add(promised);
        let free_bytes = self.free_bytes().unwrap_or(u64::MAX);
        if free_bytes < wanted { Err(self.no_room()) } else { Ok(()) }
    }

    pub(super) fn no_room(&self) -> IntakeError {
        IntakeError::NoRoom { free_bytes: self.free_bytes().unwrap_or(0), floor_bytes: self.config.floor_bytes }
    }

    fn free_bytes(&self) -> Option<u64> {
        let stat = rustix::fs::statvfs(&*self.root).ok()?;
        Some(stat.f_bavail.saturating_mul(stat.f_frsize))
    }
}
