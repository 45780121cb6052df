//! Questions and answers of the journal that are not facts: filings, leases, counts, problems.
//!
//! Only data; what is kept of it stands in `kilat_core`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::cameras::CameraStanding;
use kilat_core::{
    Arrival, ArrivalFailure, ArrivalId, Camera, ContentHash, Destination, DestinationId, Event, EventId, KnownCamera,
    Millis, NoticeStanding, Offset, Photo, PhotoId, PhotoKind, ProofHash, Settings, Source, SourceId, TakenAt, Token,
    User,
};

use crate::backups::BackupState;
use crate::restores::RestoreState;

/// An arrival that was read to its end, to be filed as a photo.
#[derive(Debug, Clone)]
pub struct Filing {
    /// The arrival.
    pub arrival: ArrivalId,
    /// The event to file it under.
    pub event: EventId,
    /// What it is.
    pub hash: ContentHash,
    /// What its copies are checked by.
    pub proof: ProofHash,
    /// Length.
    pub size_bytes: u64,
    /// What kind of file.
    pub kind: PhotoKind,
    /// Its file name as the source gave it; bytes that are no UTF-8 replaced.
    pub name: String,
    /// What took it, where the file tells.
    pub camera: Option<Camera>,
    /// When it was taken, where the file tells.
    pub taken: Option<TakenAt>,
    /// EXIF orientation, 1 to 8.
    pub orientation: u8,
    /// Width and height before orientation, where the file tells.
    pub pixels: Option<(u32, u32)>,
    /// Where it came from.
    pub source: SourceId,
    /// Its path below the source's root.
    pub path: PathBuf,
    /// Name of the event's folder in every destination; made safe here.
    pub event_folder: String,
    /// Folders below the event's, outermost first, for example the date and the camera; made safe here.
    pub folder: Vec<String>,
    /// Where it must be copied to.
    pub due: Due,
}

/// Where a photo must be copied to as soon as it is filed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Due {
    /// Nowhere: it is of a kind that is not copied.
    Nowhere,
    /// To every upload destination in use at the moment of filing: one that is added at the same time
    /// gets it in either order.
    Uploads,
    /// There.
    At(Vec<DestinationId>),
}

/// What an arrival became.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "one lives for one answer; a box would be every caller's burden")]
pub enum Filed {
    /// A new photo.
    New(Photo),
    /// Nothing new: the event holds this content already, as this photo.
    Again(PhotoId),
}

/// A copy that the holder of the lease, and nobody else, makes now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// What to copy.
    pub photo: Photo,
    /// Failed attempts so far.
    pub attempts: u32,
}

/// Photos by state, of one event or of all. `held ≥ stored ≥ safe`, always.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Counts {
    /// Photos filed; RAW, JPEG and sidecar of one frame count each.
    pub held: u64,
    /// Their bytes.
    pub held_bytes: u64,
    /// Photos stored at one destination or more.
    pub stored: u64,
    /// Photos stored at every destination they are due at; those due nowhere are never safe.
    pub safe: u64,
    /// Photos with one copy or more that was given up.
    pub failed: u64,
    /// Arrivals that could not be filed, for whatever reason, and did not come again since.
    pub unfiled: u64,
    /// Those of them that were cut off.
    pub incomplete: u64,
    /// Copies by destination; a destination where nothing was ever due is absent.
    pub destinations: BTreeMap<DestinationId, DestinationCounts>,
}

/// Copies by state at one destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DestinationCounts {
    /// Durable and read back.
    pub stored: u64,
    /// Due, under way, or waiting for another attempt.
    pub pending: u64,
    /// Given up.
    pub failed: u64,
    /// When the newest copy was stored.
    pub last_stored_at: Option<Millis>,
}

/// A camera's photos in one event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CameraTally {
    /// The camera, as its newest photo named it.
    pub camera: Camera,
    /// Photos of it.
    pub held: u64,
    /// When the newest of them was filed.
    pub last_filed_at: Millis,
}

/// Something that went wrong and still stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// A copy was given up.
    Copy {
        /// Of which photo.
        photo: PhotoId,
        /// Its name, for people.
        name: String,
        /// Its event.
        event: EventId,
        /// Where to.
        destination: DestinationId,
        /// Attempts made.
        attempts: u32,
        /// Why the last one failed.
        message: String,
        /// When it was given up.
        at: Millis,
    },
    /// An arrival could not be filed, and no later one came at its path.
    Arrival {
        /// Which.
        arrival: Arrival,
        /// Why.
        failure: ArrivalFailure,
        /// What happened and what to do.
        message: String,
        /// When it failed.
        at: Millis,
    },
}

/// The current tables at one offset: where a projection of the [tail](crate::Journal::tail) begins.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// Everything up to here is included; tail after it.
    pub offset: Offset,
    /// All events, newest first.
    pub events: Vec<Event>,
    /// All sources.
    pub sources: Vec<Source>,
    /// All destinations.
    pub destinations: Vec<Destination>,
    /// What the operator set.
    pub settings: Settings,
    /// Whether copying is paused.
    pub is_paused: bool,
    /// Counts of every event.
    pub counts: BTreeMap<EventId, Counts>,
    /// Cameras of every event, the last to deliver first.
    pub cameras: BTreeMap<EventId, Vec<CameraTally>>,
    /// The photo of the active event that was filed last.
    pub last_photo: Option<Photo>,
    /// The newest notices, newest first, each with the offset that it was recorded at.
    pub notices: Vec<(Offset, NoticeStanding)>,
    /// The newest problems, newest first.
    pub problems: Vec<Problem>,
    /// Backup runs: those that go, then the newest.
    pub backups: Vec<BackupState>,
    /// The restore that was asked for last.
    pub restore: Option<RestoreState>,
    /// Cameras, senders and cards that Kilat is or was in touch with, oldest first.
    pub known_cameras: Vec<CameraStanding>,
}

/// Which notices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoticeFilter {
    /// All that are kept.
    All,
    /// Those whose cause lasts.
    Open,
}

/// Something that a follower must know after a restart, kept beside the log and never in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Its name, beginning with whose it is.
    pub name: String,
    /// What it says; none forgets it.
    pub value: Option<String>,
}

impl Note {
    /// A note that says this.
    #[must_use]
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), value: Some(value.into()) }
    }

    /// Nothing any more.
    #[must_use]
    pub fn forgotten(name: impl Into<String>) -> Self {
        Self { name: name.into(), value: None }
    }
}

/// Who may come in, at one offset; what is revoked or removed is not in it, what has expired still is.
#[derive(Debug, Clone)]
pub struct AccessTables {
    /// Everything up to here is included; [tail](crate::Journal::tail) after it.
    pub offset: Offset,
    /// Tokens and sessions, oldest first.
    pub tokens: Vec<Token>,
    /// Accounts, by name.
    pub users: Vec<User>,
    /// Cameras that were not removed, those without a login too.
    pub cameras: Vec<KnownCamera>,
}
