//! A session: one question after the other about one opened repository, until the input ends.
//!
//! Invariants: what is stored between two `Complete`s stands in snapshots of its own, so that a kill loses
//! nothing that was answered; a fault of the place ends the session, and the next one finds what is there.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::mpsc::Receiver;

use kilat_core::{ObjectKey, path_text};
use rustic_core::repofile::SnapshotFile;

use super::backup::Run;
use super::held::{Photos, Snapshots, TAG_PART, folder_of, is_photo, path_of};
use super::indexed::Indexed;
use super::place::Place;
use super::reading::{fetch, prove, verify_in};
use crate::lines::{AnswerLine, Ask, DoneLine, FaultKind, FaultLine, ItemLine, PhotoLine, PhotoOutcome};
use crate::worker::{Question, Told};

/// Files of one name that may stand in one folder.
const MAX_NUMBERED: u32 = 999;
/// Snapshots of parts of an event; then one takes their place, also while photos keep coming.
const MAX_PARTS: usize = 256;

/// What one event's folder holds.
struct Group {
    whole: Option<SnapshotFile>,
    parts: Vec<SnapshotFile>,
    held: Photos,
}

struct Session<'a> {
    place: &'a Place,
    told: &'a Told,
    /// By the first part of their keys.
    groups: BTreeMap<String, Group>,
}

/// Answers until nobody asks any more.
pub(crate) fn serve(
    place: &Place,
    mut repository: Indexed,
    asks: &Receiver<Question>,
    told: &Told,
) -> Result<DoneLine, FaultLine> {
    let mut session = Session { place, told, groups: BTreeMap::new() };
    let mut photos = Vec::new();
    told.tell(&AnswerLine::Ready)?;
    while let Ok(question) = asks.recv() {
        match question? {
            ItemLine::Photo(photo) => photos.push(photo),
            ItemLine::Ask(ask) => {
                repository = session.answer(repository, ask, std::mem::take(&mut photos))?;
                told.tell(&AnswerLine::Ready)?;
            }
            ItemLine::Paid { .. } => {}
            ItemLine::End => break,
        }
    }
    Ok(DoneLine::default())
}

impl Session<'_> {
    fn answer(&mut self, mut repository: Indexed, ask: Ask, photos: Vec<PhotoLine>) -> Result<Indexed, FaultLine> {
        match ask {
            Ask::Put => {
                self.put(&mut repository, photos)?;
                if repository.is_due() || self.groups.values().any(|group| group.parts.len() >= MAX_PARTS) {
                    return self.join(repository, Some(TAG_PART));
                }
            }
            Ask::Replace => self.store(&mut repository, photos, &BTreeMap::new())?,
            Ask::Verify => {
                for photo in photos {
                    let held = &self.group(&repository, folder_of(&photo.key))?.held;
                    let held: Photos =
                        held.get_key_value(&path_of(photo.key.as_str())).map(clone_pair).into_iter().collect();
                    verify_in(self.place, &repository, &held, &[photo], self.told)?;
                }
            }
            Ask::Look { key } => {
                let node = self.group(&repository, folder_of(&key))?.held.get(&path_of(key.as_str())).cloned();
                if let Some(node) = node.filter(|node| repository.is_whole(node)) {
                    self.entry(key.as_str(), node.meta.size)?;
                }
            }
            Ask::Entries { folder } => self.entries(&repository, &folder)?,
            Ask::Fetch { key, into } => self.fetch(&repository, &key, &path_text::decode(&into))?,
            Ask::Complete => return self.join(repository, None),
        }
        Ok(repository)
    }

    fn group(&mut self, repository: &Indexed, folder: &str) -> Result<&mut Group, FaultLine> {
        if !self.groups.contains_key(folder) {
            let found = Snapshots::of_folder(self.place, repository, folder)?;
            let held = found.photos(self.place, repository)?;
            let group = Group { whole: found.whole, parts: found.parts, held };
            self.groups.insert(folder.to_owned(), group);
        }
        self.groups.get_mut(folder).ok_or_else(|| FaultLine::new(FaultKind::Io, "forget what was just read"))
    }

    /// Gives each photo a key that no other file has; what is there already is proven, the rest stored.
    fn put(&mut self, repository: &mut Indexed, photos: Vec<PhotoLine>) -> Result<(), FaultLine> {
        let (place, told) = (self.place, self.told);
        let mut new: Vec<PhotoLine> = Vec::new();
        let mut asked: BTreeMap<ObjectKey, ObjectKey> = BTreeMap::new();
        for photo in photos {
            let wanted = photo.key.clone();
            let held = &self.group(repository, folder_of(&wanted))?.held;
            let is_free = |key: &ObjectKey| !held.contains_key(&path_of(key.as_str())) && !asked.contains_key(key);
            let is_it = |key: &ObjectKey| held.get(&path_of(key.as_str())).is_some_and(|node| is_photo(node, &photo));
            let key = (1..=MAX_NUMBERED)
                .map(|n| if n == 1 { wanted.clone() } else { wanted.numbered(n) })
                .find(|key| is_free(key) || is_it(key));
            let Some(key) = key else {
                let fault = FaultLine::new(FaultKind::Io, "name it: too many files of one name");
                told.tell(&AnswerLine::Photo { key: wanted.into(), outcome: PhotoOutcome::Failed(fault) })?;
                continue;
            };
            match held.get(&path_of(key.as_str())).filter(|node| repository.is_whole(node)) {
                Some(node) => {
                    let proven = prove(place, repository, node, &photo);
                    told.tell(&kept(&wanted, &key, proven, true))?;
                }
                None => {
                    asked.insert(key.clone(), wanted);
                    new.push(PhotoLine { key, ..photo });
                }
            }
        }
        self.store(repository, new, &asked)
    }

    /// Stores photos under their keys, event by event.
    fn store(
        &mut self,
        repository: &mut Indexed,
        photos: Vec<PhotoLine>,
        asked: &BTreeMap<ObjectKey, ObjectKey>,
    ) -> Result<(), FaultLine> {
        let mut by_folder: BTreeMap<String, Vec<PhotoLine>> = BTreeMap::new();
        for photo in photos {
            by_folder.entry(folder_of(&photo.key).to_owned()).or_default().push(photo);
        }
        for (folder, batch) in by_folder {
            let (place, told) = (self.place, self.told);
            let group = self.group(repository, &folder)?;
            let run = Run { place, event: None, folder: &folder, told, asked };
            let mut failed = Vec::new();
            let tell = |photo: &PhotoLine, proven: Result<(), FaultLine>| {
                told.tell(&kept(run.name_of(photo), &photo.key, proven, false))
            };
            let part = run.store(repository, &mut group.held, &batch, &mut failed, &tell)?;
            group.parts.push(part);
            group.held.retain(|path, _| !failed.contains(path));
        }
        Ok(())
    }

    fn entries(&mut self, repository: &Indexed, folder: &ObjectKey) -> Result<(), FaultLine> {
        let below = path_of(folder.as_str());
        let found: Vec<(String, u64)> = {
            let held = &self.group(repository, folder_of(folder))?.held;
            let inside = held.iter().filter(|(path, node)| path.starts_with(&below) && repository.is_whole(node));
            inside.filter_map(|(path, node)| Some((key_of(path)?, node.meta.size))).collect()
        };
        found.into_iter().try_for_each(|(key, size_bytes)| self.entry(&key, size_bytes))
    }

    fn entry(&self, key: &str, size_bytes: u64) -> Result<(), FaultLine> {
        self.told.tell(&AnswerLine::Entry { key: key.to_owned(), size_bytes })
    }

    fn fetch(&mut self, repository: &Indexed, key: &ObjectKey, into: &Path) -> Result<(), FaultLine> {
        let node = self.group(repository, folder_of(key))?.held.get(&path_of(key.as_str())).cloned();
        let fetched = match node {
            Some(node) => fetch(self.place, repository, &node, into),
            None => Err(FaultLine::new(FaultKind::Missing, format!("no snapshot holds {key:?}"))),
        };
        let outcome = match fetched {
            Ok(hashed) => {
                PhotoOutcome::Restored { size_bytes: hashed.size_bytes, proof: hashed.proof, content: hashed.content }
            }
            Err(fault) => PhotoOutcome::Failed(fault),
        };
        self.told.tell(&AnswerLine::Photo { key: key.as_str().to_owned(), outcome })
    }

    /// One snapshot of all, or one part while photos keep coming, in the place of the parts.
    fn join(&mut self, repository: Indexed, tag: Option<&str>) -> Result<Indexed, FaultLine> {
        let mut repository = repository.again(self.place)?;
        for (folder, group) in &mut self.groups {
            if group.parts.is_empty() {
                continue;
            }
            let run = Run { place: self.place, event: None, folder, told: self.told, asked: &BTreeMap::new() };
            let joined = run.complete(&repository, (group.whole.as_ref(), &group.parts), &mut group.held, tag)?;
            match tag {
                Some(_) => group.parts = vec![joined],
                None => (group.whole, group.parts) = (Some(joined), Vec::new()),
            }
        }
        repository.learn(self.place)?;
        Ok(repository)
    }
}

fn clone_pair<K: Clone, V: Clone>((key, value): (&K, &V)) -> (K, V) {
    (key.clone(), value.clone())
}

fn key_of(path: &Path) -> Option<String> {
    path.to_str()?.strip_prefix('/').map(str::to_owned)
}

fn kept(wanted: &ObjectKey, key: &ObjectKey, proven: Result<(), FaultLine>, was_there: bool) -> AnswerLine {
    let stands_as = (wanted != key).then(|| key.as_str().to_owned());
    let outcome = match proven {
        Ok(()) => PhotoOutcome::Kept { was_there, stands_as },
        Err(fault) => PhotoOutcome::Failed(fault),
    };
    AnswerLine::Photo { key: wanted.as_str().to_owned(), outcome }
}
