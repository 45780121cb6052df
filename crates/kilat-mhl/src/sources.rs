//! What places say of an event: folder by folder, which files each should hold.
//!
//! A folder's own lists and what a journal knows of it are two words on the same files; the journal's is the stronger
//! one, because its database checks itself.

use std::collections::{BTreeMap, BTreeSet};

use kilat_core::{ObjectKey, Photo};

use crate::{FileHash, History, HistoryError, Listed, Place, RelPath, Source};

/// The folders of an event, each with the places that have it, the one to read first first.
#[derive(Default)]
pub struct Sources {
    /// By folder.
    pub folders: BTreeMap<ObjectKey, Vec<Source>>,
    /// What is wrong with what was read, in words.
    pub warnings: Vec<String>,
}

impl Sources {
    /// Adds a place that has the folder: what it says of itself, and what is `known` of it beside that.
    pub fn add(&mut self, folder: ObjectKey, place: Box<dyn Place>, known: BTreeMap<RelPath, Listed>) {
        let mut warn = |what: String| self.warnings.push(format!("{}: {what}", place.name()));
        let mut files: BTreeMap<RelPath, Listed> = match History::read(place.as_ref()) {
            Ok(history) => {
                history.flaws().iter().for_each(|flaw| warn(flaw.to_string()));
                if history.flaws_left_out() > 0 {
                    warn(format!("{} more of the same", history.flaws_left_out()));
                }
                history.expected().map(|(path, listed)| (path.clone(), listed.clone())).collect()
            }
            Err(HistoryError::NoHistory) if !known.is_empty() => BTreeMap::new(),
            Err(error) => {
                warn(error.to_string());
                BTreeMap::new()
            }
        };
        files.extend(known);
        self.folders.entry(folder).or_default().push(Source { place, files });
    }

    /// Whether no place lists any file.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.folders.values().flatten().all(|source| source.files.is_empty())
    }
}

/// A proven copy as its place should hold it: the folder, the path below it, and what is listed. None for a key that
/// is in no folder.
#[must_use]
pub fn known_copy(copy: &Photo) -> Option<(ObjectKey, RelPath, Listed)> {
    let folder = ObjectKey::from_names([copy.key.segments().next()?]);
    let path = RelPath::of_key(&folder, &copy.key)?;
    Some((folder, path, Listed::known(copy.size_bytes, FileHash::Xxh128(copy.proof))))
}

/// Names that people type for photos, without regard to case.
#[derive(Debug, Clone)]
pub struct Names(BTreeSet<String>);

impl Names {
    /// These.
    pub fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        Self(names.into_iter().map(str::to_lowercase).collect())
    }

    /// Whether one of them is the file at `path`: its name, or the whole path below the event's folder.
    #[must_use]
    pub fn mean(&self, path: &RelPath) -> bool {
        self.meant(path).next().is_some()
    }

    /// Those of them that are the file at `path`.
    pub fn meant(&self, path: &RelPath) -> impl Iterator<Item = &str> {
        let (name, whole) = (path.name().to_lowercase(), path.as_str().to_lowercase());
        let second = if whole == name { None } else { self.0.get(&whole) };
        self.0.get(&name).into_iter().chain(second).map(String::as_str)
    }

    /// All of them, in lower case.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

/// All listed files of a folder, or those that `names` mean, in order.
#[must_use]
pub fn wanted(sources: &[Source], names: Option<&Names>) -> Vec<RelPath> {
    let is_wanted = |path: &&RelPath| names.is_none_or(|names| names.mean(path));
    let all: BTreeSet<&RelPath> = sources.iter().flat_map(|source| source.files.keys()).filter(is_wanted).collect();
    all.into_iter().cloned().collect()
}
