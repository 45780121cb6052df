//! Cameras, senders and cards: how each stands, and what became of what it shot.

use kilat_core::{Camera, CardTally, Way};
use serde::{Deserialize, Serialize};

/// `GET /api/cameras`: of the event in use.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CameraList {
    /// The event; none when none is in use.
    pub event_id: Option<String>,
    /// Those that Kilat is in touch with, then bodies that it only knows by their files.
    pub cameras: Vec<CameraRow>,
    /// When the values were true.
    pub as_of: String,
}

/// What a row is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum CameraRowKind {
    /// It signs in to send: by FTP, FTPS or HTTP.
    Sender,
    /// It is pulled from.
    Tethered,
    /// A card, or a camera that shows itself as one.
    Card,
    /// A body that is only known by its files.
    Body,
    /// Files that name no body.
    Nobody,
}

/// How the touch with a camera stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum CameraRowState {
    /// Named, and not heard of yet.
    Unseen,
    /// It answers.
    Ready,
    /// It is there and sleeps.
    Asleep,
    /// Another program has it.
    Held,
    /// It answers no more.
    Wedged,
    /// This machine cannot pull from it.
    Unsupported,
    /// It is not there.
    Gone,
    /// There is no touch: it is only known by its files.
    Unknown,
}

/// A camera, sender, card or body. `shot ≥ held ≥ stored ≥ safe`; all count files.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CameraRow {
    /// Stable.
    pub id: String,
    /// As people call it.
    pub name: String,
    /// What it is.
    pub kind: CameraRowKind,
    /// How its files come, as far as any came.
    pub way: Option<Way>,
    /// How it stands.
    pub state: CameraRowState,
    /// Which program has it, while one does.
    pub held_by: Option<String>,
    /// Why it stands so and what to do.
    pub message: Option<String>,
    /// Since when it stands so.
    pub since: Option<String>,
    /// The body, as it tells itself.
    pub body: Option<Camera>,
    /// Where it is plugged in or mounted.
    pub place: Option<String>,
    /// What it told of itself last, while it is in touch.
    pub reading: Option<CameraTold>,
    /// When the newest of its photos was filed.
    pub last_photo_at: Option<String>,
    /// Files that it shot, where anybody knows.
    pub shot: Option<u64>,
    /// How that is known.
    pub shot_by: Option<CameraShotBy>,
    /// Those that Kilat holds.
    pub held: u64,
    /// Those with a proven copy somewhere.
    pub stored: u64,
    /// Those that meet the studio's rule.
    pub safe: u64,
    /// Copies by destination.
    pub stored_at: Vec<CameraStored>,
    /// Files that are not held.
    pub missing: u64,
    /// Those of them that are gone from the card.
    pub lost: u64,
    /// Files that came cut off and were not sent again.
    pub cut_off: u64,
    /// Whether its card may be formatted.
    pub safe_to_format: CameraFormat,
    /// Its clock, where photos told that it is wrong.
    pub clock: Option<CameraClock>,
    /// What is on its way from it, of a file that takes a while.
    pub coming: Option<CameraComing>,
    /// Files on this card that can be imported now.
    pub offer: Option<u64>,
    /// Files of earlier shoots on its card that are not held; they come when they are asked for.
    pub older: Option<u64>,
}

/// How it is known what a camera shot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum CameraShotBy {
    /// By the card's own list.
    List,
    /// By the numbers in the names: what it shot after the last one is not known.
    Numbers,
}

/// What a camera tells of itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CameraTold {
    /// How full its battery is.
    pub battery_percent: Option<u8>,
    /// How many shots its cards have room for.
    pub shots_left: Option<u64>,
    /// Free on its cards.
    pub free_bytes: Option<u64>,
    /// What its cards hold in all.
    pub capacity_bytes: Option<u64>,
    /// The lens.
    pub lens: Option<String>,
    /// Time, aperture, sensitivity.
    pub exposure: Option<String>,
    /// When it told.
    pub at: String,
}

/// A camera's photos at one destination.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CameraStored {
    /// Which.
    pub destination: String,
    /// How many have a proven copy there.
    pub photos: u64,
}

/// Whether a card may be formatted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CameraFormat {
    /// The answer.
    pub verdict: CameraFormatVerdict,
    /// The same in words.
    pub reason: String,
    /// What speaks against it, one by one.
    pub why: Vec<CameraFormatWhy>,
}

/// The answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum CameraFormatVerdict {
    /// Everything on it has enough copies, and it is in touch.
    Safe,
    /// Something would be lost, or not be safe.
    NotYet,
    /// Nobody can tell.
    Unknown,
}

/// One thing that speaks against formatting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CameraFormatWhy {
    /// What it is.
    pub what: CameraFormatWhat,
    /// How many files; none where it is not about files.
    pub count: Option<u64>,
    /// The first of them.
    pub names: Vec<String>,
}

/// What speaks against formatting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum CameraFormatWhat {
    /// Files are not held.
    NotHeld,
    /// Files of earlier shoots are not held.
    Older,
    /// Files came cut off.
    CutOff,
    /// Files do not have enough copies.
    NotSafe,
    /// It is not in touch.
    NotSeen,
    /// There is no list of what it holds.
    NoList,
    /// By its list it holds nothing.
    Empty,
}

/// A file on its way from a camera.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CameraComing {
    /// Its name.
    pub name: String,
    /// Bytes that came.
    pub done_bytes: u64,
    /// Bytes in all, as the camera tells.
    pub total_bytes: u64,
    /// Whether a small picture of it is here already: `GET /api/cameras/{id}/coming`.
    pub picture: bool,
}

/// A clock that photos told to be wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CameraClock {
    /// By how much it is ahead; negative when it is behind.
    pub skew_ms: i64,
    /// The same in words: `3 min 12 s behind`.
    pub text: String,
    /// Since when that is known.
    pub since: String,
}

/// `GET /api/cameras/{id}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CameraDetail {
    /// As in the list.
    #[serde(flatten)]
    pub camera: CameraRow,
    /// Files that are not held; at most 200 names, the row has how many there are.
    pub missing_names: Vec<String>,
    /// Those of them that are gone from the card.
    pub lost_names: Vec<String>,
    /// Files that came cut off.
    pub cut_off_names: Vec<String>,
    /// Held, and without enough copies.
    pub not_safe_names: Vec<String>,
    /// What it handed in, newest first; at most 50.
    pub receipts: Vec<CameraReceipt>,
}

/// A file that a camera handed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CameraReceipt {
    /// The photo that it is.
    pub photo_id: String,
    /// Its name.
    pub name: String,
    /// How it came.
    pub way: Way,
    /// When.
    pub at: String,
    /// Whether it was held before.
    pub again: bool,
}

/// An arrival that brought a photo.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct PhotoReceipt {
    /// How it came; none by a hot folder.
    pub way: Option<Way>,
    /// Which camera handed it in.
    pub camera_id: Option<String>,
    /// As people call that.
    pub camera_name: Option<String>,
    /// The source.
    pub source: String,
    /// Its path there.
    pub path: String,
    /// When.
    pub at: String,
}

/// `GET /api/admin/cameras/{id}/import`, and `POST`: how reading a card goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CardImportAnswer {
    /// Always true.
    #[cfg_attr(feature = "schema", schemars(extend("const" = true)))]
    pub success: bool,
    /// Which card.
    pub id: String,
    /// As people call it.
    pub name: String,
    /// How it goes.
    pub state: CardImportState,
    /// Since when it goes so.
    pub since: Option<String>,
    /// What is on it and what became of that, once it was looked at.
    pub tally: Option<CardTally>,
    /// How far it is, while it is read.
    pub progress: Option<CardProgress>,
    /// The same in words.
    pub words: String,
}

/// How reading a card goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum CardImportState {
    /// It was not looked at since Kilat started, or is not in.
    Idle,
    /// It is in, and `tally` says what is on it: `left` can be imported.
    Offered,
    /// It is being looked at.
    Asked,
    /// It is being read.
    Reading,
    /// All that could be read was: `tally` says whether that is everything.
    Done,
    /// It was pulled out; it goes on when it is back.
    Pulled,
    /// It was stopped.
    Stopped,
    /// It could not be read, or what was read could not be kept.
    Refused,
}

/// How far a card that is being read is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CardProgress {
    /// Files that were read, and looked at in vain.
    pub done_files: u64,
    /// Files to read.
    pub total_files: u64,
    /// Bytes that were read.
    pub done_bytes: u64,
    /// Bytes to read.
    pub total_bytes: u64,
    /// What is read now.
    pub file_name: String,
}
