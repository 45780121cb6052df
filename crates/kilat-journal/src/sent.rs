//! What is asked about cameras that send by themselves.

use kilat_core::{CameraId, EventId, Millis};

use crate::{Journal, JournalError, sqlite};

/// What came from a camera that sends by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentTally {
    /// Which camera.
    pub camera: CameraId,
    /// Photos of the event that came from it.
    pub files: u64,
    /// When one came last, of whatever event.
    pub last_at: Option<Millis>,
    /// Files of the event that were cut off on their way and are not whole yet.
    pub cut_off: u64,
}

impl Journal {
    /// What came from each camera that handed anything in, counted for an event. Reads every receipt: for people who ask,
    /// not for screens that follow.
    ///
    /// # Errors
    /// A read error.
    pub async fn sent_tallies(&self, event: Option<&EventId>) -> Result<Vec<SentTally>, JournalError> {
        self.readers().ask(|db| sqlite::sent_tallies(db, event))
    }
}
