//! What is asked about cameras, senders and cards.

use kilat_core::{CameraId, CameraState, EventId, Frame, KnownCamera, Millis};

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

    /// Which of these frames of a camera's list are not held yet: neither it handed them in, in whatever event, nor did
    /// a file of the same body come another way into the active event, of that name, length and second. In doubt a
    /// frame is missing: what comes twice is known by its content.
    ///
    /// # Errors
    /// A read error.
    pub async fn missing_frames(
        &self,
        camera: &CameraId,
        serial: Option<&str>,
        frames: Vec<Frame>,
    ) -> Result<Vec<Frame>, JournalError> {
        self.readers().ask(|db| sqlite::missing_frames(db, camera, serial, frames))
    }

    /// The files that a camera's lists named in an event and that are still on its card.
    ///
    /// # Errors
    /// A read error.
    pub async fn listed_frames(&self, camera: &CameraId, event: &EventId) -> Result<Vec<Frame>, JournalError> {
        self.readers().ask(|db| sqlite::listed_frames(db, camera, event))
    }
}
