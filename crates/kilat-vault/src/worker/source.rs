//! What the library reads from: photos that prove themselves while they are read.
//!
//! Invariant: a photo whose bytes are not the ones that the journal knows ends in an error, so that it is in
//! no snapshot; the others go on.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use kilat_core::{OsFault, path_text};
use kilat_objects::{Hashing, stamp_of_open};
use rustic_core::repofile::Node;
use rustic_core::{ReadSource, ReadSourceEntry, ReadSourceOpen, RusticResult};

use super::held::folder_node;
use super::moved::Moved;
use super::repository::own_error;
use crate::lines::{FaultKind, FaultLine, PhotoLine};

/// How reading each photo ended, by its path in the snapshot.
pub(crate) type Readings = Arc<Mutex<BTreeMap<PathBuf, Result<(), FaultLine>>>>;

/// A photo in a snapshot to be.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) node: Node,
    /// Where its bytes come from; none when an earlier snapshot has them.
    pub(crate) photo: Option<PhotoLine>,
}

/// Photos in the order in which the library wants them, with the folders around them.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    entries: Vec<(PathBuf, Node, Option<PhotoLine>)>,
    readings: Readings,
    moved: Arc<Moved>,
}

impl Source {
    pub(crate) fn new(photos: &BTreeMap<PathBuf, Entry>, moved: &Arc<Moved>) -> Self {
        let mut folders: BTreeMap<&Path, Timestamp> = BTreeMap::new();
        for (path, entry) in photos {
            let mtime = entry.node.meta.mtime.unwrap_or_default();
            for folder in path.ancestors().skip(1).filter(|folder| folder.file_name().is_some()) {
                let newest = folders.entry(folder).or_insert(mtime);
                *newest = mtime.max(*newest);
            }
        }
        let folders = folders.into_iter().map(|(path, newest)| (path.to_owned(), folder_node(path, newest), None));
        let photos = photos.iter().map(|(path, entry)| (path.clone(), entry.node.clone(), entry.photo.clone()));
        let mut entries: Vec<_> = folders.chain(photos).collect();
        // By the parts of the path: a folder comes before what is in it, and names in one folder are in order.
        entries.sort_by(|(a, _, _), (b, _, _)| a.cmp(b));
        Self { entries, readings: Readings::default(), moved: Arc::clone(moved) }
    }

    pub(crate) fn readings(&self) -> Readings {
        Arc::clone(&self.readings)
    }
}

impl ReadSource for Source {
    type Open = Opener;
    type Iter = std::vec::IntoIter<RusticResult<ReadSourceEntry<Opener>>>;

    fn size(&self) -> RusticResult<Option<u64>> {
        Ok(None)
    }

    fn entries(&self) -> Self::Iter {
        let entries: Vec<_> = self
            .entries
            .iter()
            .map(|(path, node, photo)| {
                let open = photo.clone().map(|photo| Opener {
                    path: path.clone(),
                    photo,
                    readings: Arc::clone(&self.readings),
                    moved: Arc::clone(&self.moved),
                });
                Ok(ReadSourceEntry { path: path.clone(), node: node.clone(), open })
            })
            .collect();
        entries.into_iter()
    }
}

/// Opens a photo when its turn has come.
#[derive(Debug)]
pub(crate) struct Opener {
    path: PathBuf,
    photo: PhotoLine,
    readings: Readings,
    moved: Arc<Moved>,
}

impl Opener {
    fn unreadable(&self, error: &io::Error) -> FaultLine {
        let kind = if OsFault::of(error) == OsFault::Gone { FaultKind::SourceGone } else { FaultKind::Io };
        FaultLine::new(kind, format!("read {:?}: {error}", path_text::decode(&self.photo.file)))
    }

    /// Keeps what happened: the library would say it in a log that nobody reads.
    fn keep(&self, outcome: Result<(), FaultLine>) {
        self.readings.lock().unwrap_or_else(PoisonError::into_inner).insert(self.path.clone(), outcome);
    }
}

impl ReadSourceOpen for Opener {
    type Reader = Proving;

    fn open(self) -> RusticResult<Proving> {
        match File::open(path_text::decode(&self.photo.file)) {
            Ok(file) => Ok(Proving { opener: self, file, hashing: Hashing::default() }),
            Err(error) => {
                self.keep(Err(self.unreadable(&error)));
                Err(own_error("this photo cannot be opened"))
            }
        }
    }
}

/// Reads a photo and compares.
#[derive(Debug)]
pub(crate) struct Proving {
    opener: Opener,
    file: File,
    hashing: Hashing,
}

impl Proving {
    fn end(&self, outcome: Result<(), FaultLine>) -> io::Result<usize> {
        let is_fine = outcome.is_ok();
        self.opener.keep(outcome);
        if is_fine { Ok(0) } else { Err(io::Error::other("this photo is not stored")) }
    }

    fn judge(&self) -> Result<(), FaultLine> {
        let photo = &self.opener.photo;
        let changed = |how: &str| {
            let text = format!("{:?} {how}", path_text::decode(&photo.file));
            Err(FaultLine::new(FaultKind::SourceChanged, text))
        };
        let hashed = self.hashing.hashed();
        if hashed.size_bytes != photo.size_bytes
            || hashed.proof != photo.proof
            || photo.content.is_some_and(|content| content != hashed.content)
        {
            return changed("holds other bytes than when it was filed");
        }
        match stamp_of_open(&self.file) {
            Ok(stamp) if stamp.size_bytes != photo.size_bytes => changed("grew while it was read"),
            Ok(_) => Ok(()),
            Err(error) => Err(self.opener.unreadable(&error)),
        }
    }
}

impl Read for Proving {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        match self.file.read(buffer) {
            Ok(0) => self.end(self.judge()),
            Ok(read) => {
                self.hashing.update(&buffer[..read]);
                self.opener.moved.read(&self.opener.path, read as u64);
                // A file that grows for ever would be read for ever.
                if self.hashing.hashed_bytes() > self.opener.photo.size_bytes {
                    return self.end(self.judge());
                }
                Ok(read)
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(error) => self.end(Err(self.opener.unreadable(&error))),
        }
    }
}
