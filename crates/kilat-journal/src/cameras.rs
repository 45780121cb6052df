//! What is asked about cameras, senders and cards.

use std::path::PathBuf;

use kilat_core::{
    Camera, CameraId, CameraState, ContentHash, DestinationId, EventId, Evidence, FileStamp, Frame, KnownCamera,
    Millis, PhotoId, SourceId, Way,
};

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

/// The clock of a body, in one event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClockStanding {
    /// One text per body, as in [`HeldPhoto::body`](kilat_core::HeldPhoto::body).
    pub body: String,
    /// The body.
    pub camera: Camera,
    /// By how much it is ahead; negative when it is behind.
    pub skew_ms: i64,
    /// Since when that is known.
    pub seen_at: Millis,
}

/// What [`account`](kilat_core::account) is asked with, and whom its rows are about.
#[derive(Debug)]
pub struct CameraEvidence {
    /// Cameras, in the order of the evidence.
    pub cameras: Vec<CameraStanding>,
    /// Destinations in use, in the order of the copies' bits.
    pub places: Vec<DestinationId>,
    /// How the newest file of each of them came.
    pub ways: Vec<Option<Way>>,
    /// Bodies that photos of the event name, each with its one text.
    pub bodies: Vec<(String, Camera)>,
    /// Clocks that were found wrong, or right again.
    pub clocks: Vec<ClockStanding>,
    /// The rest.
    pub evidence: Evidence,
}

/// An arrival that brought a photo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Its way, where Kilat received or fetched it itself; else it came by a hot folder.
    pub way: Option<Way>,
    /// Who handed it in.
    pub camera: Option<CameraId>,
    /// As people call that.
    pub camera_name: Option<String>,
    /// The source.
    pub source: SourceId,
    /// The file, below the source's root.
    pub path: PathBuf,
    /// When it came.
    pub at: Millis,
}

/// A file that a camera handed in and that is a photo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CameraReceipt {
    /// The photo.
    pub photo: PhotoId,
    /// Its name.
    pub name: String,
    /// How it came.
    pub way: Way,
    /// When it came.
    pub at: Millis,
    /// Whether it was held before.
    pub is_again: bool,
}

impl Journal {
    /// What a camera handed in, newest first; at most `limit` and [`MAX_LIMIT`](crate::MAX_LIMIT).
    ///
    /// # Errors
    /// A read error.
    pub async fn camera_receipts(&self, id: &CameraId, limit: usize) -> Result<Vec<CameraReceipt>, JournalError> {
        self.readers().ask(|db| sqlite::camera_receipts(db, id, limit))
    }

    /// What an account of the cameras of an event is drawn up from. Reads every photo of it: for a thread that may
    /// block.
    ///
    /// # Errors
    /// A read error.
    pub fn camera_evidence_blocking(&self, event: &EventId) -> Result<CameraEvidence, JournalError> {
        self.readers().ask(|db| sqlite::camera_evidence(db, event))
    }

    /// Every arrival that brought a photo, oldest first; at most 100.
    ///
    /// # Errors
    /// [`JournalError::Refused`] when the photo is unknown; a read error.
    pub async fn receipts(&self, photo: &PhotoId) -> Result<Vec<Receipt>, JournalError> {
        self.readers().ask(|db| sqlite::receipts(db, photo))
    }

    /// The clocks of an event's bodies that were found wrong, or right again.
    ///
    /// # Errors
    /// A read error.
    pub async fn clocks(&self, event: &EventId) -> Result<Vec<ClockStanding>, JournalError> {
        self.readers().ask(|db| sqlite::clocks(db, event))
    }

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
