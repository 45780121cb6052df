//! What moved so far: for whoever watches, in all and of each photo under way.
//!
//! A photo is as far as both its reading and the writing of its batch are: the library reads ahead, and which pack
//! holds whose piece shows only at the end, so that written bytes count for the photos in the order they were begun.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Bytes moved so far.
#[derive(Debug, Default)]
pub(crate) struct Moved {
    pub(crate) read: AtomicU64,
    pub(crate) written: AtomicU64,
    batch: Mutex<Batch>,
}

/// Photos that are stored together.
#[derive(Debug, Default)]
struct Batch {
    /// Bytes that were written before it.
    before: u64,
    photos: Vec<Flight>,
    /// Photos that were begun, in that order.
    begun: Vec<usize>,
}

#[derive(Debug)]
struct Flight {
    path: PathBuf,
    /// What it was asked as.
    key: String,
    read: u64,
    told: u64,
}

impl Moved {
    /// A batch begins: the path of each photo in the snapshot, and what it was asked as.
    pub(crate) fn begin(&self, photos: impl Iterator<Item = (PathBuf, String)>) {
        let mut batch = self.batch();
        let photos = photos.map(|(path, key)| Flight { path, key, read: 0, told: 0 }).collect();
        *batch = Batch { before: self.written.load(Ordering::Relaxed), photos, begun: Vec::new() };
    }

    /// It is written.
    pub(crate) fn end(&self) {
        *self.batch() = Batch::default();
    }

    /// More of a photo was read.
    pub(crate) fn read(&self, path: &Path, bytes: u64) {
        self.read.fetch_add(bytes, Ordering::Relaxed);
        let mut batch = self.batch();
        let Some(at) = batch.photos.iter().position(|flight| flight.path == path) else { return };
        if batch.photos[at].read == 0 {
            batch.begun.push(at);
        }
        batch.photos[at].read += bytes;
    }

    /// What each photo has got further to since it was asked last.
    pub(crate) fn news(&self) -> Vec<(String, u64)> {
        let mut batch = self.batch();
        let Batch { before, photos, begun } = &mut *batch;
        let mut left = self.written.load(Ordering::Relaxed).saturating_sub(*before);
        let mut news = Vec::new();
        for at in begun {
            let Some(flight) = photos.get_mut(*at) else { continue };
            let done = flight.read.min(left);
            left -= done;
            if done > flight.told {
                flight.told = done;
                news.push((flight.key.clone(), done));
            }
        }
        news
    }

    fn batch(&self) -> MutexGuard<'_, Batch> {
        self.batch.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_photo_is_no_further_than_what_was_written_of_its_batch() {
        let moved = Moved::default();
        moved.written.store(1_000, Ordering::Relaxed);
        moved.begin(["a", "b"].map(|name| (PathBuf::from(name), name.to_uppercase())).into_iter());
        moved.read(Path::new("b"), 300);
        moved.read(Path::new("a"), 300);
        assert_eq!(moved.news(), Vec::new(), "read ahead only");
        moved.written.store(1_400, Ordering::Relaxed);
        assert_eq!(moved.news(), [("B".to_owned(), 300), ("A".to_owned(), 100)]);
        assert_eq!(moved.news(), Vec::new(), "told once");
        moved.written.store(9_000, Ordering::Relaxed);
        assert_eq!(moved.news(), [("A".to_owned(), 300)]);
        moved.end();
        moved.read(Path::new("a"), 1);
        assert_eq!(moved.news(), Vec::new());
    }
}
