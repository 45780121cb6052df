//! One copy: from the first origin that has the bytes, with its progress on the board.

use std::sync::Arc;
use std::time::Duration;

use kilat_core::{Board, DestinationId, Photo, Stop, Transfer};
use kilat_objects::{ObjectStore, Origin, Receipt, StoreError, Watch, put_from};

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
    put_from(&job.origins, &job.photo, None, store.as_ref(), &Progress { board, job, cancel })
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
