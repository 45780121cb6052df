//! One copy: from the file where it arrived, else from another destination that holds it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use kilat_core::{Board, DestinationId, FileStamp, Photo, Stop, Transfer};
use kilat_objects::{Item, ObjectStore, Receipt, StoreError, Watch};

/// Where a photo's bytes can be read.
#[derive(Debug, Clone)]
pub(crate) struct Origin {
    /// The file.
    pub(crate) path: PathBuf,
    /// Its state when it was hashed; none for a copy, which its hash alone identifies.
    pub(crate) stamp: Option<FileStamp>,
}

/// A copy to make.
#[derive(Debug, Clone)]
pub(crate) struct Job {
    pub(crate) photo: Photo,
    pub(crate) destination: DestinationId,
    /// Tried in this order until one has the bytes.
    pub(crate) origins: Vec<Origin>,
}

/// Makes the copy; blocks.
pub(crate) fn make(
    job: &Job,
    store: &Arc<dyn ObjectStore>,
    board: &Board,
    began: Duration,
    cancel: &Stop,
) -> Result<Receipt, StoreError> {
    let transfer = Transfer { name: job.photo.name.clone(), sent_bytes: 0, total_bytes: job.photo.size_bytes, began };
    board.set(job.photo.id.clone(), job.destination.clone(), transfer);
    let _cleared = OnBoard { board, job };
    let mut missing = None;
    for origin in &job.origins {
        match put(job, origin, store, board, cancel) {
            Err(error @ (StoreError::SourceGone { .. } | StoreError::SourceChanged { .. })) => {
                missing.get_or_insert(error);
            }
            result => return result,
        }
    }
    Err(missing.unwrap_or_else(|| StoreError::SourceGone { file: job.photo.path.clone() }))
}

fn put(
    job: &Job,
    origin: &Origin,
    store: &Arc<dyn ObjectStore>,
    board: &Board,
    cancel: &Stop,
) -> Result<Receipt, StoreError> {
    let stamp = match origin.stamp {
        Some(stamp) => stamp,
        None => stamp_of(&origin.path, job)?,
    };
    let item = Item {
        file: &origin.path,
        stamp,
        proof: job.photo.proof,
        key: &job.photo.key,
        part: job.photo.id.as_str(),
        resume: None,
    };
    store.put(&item, &Progress { board, job, cancel })
}

fn stamp_of(path: &Path, job: &Job) -> Result<FileStamp, StoreError> {
    let gone = || StoreError::SourceGone { file: path.to_owned() };
    let stamp = kilat_objects::stamp_of(path).map_err(|_why| gone())?;
    if stamp.size_bytes == job.photo.size_bytes { Ok(stamp) } else { Err(gone()) }
}

struct Progress<'a> {
    board: &'a Board,
    job: &'a Job,
    cancel: &'a Stop,
}

impl Watch for Progress<'_> {
    fn sent(&self, bytes: u64) {
        self.board.advance(&self.job.photo.id, &self.job.destination, bytes);
    }

    fn is_cancelled(&self) -> bool {
        self.cancel.is_asked()
    }
}

/// Takes the copy off the board however it ends.
struct OnBoard<'a> {
    board: &'a Board,
    job: &'a Job,
}

impl Drop for OnBoard<'_> {
    fn drop(&mut self) {
        self.board.clear(&self.job.photo.id, &self.job.destination);
    }
}
