//! Where a photo's bytes can be read: the file where it arrived, else a copy on another disk, else one that is fetched.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use kilat_core::{BackupCopy, CopyState, DestinationId, ObjectKey, Photo, SourceId};
use kilat_journal::{Journal, JournalError};
use kilat_objects::{ObjectStore, Origin, Receipt, StoreError, Watch, put_from};

use crate::config::BackupConfig;

/// Room that is left on Kilat's own disk when a copy is fetched: the journal lies there.
const MARGIN_BYTES: u64 = 1_000_000_000;
/// Fetched at once.
const BLOCK: usize = 1024 * 1024;

/// The places that may hold photos.
#[derive(Debug, Clone)]
pub(crate) struct Folders {
    roots: BTreeMap<SourceId, PathBuf>,
    /// Of every destination: its folder, where it is one on this machine.
    places: BTreeMap<DestinationId, Option<PathBuf>>,
    /// Where fetched copies lie while they are copied on.
    scratch: PathBuf,
}

/// Where one photo can be read, in the order in which it is tried.
pub(crate) struct Origins {
    near: Vec<Origin>,
    far: Vec<(Arc<dyn ObjectStore>, ObjectKey)>,
    scratch: PathBuf,
}

impl Folders {
    pub(crate) async fn read(journal: &Journal, config: &BackupConfig) -> Result<Self, JournalError> {
        let folder = |place: kilat_core::Destination| (place.id.clone(), place.folder().map(Path::to_owned));
        let places = journal.destinations().await?.into_iter().map(folder).collect();
        Ok(Self { roots: config.roots.clone(), places, scratch: config.scratch.clone() })
    }

    /// Everywhere but at `except`.
    pub(crate) async fn of(
        &self,
        (journal, config): (&Journal, &BackupConfig),
        photo: &Photo,
        except: &DestinationId,
    ) -> Result<Origins, JournalError> {
        let mut origins = Origins { near: Vec::new(), far: Vec::new(), scratch: self.scratch.clone() };
        if let Some(root) = self.roots.get(&photo.source) {
            let stamp = journal.arrival_at(&photo.source, &photo.path).await?;
            // The path may hold another photo by now: then only the hash decides.
            let stamp = stamp.map(|(arrival, _)| arrival.stamp).filter(|stamp| stamp.size_bytes == photo.size_bytes);
            origins.near.push(Origin { path: root.join(&photo.path), stamp });
        }
        let mut copies = Vec::new();
        for (place, state) in journal.copies_of(&photo.id).await? {
            if let CopyState::Stored { key, .. } = state {
                copies.push((place, key));
            }
        }
        for (place, state) in journal.backup_copies_of(&photo.id).await? {
            if let BackupCopy::Stored { key, .. } = state {
                copies.push((place, key));
            }
        }
        for (place, key) in copies.into_iter().filter(|(place, _)| place != except) {
            match self.places.get(&place) {
                Some(Some(folder)) => origins.near.push(Origin { path: path(folder, &key), stamp: None }),
                Some(None) => origins.far.extend((config.stores)(&place).map(|store| (store, key))),
                // Out of use.
                None => {}
            }
        }
        Ok(origins)
    }
}

impl Origins {
    /// Stores a photo from the first place that has its bytes; blocks.
    pub(crate) fn put(
        &self,
        photo: &Photo,
        resume: Option<&str>,
        store: &dyn ObjectStore,
        watch: &dyn Watch,
    ) -> Result<Receipt, StoreError> {
        let missing = match put_from(&self.near, photo, resume, store, watch) {
            Err(error @ (StoreError::SourceGone { .. } | StoreError::SourceChanged { .. })) => error,
            result => return result,
        };
        for (from, key) in &self.far {
            let fetched = match Fetched::fetch(from.as_ref(), key, photo, &self.scratch, watch) {
                Ok(fetched) => fetched,
                Err(StoreError::Cancelled) => return Err(StoreError::Cancelled),
                Err(error) => {
                    tracing::warn!(photo = %photo.id, %key, %error, "a copy could not be fetched");
                    continue;
                }
            };
            let origin = [Origin { path: fetched.0.clone(), stamp: None }];
            match put_from(&origin, photo, resume, store, watch) {
                Err(StoreError::SourceGone { .. } | StoreError::SourceChanged { .. }) => {}
                result => return result,
            }
        }
        Err(missing)
    }
}

fn path(folder: &Path, key: &ObjectKey) -> PathBuf {
    key.segments().fold(folder.to_owned(), |path, segment| path.join(segment))
}

/// A copy that was fetched; its file goes with it. Its bytes are proven where it is copied on.
struct Fetched(PathBuf);

impl Fetched {
    fn fetch(
        from: &dyn ObjectStore,
        key: &ObjectKey,
        photo: &Photo,
        scratch: &Path,
        watch: &dyn Watch,
    ) -> Result<Self, StoreError> {
        let path = scratch.join(photo.id.as_str());
        let fault = |source: io::Error| StoreError::Io { what: "write", path: path.clone(), source };
        fs::create_dir_all(scratch).map_err(fault)?;
        let room = rustix::fs::statvfs(scratch).map_err(|error| fault(error.into()))?;
        if room.f_bavail * room.f_frsize < photo.size_bytes.saturating_add(MARGIN_BYTES) {
            return Err(fault(io::Error::new(io::ErrorKind::StorageFull, "too little room to fetch a copy to")));
        }
        let fetched = Self(path.clone());
        let mut source = from.open(key)?.take(photo.size_bytes);
        let mut out = File::create(&path).map_err(fault)?;
        let mut block = vec![0; BLOCK];
        loop {
            if watch.is_cancelled() {
                return Err(StoreError::Cancelled);
            }
            match source.read(&mut block) {
                Ok(0) => break,
                Ok(read) => out.write_all(&block[..read]).map_err(fault)?,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(source) => return Err(StoreError::Io { what: "read", path: key.as_str().into(), source }),
            }
        }
        Ok(fetched)
    }
}

impl Drop for Fetched {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_file(&self.0)
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(file = %self.0.display(), %error, "a fetched copy stays; it may be deleted");
        }
    }
}
