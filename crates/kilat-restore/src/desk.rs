//! What people ask for: what a restore would do, to begin one, to begin one again, to end it.
//!
//! Everything that can be known before the first byte is looked at here, so that what is refused wrote nothing.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use kilat_core::{
    Board, Clock, DESTINATION_MARK, Destination, DestinationHealth, DestinationId, DestinationKind, EventId, Fact,
    IdSource, ObjectKey, Restore, RestoreEnd, RestoreFact, RestoreId, RestoreOutcome, today,
};
use kilat_journal::{Journal, JournalError, MAX_LIMIT, RestoreState};
use kilat_mhl::{Listed, Names, RelPath, Room, known_copy, room};
use kilat_places::Places;
use tokio::sync::Mutex;

use crate::folder::{self, FolderFault, HasRestored, Kept, RESTORED};
use crate::refusal::RestoreRefusal;

/// Names of photos in one restore: more are typed by nobody.
const MAX_NAMES: usize = 1_000;
/// Left free on the disk of the data folder: a journal without room stops everything.
const LEAVE_BYTES: u64 = 1_000_000_000;

/// What restores work with.
pub struct RestoreConfig {
    /// The truth.
    pub journal: Journal,
    /// Where is told how it goes.
    pub board: Board,
    /// The destinations in use.
    pub places: Places,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// New ids.
    pub ids: Arc<IdSource>,
    /// Kilat's own folder.
    pub data: PathBuf,
    /// Where photos arrive.
    pub hot_folders: Vec<PathBuf>,
}

/// A restore as somebody asks for it.
#[derive(Debug, Clone)]
pub struct Wish {
    /// Whose photos.
    pub event: EventId,
    /// From where.
    pub from: DestinationId,
    /// Only those of these names; all when none.
    pub photos: Option<Vec<String>>,
    /// Into which folder; a new one when none.
    pub folder: Option<PathBuf>,
}

/// What a restore would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Into which folder, without links.
    pub folder: PathBuf,
    /// Files with a proven copy there that were asked for.
    pub photos: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Photos of the event that have no proven copy there.
    pub missing: u64,
    /// What they need, and the room that may be filled.
    pub room: Room,
}

/// Restores of this server. Cheap to clone.
#[derive(Clone)]
pub struct Restores(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) config: RestoreConfig,
    /// Two people who begin one at the same moment do so one after the other.
    beginning: Mutex<()>,
}

impl fmt::Debug for Restores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Restores").finish_non_exhaustive()
    }
}

/// An event's proven copies at a destination, by folder.
pub(crate) type Copies = BTreeMap<ObjectKey, BTreeMap<RelPath, Listed>>;

impl Restores {
    /// Says of the restore that the last process left behind that it was interrupted.
    ///
    /// # Errors
    /// When the journal cannot be used.
    pub async fn open(config: RestoreConfig) -> Result<Self, JournalError> {
        if let Some(left) = config.journal.restore_going().await? {
            let outcome = if left.is_cancelling { RestoreOutcome::Cancelled } else { RestoreOutcome::Interrupted };
            let end = RestoreEnd { outcome, tally: None, failures: Vec::new() };
            let fact = RestoreFact::Ended { restore: left.restore.id, end };
            config.journal.append(vec![Fact::Restore(fact)]).await?;
        }
        Ok(Self(Arc::new(Inner { config, beginning: Mutex::new(()) })))
    }

    /// What a restore would do. Nothing is written.
    ///
    /// # Errors
    /// Why it could not be begun. That there is not room enough is no error here.
    pub async fn plan(&self, wish: &Wish) -> Result<Plan, RestoreRefusal> {
        let Inner { config, .. } = &*self.0;
        let from = wish.from.to_string();
        if config.places.get(&wish.from).is_none() {
            return Err(RestoreRefusal::UnknownDestination(from));
        }
        let copies = copies(&config.journal, &wish.event, &wish.from).await?;
        let all: u64 = copies.values().map(|files| files.len() as u64).sum();
        if all == 0 {
            return Err(RestoreRefusal::NothingThere { from, event: wish.event.to_string() });
        }
        let held = config.journal.counts(Some(&wish.event)).await?.held;
        let names = wish.photos.as_deref().map(names).transpose()?;
        let mut sizes = Vec::new();
        let mut meant = Vec::new();
        for (folder, files) in &copies {
            for (path, listed) in files {
                if let Some(names) = &names {
                    if !names.mean(path) {
                        continue;
                    }
                    meant.extend(names.meant(path).map(str::to_owned));
                }
                let key = ObjectKey::from_names(folder.segments().chain(path.segments()));
                sizes.push((key, listed.size_bytes.unwrap_or_default()));
            }
        }
        let strange: Vec<String> = names
            .iter()
            .flat_map(Names::iter)
            .filter(|name| !meant.iter().any(|known| known == name))
            .map(str::to_owned)
            .collect();
        if !strange.is_empty() {
            return Err(RestoreRefusal::NoSuchPhotos { from, names: strange });
        }
        let below: Vec<ObjectKey> = copies.into_keys().collect();
        let folder = self.folder(wish, &below).await?;
        let (photos, bytes) = (sizes.len() as u64, sizes.iter().map(|(_, size)| size).sum());
        let room = self.room(&folder, sizes).await?;
        Ok(Plan { folder, photos, bytes, missing: held.saturating_sub(all), room })
    }

    /// Begins a restore.
    ///
    /// # Errors
    /// Why not. Nothing was written.
    pub async fn begin(&self, wish: Wish) -> Result<(Restore, Plan), RestoreRefusal> {
        let _alone = self.0.beginning.lock().await;
        let config = &self.0.config;
        if let Some(other) = config.journal.restore_going().await? {
            return Err(RestoreRefusal::Goes(other.restore.id));
        }
        let plan = self.plan(&wish).await?;
        let Room { needed_bytes, free_bytes } = plan.room;
        if needed_bytes > free_bytes {
            return Err(RestoreRefusal::NoRoom { folder: plan.folder, needed_bytes, free_bytes });
        }
        let Wish { event, from, photos, folder: _ } = wish;
        let restore = Restore { id: config.ids.restore(), event, from, photos, folder: plan.folder.clone() };
        let fact = RestoreFact::Asked { restore: restore.clone() };
        config.journal.append(vec![Fact::Restore(fact)]).await?;
        Ok((restore, plan))
    }

    /// Begins the same again into the same folder, perhaps from another destination: what is there is compared and kept.
    ///
    /// # Errors
    /// As of [`begin`](Self::begin).
    pub async fn again(&self, id: &str, from: Option<DestinationId>) -> Result<(Restore, Plan), RestoreRefusal> {
        let Restore { event, from: before, photos, folder, .. } = self.find(id).await?.restore;
        self.begin(Wish { event, from: from.unwrap_or(before), photos, folder: Some(folder) }).await
    }

    /// Ends the restore at its next block; one that has ended stays as it is.
    ///
    /// # Errors
    /// When there is none of that id.
    pub async fn cancel(&self, id: &str) -> Result<RestoreId, RestoreRefusal> {
        let restore = self.find(id).await?.restore.id;
        let fact = RestoreFact::CancelAsked { restore: restore.clone() };
        self.0.config.journal.append(vec![Fact::Restore(fact)]).await?;
        Ok(restore)
    }

    async fn find(&self, id: &str) -> Result<RestoreState, RestoreRefusal> {
        let unknown = || RestoreRefusal::UnknownRestore(id.chars().take(64).collect());
        let id: RestoreId = id.parse().map_err(|_why| unknown())?;
        self.0.config.journal.restore(&id).await?.ok_or_else(unknown)
    }

    async fn folder(&self, wish: &Wish, below: &[ObjectKey]) -> Result<PathBuf, RestoreRefusal> {
        let config = &self.0.config;
        let destinations = config.journal.destinations().await?;
        let kept = kept(config, &destinations);
        let day = today(config.clock.now()).to_string();
        let (asked, event, below) = (wish.folder.clone(), wish.event.clone(), below.to_vec());
        let base = base(&destinations, &config.data);
        // Asks the disk, which may sleep.
        let checked = blocking(move || {
            let asked = asked.map_or_else(|| folder::fresh(&base, &event, &day), Ok)?;
            folder::checked(&asked, &below, &kept)
        });
        Ok(checked.await?)
    }

    /// What these files need there, and what may be used.
    pub(crate) async fn room(&self, folder: &Path, sizes: Vec<(ObjectKey, u64)>) -> Result<Room, FolderFault> {
        let (folder, data) = (folder.to_owned(), self.0.config.data.clone());
        blocking(move || {
            let is_own_disk = folder::is_one_disk(&folder, &data);
            let found = room(&folder, sizes.into_iter());
            let Room { needed_bytes, free_bytes } =
                found.map_err(|source| FolderFault::System { path: folder, source })?;
            let left = if is_own_disk { LEAVE_BYTES } else { 0 };
            Ok(Room { needed_bytes, free_bytes: free_bytes.saturating_sub(left) })
        })
        .await
    }
}

/// Runs what waits for a disk; its panic is the caller's.
pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

pub(crate) fn names(photos: &[String]) -> Result<Names, RestoreRefusal> {
    if photos.is_empty() || photos.len() > MAX_NAMES {
        return Err(RestoreRefusal::Names(photos.len()));
    }
    Ok(Names::new(photos.iter().map(|name| name.trim())))
}

/// The event's proven copies at a destination as the journal knows them, by folder.
pub(crate) async fn copies(journal: &Journal, event: &EventId, from: &DestinationId) -> Result<Copies, JournalError> {
    let mut copies = Copies::new();
    let mut after = 0;
    loop {
        let page = journal.copies_to_read((event, from), after, MAX_LIMIT).await?;
        let Some(last) = page.last() else { return Ok(copies) };
        after = last.no;
        for (folder, path, listed) in page.iter().filter_map(|work| known_copy(&work.photo)) {
            copies.entry(folder).or_default().insert(path, listed);
        }
    }
}

/// Where restores go when nobody names a folder: beside the folders of events, on the first disk that takes each photo;
/// without such a disk, in the data folder.
fn base(destinations: &[Destination], data: &Path) -> PathBuf {
    let is_well = |place: &&Destination| {
        place.kind == DestinationKind::Upload
            && matches!(place.health, DestinationHealth::Up { .. })
            // An empty mount point is never filled.
            && place.folder().is_some_and(|folder| folder.join(DESTINATION_MARK).exists())
    };
    let root = destinations.iter().find(is_well).and_then(Destination::folder).unwrap_or(data);
    root.join(RESTORED)
}

fn kept(config: &RestoreConfig, destinations: &[Destination]) -> Vec<Kept> {
    let hot = |folder: &PathBuf| Kept { what: "the hot folder", folder: folder.clone(), has_restored: HasRestored::No };
    let mut kept: Vec<Kept> = config.hot_folders.iter().map(hot).collect();
    kept.push(Kept { what: "Kilat's data folder", folder: config.data.clone(), has_restored: HasRestored::Yes });
    kept.extend(destinations.iter().filter_map(|place| {
        let folder = place.disk_folder()?.to_owned();
        let takes_each = place.kind == DestinationKind::Upload && place.folder().is_some();
        let has_restored = if takes_each { HasRestored::Yes } else { HasRestored::No };
        Some(Kept { what: "the destination", folder, has_restored })
    }));
    kept
}
