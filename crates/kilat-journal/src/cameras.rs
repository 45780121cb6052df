//! What is asked about cameras, senders and cards.

use std::path::PathBuf;

use kilat_core::{CameraId, CameraState, ContentHash, EventId, FileStamp, Frame, KnownCamera, Millis, PhotoId};

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

/// A file that a card handed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandedIn {
    /// Where it stands or stood in Kilat's own folder; its name is that on the card, perhaps with a number.
    pub path: PathBuf,
    /// Its length, and when it was written on the card.
    pub stamp: FileStamp,
    /// The event that it belongs to.
    pub event: EventId,
    /// What became of it.
    pub became: HandedInAs,
}

/// What became of a file that a card handed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HandedInAs {
    /// It is this photo.
    Photo(PhotoId),
    /// It is durable, and not read yet.
    Waiting,
    /// It was cut off on the card itself.
    CutOff,
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

    /// What this card handed in, oldest first.
    ///
    /// # Errors
    /// A read error.
    pub async fn handed_in(&self, card: &CameraId) -> Result<Vec<HandedIn>, JournalError> {
        self.readers().ask(|db| sqlite::handed_in(db, card))
    }

    /// The photo of this content in whatever event, of `first` before others.
    ///
    /// # Errors
    /// A read error.
    pub async fn photo_of_any_event(
        &self,
        hash: &ContentHash,
        first: &EventId,
    ) -> Result<Option<(EventId, PhotoId)>, JournalError> {
        self.readers().ask(|db| sqlite::photo_of_any_event(db, hash, first))
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
