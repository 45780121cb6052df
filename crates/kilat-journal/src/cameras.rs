//! What is asked about cameras, senders and cards.

use kilat_core::{CameraId, CameraState, KnownCamera, Millis};

use crate::{Journal, JournalError, sqlite};

/// A camera, and how Kilat's touch with it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CameraStanding {
    /// What it is.
    pub camera: KnownCamera,
    /// How it stands.
    pub state: CameraState,
    /// Why and what to do, in words for a photographer.
    pub message: Option<String>,
    /// Since when it stands so.
    pub since: Millis,
}

impl Journal {
    /// All cameras that were not removed, oldest first; at most [`MAX_CAMERAS`](crate::MAX_CAMERAS).
    ///
    /// # Errors
    /// A read error.
    pub async fn known_cameras(&self) -> Result<Vec<CameraStanding>, JournalError> {
        self.readers().ask(sqlite::known_cameras)
    }

    /// One of them.
    ///
    /// # Errors
    /// A read error.
    pub async fn known_camera(&self, id: &CameraId) -> Result<Option<CameraStanding>, JournalError> {
        self.readers().ask(|db| sqlite::known_camera(db, id))
    }
}
