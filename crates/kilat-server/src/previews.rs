//! Previews, made when someone looks for the first time and kept on disk.
//!
//! At most [`WORKERS`] at once, in processes of their own; the original is only read. What is kept
//! is bounded by [`KEEP_FILES`] per size; the oldest go first.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use kilat_core::{Class, Classify, CopyState, Photo, PhotoId, SourceId};
use kilat_journal::{Journal, JournalError};
use kilat_media::preview::{PreviewError, PreviewProcess, PreviewRequest};
use tokio::sync::{Semaphore, watch};

/// Preview processes: one less than the cores of a small laptop, so that copies go on.
const WORKERS: usize = 1;
/// Longest wait for a preview before the page is told to ask again.
const PATIENCE: Duration = Duration::from_secs(10);
/// Calls that may wait at once: a page of a wall of photos, some times over.
const MAX_WAITING: usize = 512;
/// Files kept of each size: about 4 GB of large ones.
const KEEP_FILES: usize = 10_000;
/// Photos remembered to have no preview: 40 bytes each. All are forgotten when it is full, and tried again.
const MAX_NONE: usize = 20_000;
/// Files made between two looks at how many there are.
const TIDY_EVERY: usize = 500;

/// How previews are made and where they are kept.
#[derive(Debug, Clone)]
pub struct PreviewConfig {
    /// Where they are kept.
    pub folder: PathBuf,
    /// The program that runs the preview worker.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// The folder of each source.
    pub roots: BTreeMap<SourceId, PathBuf>,
}

/// Sizes on offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Size {
    /// For a strip of photos on a phone.
    Small,
    /// To fill a screen.
    Large,
}

impl Size {
    fn name(self) -> &'static str {
        match self {
            Self::Small => "small",
            Self::Large => "large",
        }
    }

    fn max_side(self) -> u32 {
        match self {
            Self::Small => 480,
            Self::Large => 2048,
        }
    }
}

/// Why there is no preview.
#[derive(Debug)]
pub(crate) enum PreviewFault {
    /// No such photo.
    NoPhoto,
    /// This photo has none, and why.
    None(String),
    /// Not yet: ask again.
    Busy,
    /// The journal cannot be read.
    Journal(JournalError),
}

impl From<JournalError> for PreviewFault {
    fn from(error: JournalError) -> Self {
        Self::Journal(error)
    }
}

type Job = (PhotoId, Size);

/// Makes and keeps previews.
pub(crate) struct Previews {
    config: PreviewConfig,
    journal: Journal,
    worker: Arc<Mutex<PreviewProcess>>,
    room: Arc<Semaphore>,
    waiting: Semaphore,
    under_way: Arc<Mutex<BTreeSet<Job>>>,
    ended: watch::Sender<u64>,
    made: Arc<Mutex<usize>>,
    /// Photos that hold no picture to show, so that a page that asks again costs nothing.
    none: Arc<Mutex<BTreeSet<PhotoId>>>,
}

impl Previews {
    pub(crate) fn new(config: PreviewConfig, journal: Journal) -> Self {
        let worker = PreviewProcess::new(config.program.clone(), config.arguments.clone());
        Self {
            config,
            journal,
            worker: Arc::new(Mutex::new(worker)),
            room: Arc::new(Semaphore::new(WORKERS)),
            waiting: Semaphore::new(MAX_WAITING),
            under_way: Arc::default(),
            ended: watch::Sender::new(0),
            made: Arc::default(),
            none: Arc::default(),
        }
    }

    /// The preview's bytes, made now if there is none yet.
    pub(crate) async fn get(&self, id: &PhotoId, size: Size) -> Result<Vec<u8>, PreviewFault> {
        let _place = self.waiting.try_acquire().map_err(|_why| PreviewFault::Busy)?;
        tokio::time::timeout(PATIENCE, self.wait(id, size)).await.unwrap_or(Err(PreviewFault::Busy))
    }

    async fn wait(&self, id: &PhotoId, size: Size) -> Result<Vec<u8>, PreviewFault> {
        let file = self.config.folder.join(size.name()).join(format!("{id}.jpg"));
        loop {
            let mut ended = self.ended.subscribe();
            if let Ok(jpeg) = tokio::fs::read(&file).await {
                return Ok(jpeg);
            }
            if self.none.lock().unwrap_or_else(PoisonError::into_inner).contains(id) {
                return Err(PreviewFault::None(format!("cannot {}", PreviewError::NoPreview)));
            }
            let job = (id.clone(), size);
            if !self.claim(&job) {
                // Another call makes it: look again when one has ended.
                if ended.changed().await.is_err() {
                    return Err(PreviewFault::Busy);
                }
                continue;
            }
            let claim = Claim { under_way: Arc::clone(&self.under_way), ended: self.ended.clone(), job };
            let photo = self.journal.photo(id).await?.ok_or(PreviewFault::NoPhoto)?;
            let origins = self.origins(&photo).await?;
            self.make(claim, photo, origins, size, file.clone()).await?;
        }
    }

    fn claim(&self, job: &Job) -> bool {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner).insert(job.clone())
    }

    /// Where the photo's bytes can be read: proven copies first, then the place it came from.
    async fn origins(&self, photo: &Photo) -> Result<Vec<PathBuf>, JournalError> {
        let folders = self.journal.copy_folders().await?;
        let copies =
            self.journal.copies_of(&photo.id).await?.into_iter().filter_map(|(destination, state)| match state {
                CopyState::Stored { key, .. } => folders.get(&destination).map(|root| root.join(key.as_str())),
                CopyState::Pending { .. } | CopyState::Failed { .. } => None,
            });
        let source = self.config.roots.get(&photo.source).map(|root| root.join(&photo.path));
        Ok(copies.chain(source).collect())
    }

    /// Makes the preview on a blocking thread that goes on when the caller gave up, so that the next call finds it.
    async fn make(
        &self,
        claim: Claim,
        photo: Photo,
        origins: Vec<PathBuf>,
        size: Size,
        out: PathBuf,
    ) -> Result<(), PreviewFault> {
        let Ok(permit) = Arc::clone(&self.room).acquire_owned().await else { return Err(PreviewFault::Busy) };
        let (worker, made, none) = (Arc::clone(&self.worker), Arc::clone(&self.made), Arc::clone(&self.none));
        let making = tokio::task::spawn_blocking(move || {
            let _held = (permit, claim);
            let mut worker = worker.lock().unwrap_or_else(PoisonError::into_inner);
            let result = first_that_works(&mut worker, &photo, &origins, size, &out);
            match &result {
                Ok(()) => tidy(&made, out.parent()),
                Err(error) if error.class() == Class::GiveUp => remember(&none, photo.id),
                Err(_) => {}
            }
            result
        });
        match making.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(PreviewFault::None(format!("cannot {error}"))),
            Err(error) => Err(PreviewFault::None(format!("cannot show the photo: {error}"))),
        }
    }
}

fn first_that_works(
    worker: &mut PreviewProcess,
    photo: &Photo,
    origins: &[PathBuf],
    size: Size,
    out: &Path,
) -> Result<(), PreviewError> {
    if let Some(folder) = out.parent() {
        fs::create_dir_all(folder).map_err(PreviewError::Write)?;
    }
    let mut result = Err(PreviewError::NoPreview);
    for origin in origins {
        let request = PreviewRequest {
            photo: origin.clone(),
            orientation: photo.orientation,
            max_side: size.max_side(),
            out: out.to_owned(),
        };
        result = worker.request(&request).map(|_| ());
        match &result {
            // Gone from there: the next place may have it.
            Err(PreviewError::Read(_)) => {}
            Ok(()) | Err(_) => break,
        }
    }
    if let Err(error) = &result {
        tracing::debug!(photo = %photo.id, %error, "no preview");
    }
    result
}

fn remember(none: &Mutex<BTreeSet<PhotoId>>, photo: PhotoId) {
    let mut none = none.lock().unwrap_or_else(PoisonError::into_inner);
    if none.len() >= MAX_NONE {
        none.clear();
    }
    none.insert(photo);
}

/// Removes the oldest files beyond [`KEEP_FILES`], now and then.
fn tidy(made: &Mutex<usize>, folder: Option<&Path>) {
    let mut made = made.lock().unwrap_or_else(PoisonError::into_inner);
    *made += 1;
    if !(*made).is_multiple_of(TIDY_EVERY) {
        return;
    }
    let Some(entries) = folder.and_then(|folder| fs::read_dir(folder).ok()) else { return };
    let mut files: Vec<_> = entries
        .filter_map(Result::ok)
        .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
        .collect();
    files.sort();
    let surplus = files.len().saturating_sub(KEEP_FILES);
    for (_, path) in files.into_iter().take(surplus) {
        if let Err(error) = fs::remove_file(&path) {
            tracing::warn!(path = %path.display(), %error, "cannot remove an old preview");
        }
    }
}

/// A preview under way; wakes those who wait for it, however it ends.
struct Claim {
    under_way: Arc<Mutex<BTreeSet<Job>>>,
    ended: watch::Sender<u64>,
    job: Job,
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.job);
        self.ended.send_modify(|ended| *ended += 1);
    }
}
