//! Where a photo's bytes can be read: the file where it arrived, else a copy on another disk.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use kilat_core::{BackupCopy, CopyState, DestinationId, ObjectKey, Photo, SourceId};
use kilat_journal::{Journal, JournalError};
use kilat_objects::Origin;

/// The folders of this machine that hold photos.
#[derive(Debug, Clone)]
pub(crate) struct Folders {
    roots: BTreeMap<SourceId, PathBuf>,
    places: BTreeMap<DestinationId, PathBuf>,
}

impl Folders {
    pub(crate) async fn read(journal: &Journal, roots: &BTreeMap<SourceId, PathBuf>) -> Result<Self, JournalError> {
        let folder = |place: kilat_core::Destination| Some((place.id.clone(), place.folder()?.to_owned()));
        let places = journal.destinations().await?.into_iter().filter_map(folder).collect();
        Ok(Self { roots: roots.clone(), places })
    }

    /// In the order in which they are tried; none of them at `except`.
    pub(crate) async fn of(
        &self,
        journal: &Journal,
        photo: &Photo,
        except: &DestinationId,
    ) -> Result<Vec<Origin>, JournalError> {
        let mut origins = Vec::new();
        if let Some(root) = self.roots.get(&photo.source) {
            let stamp = journal.arrival_at(&photo.source, &photo.path).await?;
            // The path may hold another photo by now: then only the hash decides.
            let stamp = stamp.map(|(arrival, _)| arrival.stamp).filter(|stamp| stamp.size_bytes == photo.size_bytes);
            origins.push(Origin { path: root.join(&photo.path), stamp });
        }
        let mut copy = |place: &DestinationId, key: &ObjectKey| {
            let folder = self.places.get(place).filter(|_| place != except);
            origins.extend(folder.map(|folder| Origin { path: path(folder, key), stamp: None }));
        };
        for (place, state) in journal.copies_of(&photo.id).await? {
            if let CopyState::Stored { key, .. } = state {
                copy(&place, &key);
            }
        }
        for (place, state) in journal.backup_copies_of(&photo.id).await? {
            if let BackupCopy::Stored { key, .. } = state {
                copy(&place, &key);
            }
        }
        Ok(origins)
    }
}

fn path(folder: &Path, key: &ObjectKey) -> PathBuf {
    key.segments().fold(folder.to_owned(), |path, segment| path.join(segment))
}
