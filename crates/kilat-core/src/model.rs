//! What Kilat knows of the world: events, sources, destinations, arrivals, photos, copies.
//!
//! States are enums that hold what belongs to them; a stored copy has a key, a pending one has none.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::path_text;
use crate::{ArrivalId, ContentHash, EventId, GroupId, Millis, ObjectKey, PhotoId, ProofHash, SourceId, Via};

/// A shoot with a name and a date; every photo belongs to one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// Short id that people type.
    pub id: EventId,
    /// As the studio calls it.
    pub name: String,
    /// The day of the shoot, at the venue.
    pub date: jiff::civil::Date,
    /// Where it stands.
    pub status: EventStatus,
    /// When it was made.
    pub created_at: Millis,
}

/// Where an event stands. At most one event is active.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum EventStatus {
    /// Made, not the one that new photos belong to.
    Open,
    /// New photos belong to it.
    Active,
    /// Ended; takes no new photos.
    Closed,
}

/// Where photos come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Source {
    /// Stable over restarts: derived from what it watches.
    pub id: SourceId,
    /// What kind it is.
    pub kind: SourceKind,
    /// The folder it reads.
    #[serde(with = "path_text")]
    pub root: PathBuf,
    /// Whether it can be read now.
    pub health: SourceHealth,
}

/// Kinds of sources.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceKind {
    /// A folder that other programs write into.
    HotFolder,
    /// Kilat's own folder, for what it receives and fetches itself.
    Intake,
}

/// Whether a source can be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum SourceHealth {
    /// It can.
    Online {
        /// Since when.
        since: Millis,
    },
    /// It cannot.
    Offline {
        /// Since when.
        since: Millis,
        /// Why, in words for a person.
        reason: String,
    },
}

/// What tells one state of a file from another without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FileStamp {
    /// Length.
    pub size_bytes: u64,
    /// Modification time, nanoseconds since the Unix epoch.
    pub mtime_ns: i64,
    /// Inode, 0 where the system has none.
    pub ino: u64,
}

/// One file that a source finished writing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Arrival {
    /// Its id.
    pub id: ArrivalId,
    /// Where it came from.
    pub source: SourceId,
    /// Its path below the source's root, exactly as the source named it.
    #[serde(with = "path_text")]
    pub path: PathBuf,
    /// Its state when it was taken for finished.
    pub stamp: FileStamp,
    /// The event that was active then.
    pub event: EventId,
    /// When it was taken for finished.
    pub at: Millis,
    /// Who handed it in, where Kilat received or fetched it itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub via: Option<Via>,
}

/// What became of an arrival.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ArrivalStatus {
    /// Not read yet, or Kilat was stopped while reading.
    Seen,
    /// It is this photo.
    Filed(PhotoId),
    /// Its content was held already, as this photo.
    Again(PhotoId),
    /// It could not be filed.
    Failed(ArrivalFailure),
    /// It could not be filed, and its file is gone.
    Forgotten,
}

/// Why an arrival could not be filed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ArrivalFailure {
    /// Cut off: the file's structure ends before it should.
    Incomplete,
    /// Could not be read, after retries.
    Unreadable,
    /// Was gone before it was read.
    Vanished,
    /// Above the size limit that the settings name.
    TooLarge,
}

/// An arrival with its content hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Photo {
    /// Its id.
    pub id: PhotoId,
    /// The event it is filed under.
    pub event: EventId,
    /// RAW, JPEG and sidecar of one frame share it.
    pub group: GroupId,
    /// What it is.
    pub hash: ContentHash,
    /// What its copies are checked by.
    pub proof: ProofHash,
    /// Length.
    pub size_bytes: u64,
    /// What kind of file.
    pub kind: PhotoKind,
    /// Its name as the source gave it; bytes that are no UTF-8 are replaced. For people only.
    pub name: String,
    /// Where it stands in every destination, unless a destination already held another file there.
    pub key: ObjectKey,
    /// What took it, where the file tells.
    pub camera: Option<Camera>,
    /// When it was taken by the camera's clock, where the file tells.
    pub taken: Option<TakenAt>,
    /// EXIF orientation, 1 to 8.
    pub orientation: u8,
    /// Pixels, where the file tells: width, height before orientation.
    pub pixels: Option<(u32, u32)>,
    /// When it was filed.
    pub filed_at: Millis,
    /// The source that delivered it first.
    pub source: SourceId,
    /// Its path below that source's root.
    #[serde(with = "path_text")]
    pub path: PathBuf,
}

/// Kinds of files that Kilat files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum PhotoKind {
    /// JPEG.
    Jpeg,
    /// HEIC, HEIF.
    Heic,
    /// NEF, CR2, CR3, ARW, RAF, RW2, ORF, DNG.
    Raw,
    /// MP4, MOV.
    Video,
    /// XMP and other small files that belong to a photo.
    Sidecar,
}

impl PhotoKind {
    /// The kind that a file's extension names; none for what Kilat does not file.
    #[must_use]
    pub fn of_path(path: &Path) -> Option<Self> {
        let ext = path.extension()?.to_str()?.to_ascii_lowercase();
        match ext.as_str() {
            "jpg" | "jpeg" | "jpe" => Some(Self::Jpeg),
            "heic" | "heif" | "hif" => Some(Self::Heic),
            "nef" | "nrw" | "cr2" | "cr3" | "arw" | "raf" | "rw2" | "orf" | "dng" => Some(Self::Raw),
            "mp4" | "mov" | "m4v" => Some(Self::Video),
            "xmp" => Some(Self::Sidecar),
            _ => None,
        }
    }
}

/// A camera body, as its files name it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Camera {
    /// Maker, for example `NIKON CORPORATION`.
    pub make: String,
    /// Model, for example `NIKON Z 9`.
    pub model: String,
    /// Body serial number, where the file tells.
    pub serial: Option<String>,
}

/// When a photo was taken by the camera's own clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TakenAt {
    /// The clock's reading, with sub-seconds where the camera records them.
    pub civil: jiff::civil::DateTime,
    /// The clock's distance from UTC, where the camera records it.
    pub offset_minutes: Option<i16>,
}

/// The state of one photo's copy at one destination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CopyState {
    /// Due; `not_before` and `message` tell of the last failed attempt.
    Pending {
        /// Failed attempts so far.
        attempts: u32,
        /// Not before this instant.
        not_before: Option<Millis>,
        /// Why the last attempt failed.
        message: Option<String>,
    },
    /// Given up until an operator asks for another attempt.
    Failed {
        /// Attempts made.
        attempts: u32,
        /// Why the last one failed.
        message: String,
    },
    /// Durable there and read back.
    Stored {
        /// Where.
        key: ObjectKey,
        /// Since when.
        at: Millis,
        /// How it was proven.
        read_back: ReadBack,
    },
}

/// How a stored copy was read back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ReadBack {
    /// From the device, past the page cache.
    Device,
    /// Through the page cache after asking the system to drop it: the file system refuses direct reads.
    Cache,
    /// Fetched again over the network, whole.
    Download,
    /// Compared by the server, which was seen to refuse bytes that do not fit their checksum.
    Checksum,
}

/// What an operator may change while Kilat runs. Settings that an older Kilat recorded lack the newer ones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Settings {
    /// Who is named as the photographer on the wire.
    pub uploader_name: String,
    /// Whether notices are announced at all; they are kept either way.
    pub notifications_enabled: bool,
    /// Whether pages shall follow the WebSocket; else they ask now and then. Kilat answers both, always.
    pub use_realtime: bool,
    /// How often pages that ask shall ask for the machine's state.
    pub polling_interval_ms: u64,
    /// From when on the machine's state is worth a notice.
    pub thresholds: Thresholds,
    /// Until when copies over the network leave the line to a ceremony; none, or a time that passed, when none is on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ceremony_until: Option<Millis>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            uploader_name: "Kilat".to_owned(),
            notifications_enabled: true,
            use_realtime: true,
            // Two minutes: what the replaced system's pages were made for.
            polling_interval_ms: 120_000,
            thresholds: Thresholds::default(),
            ceremony_until: None,
        }
    }
}

/// Percent beyond which a notice is raised; 100 never is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct Thresholds {
    /// Of the processors, on average over a minute.
    pub cpu: u8,
    /// Of the memory, on average over a minute.
    pub memory: u8,
    /// Of each disk that Kilat uses.
    pub storage: u8,
}

impl Default for Thresholds {
    fn default() -> Self {
        // Previews and hashes make a laptop busy for a while: only what lasts at nearly all is worth a word.
        Self { cpu: 90, memory: 90, storage: 90 }
    }
}
