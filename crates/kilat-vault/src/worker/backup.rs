//! A backup: photos in batches, each stored, made durable, read back and answered, then one snapshot of all.
//!
//! Invariants: a kill loses at most the batch under way, and what it wrote is found again; a photo is called
//! kept only after its bytes came back from the repository's device and were compared; what an event's
//! snapshots held once its later ones hold too.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::PoisonError;

use kilat_core::ObjectKey;
use rustic_core::repofile::{SnapshotFile, StringList};
use rustic_core::{BackupOptions, ParentOptions, SnapshotGroupCriterion, SnapshotOptions};

use super::held::{Photos, Snapshots, TAG, TAG_EVENT, TAG_PART, is_photo, node_for, path_of};
use super::indexed::Indexed;
use super::place::Place;
use super::reading::prove;
use super::repository::judge;
use super::source::{Entry, Source};
use crate::lines::{AnswerLine, DoneLine, FaultKind, FaultLine, PhotoLine, PhotoOutcome};
use crate::worker::Told;

/// Photos that are stored and proven together; a kill loses no more than these.
const BATCH_FILES: usize = 64;
/// Their bytes, unless one alone is larger.
const BATCH_BYTES: u64 = 256 * 1024 * 1024;
/// What a batch may grow by: chunks' headers, indexes, trees.
const OVERHEAD: u64 = 64;

/// Says what became of a photo.
type Tell<'a> = dyn Fn(&PhotoLine, Result<(), FaultLine>) -> Result<(), FaultLine> + 'a;

/// What to back up.
pub(crate) struct Run<'a> {
    pub(crate) place: &'a Place,
    pub(crate) event: Option<&'a str>,
    /// The first part of the photos' keys.
    pub(crate) folder: &'a str,
    pub(crate) told: &'a Told,
    /// What photos were asked as, where they get another key.
    pub(crate) asked: &'a BTreeMap<ObjectKey, ObjectKey>,
}

impl Run<'_> {
    pub(crate) fn backup(&self, repository: Indexed, photos: Vec<PhotoLine>) -> Result<DoneLine, FaultLine> {
        let before = Snapshots::of_folder(self.place, &repository, self.folder)?;
        let mut held = before.photos(self.place, &repository)?;
        let mut parts: Vec<SnapshotFile> = before.parts.clone();
        let mut new = Vec::new();
        let mut doubted = Vec::new();
        for photo in photos {
            match held.get(&path_of(photo.key.as_str())) {
                Some(node) if is_photo(node, &photo) && repository.is_whole(node) => doubted.push(photo),
                Some(_) | None => new.push(photo),
            }
        }
        let mut failed = self.prove_again(&repository, &held, doubted)?;
        let mut repository = repository;
        for batch in batches(new) {
            if repository.is_due() {
                repository = repository.again(self.place)?;
            }
            parts.push(self.store(&mut repository, &mut held, &batch, &mut failed, &|photo, proven| {
                self.answer(photo, proven, false)
            })?);
        }
        let repository = repository.again(self.place)?;
        held.retain(|path, _| !failed.contains(path));
        let snapshot = self.complete(&repository, (before.whole.as_ref(), &parts), &mut held, None)?;
        Ok(DoneLine { snapshot: Some(snapshot.id.to_hex().to_string()), ..DoneLine::default() })
    }

    /// Photos that are there already, from a run that ended before it proved them or said so.
    fn prove_again(
        &self,
        repository: &Indexed,
        held: &Photos,
        photos: Vec<PhotoLine>,
    ) -> Result<Vec<PathBuf>, FaultLine> {
        let mut failed = Vec::new();
        for photo in photos {
            let path = path_of(photo.key.as_str());
            let Some(node) = held.get(&path) else { continue };
            let proven = if photo.is_proven { Ok(()) } else { prove(self.place, repository, node, &photo) };
            if proven.is_err() {
                failed.push(path);
            }
            self.answer(&photo, proven, true)?;
        }
        Ok(failed)
    }

    /// Stores one batch and proves it.
    pub(crate) fn store(
        &self,
        repository: &mut Indexed,
        held: &mut Photos,
        batch: &[PhotoLine],
        failed: &mut Vec<PathBuf>,
        tell: &Tell<'_>,
    ) -> Result<SnapshotFile, FaultLine> {
        let bytes: u64 = batch.iter().map(|photo| photo.size_bytes).sum();
        if self.place.room()? < bytes + bytes / OVERHEAD {
            let text = format!("{:?} has no room for the next {} photos", self.place.root(), batch.len());
            return Err(FaultLine::new(FaultKind::Full, text));
        }
        let mut entries = BTreeMap::new();
        for photo in batch {
            let path = path_of(photo.key.as_str());
            let node = node_for(photo, held.get(&path))?;
            entries.insert(path, Entry { node, photo: Some(photo.clone()) });
        }
        let source = Source::new(&entries, self.place.moved());
        let readings = source.readings();
        let options = BackupOptions::default().no_scan(true).parent_opts(ParentOptions::default().force(true));
        let named = batch.iter().map(|photo| (path_of(photo.key.as_str()), self.name_of(photo).as_str().to_owned()));
        self.place.moved().begin(named);
        let part = self.archive(repository, &options, &source, Some(TAG_PART));
        self.place.moved().end();
        let part = part?;
        repository.learn(self.place)?;
        let found = repository.files_of(self.place, &part)?;
        let readings = readings.lock().unwrap_or_else(PoisonError::into_inner);
        for photo in batch {
            let path = path_of(photo.key.as_str());
            let proven = match (readings.get(&path), found.get(&path)) {
                (Some(Err(fault)), _) => Err(fault.clone()),
                (Some(Ok(())), Some(node)) => prove(self.place, repository, node, photo),
                (Some(Ok(())) | None, _) => {
                    Err(FaultLine::new(FaultKind::Io, format!("store {:?}: it was left out", photo.key)))
                }
            };
            match (&proven, found.get(&path)) {
                (Ok(()), Some(node)) => {
                    held.insert(path, node.clone());
                }
                // What stood there before still does.
                (Err(fault), _) if is_of_the_source(fault.what) => {}
                (Ok(()) | Err(_), _) => failed.push(path),
            }
            tell(photo, proven)?;
        }
        Ok(part)
    }

    /// What a photo was asked as.
    pub(crate) fn name_of<'b>(&'b self, photo: &'b PhotoLine) -> &'b ObjectKey {
        self.asked.get(&photo.key).unwrap_or(&photo.key)
    }

    /// One snapshot of all, which reads no photo, in the place of the parts. The index was read since they were made.
    pub(crate) fn complete(
        &self,
        repository: &Indexed,
        (whole, parts): (Option<&SnapshotFile>, &[SnapshotFile]),
        held: &mut Photos,
        tag: Option<&str>,
    ) -> Result<SnapshotFile, FaultLine> {
        // What is damaged cannot be carried on; the snapshots that hold it still stand.
        held.retain(|_, node| repository.is_whole(node));
        let entries =
            held.iter().map(|(path, node)| (path.clone(), Entry { node: node.clone(), photo: None })).collect();
        let source = Source::new(&entries, self.place.moved());
        let parents: Vec<String> =
            whole.into_iter().chain(parts).map(|snapshot| snapshot.id.to_hex().to_string()).collect();
        let parents = if parents.is_empty() {
            ParentOptions::default().force(true)
        } else {
            ParentOptions::default().parents(parents).group_by(Some(SnapshotGroupCriterion::new()))
        };
        let parents = parents.ignore_ctime(true);
        let options = BackupOptions::default().no_scan(true).parent_opts(parents);
        let snapshot = self.archive(repository, &options, &source, tag)?;
        let kept = snapshot.summary.as_ref().map_or(0, |summary| summary.total_files_processed);
        if kept == held.len() as u64 {
            let done: Vec<_> = parts.iter().map(|part| part.id).collect();
            repository.library.delete_snapshots(&done).map_err(|error| judge(self.place, &error))?;
            return Ok(snapshot);
        }
        let text = format!("the snapshot holds {kept} photos of {}; those of before still stand", held.len());
        repository.library.delete_snapshots(&[snapshot.id]).map_err(|error| judge(self.place, &error))?;
        Err(FaultLine::new(FaultKind::Damaged, text))
    }

    fn archive(
        &self,
        repository: &Indexed,
        options: &BackupOptions,
        source: &Source,
        tag: Option<&str>,
    ) -> Result<SnapshotFile, FaultLine> {
        let snapshot = SnapshotOptions::default()
            .host(Some(super::place::host_name()))
            .command(Some("kilat backup".to_owned()))
            .to_snapshot();
        let mut snapshot = snapshot.map_err(|error| judge(self.place, &error))?;
        "kilat".clone_into(&mut snapshot.username);
        concat!("kilat ", env!("CARGO_PKG_VERSION")).clone_into(&mut snapshot.program_version);
        let tags =
            [Some(TAG.to_owned()), self.event.map(|event| format!("{TAG_EVENT}{event}")), tag.map(str::to_owned)];
        let tags = tags.into_iter().flatten().filter_map(|tag| tag.parse::<StringList>().ok()).collect();
        snapshot.add_tags(tags);
        let paths = [Path::new("/").join(self.folder)];
        repository.library.archive(options, source, snapshot, &paths).map_err(|error| judge(self.place, &error))
    }

    fn answer(&self, photo: &PhotoLine, proven: Result<(), FaultLine>, was_there: bool) -> Result<(), FaultLine> {
        let outcome = match proven {
            Ok(()) => PhotoOutcome::Kept { was_there, stands_as: None },
            Err(fault) => PhotoOutcome::Failed(fault),
        };
        self.told.tell(&AnswerLine::Photo { key: photo.key.as_str().to_owned(), outcome })
    }
}

fn is_of_the_source(what: FaultKind) -> bool {
    matches!(what, FaultKind::SourceChanged | FaultKind::SourceGone | FaultKind::Io)
}

/// Photos in the order they came, cut where a batch is full.
fn batches(photos: Vec<PhotoLine>) -> Vec<Vec<PhotoLine>> {
    let mut batches: Vec<Vec<PhotoLine>> = Vec::new();
    let mut bytes = 0;
    for photo in photos {
        let size = photo.size_bytes;
        match batches.last_mut() {
            Some(batch) if batch.len() < BATCH_FILES && bytes + size <= BATCH_BYTES => {
                bytes += size;
                batch.push(photo);
            }
            Some(_) | None => {
                bytes = size;
                batches.push(vec![photo]);
            }
        }
    }
    batches
}
