//! What an account is drawn from.

use crate::{CameraKind, Millis, PhotoKind};

/// What there is to account for, of one event.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    /// Cameras that Kilat knows.
    pub cameras: Vec<KnownBody>,
    /// Photos of the event, and those of other events that were handed in from cards that are looked at.
    pub photos: Vec<HeldPhoto>,
    /// What cards named in the event.
    pub frames: Vec<ListedFrame>,
    /// What cameras handed in.
    pub handed: Vec<HandedIn>,
    /// Destinations in use; bit `n` of a photo's copies is the `n`th. At most 64.
    pub places: usize,
}

/// A known camera, as far as an account needs it.
#[derive(Debug, Clone)]
pub struct KnownBody {
    /// What it is.
    pub kind: CameraKind,
    /// Its body's serial number, where it tells.
    pub serial: Option<String>,
    /// Files of it that came cut off and were not sent again.
    pub cut_off: Vec<String>,
}

/// A photo, as far as an account needs it.
#[derive(Debug, Clone)]
pub struct HeldPhoto {
    /// Its row.
    pub no: i64,
    /// The name that it came under.
    pub name: String,
    /// The same, folded.
    pub folded: String,
    /// Length.
    pub size_bytes: u64,
    /// What kind of file.
    pub kind: PhotoKind,
    /// One text per camera body.
    pub body: Option<String>,
    /// Serial number of that body.
    pub serial: Option<String>,
    /// The camera's clock, in seconds since 1970 as if that were UTC.
    pub taken_s: Option<i64>,
    /// Where it stands in the order of the event.
    pub order_ms: i64,
    /// When it was filed.
    pub filed_at: Millis,
    /// Destinations that hold a proven copy.
    pub copies: u64,
    /// Whether it belongs to another event.
    pub is_elsewhere: bool,
}

/// A file that the list of a camera's card named.
#[derive(Debug, Clone)]
pub struct ListedFrame {
    /// Which camera's, by its place in [`Evidence::cameras`].
    pub camera: usize,
    /// Its path on the card.
    pub path: String,
    /// Its name without folders, folded.
    pub folded: String,
    /// Length.
    pub size_bytes: u64,
    /// When it was written, by the camera's clock.
    pub written_s: Option<i64>,
    /// Whether it is of an earlier shoot: it was on the card before the event, and is not part of it.
    pub is_older: bool,
    /// Whether the card names it no more.
    pub is_gone: bool,
}

impl ListedFrame {
    /// Its name without folders.
    #[must_use]
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }
}

/// A file that a camera handed in and that is a photo.
#[derive(Debug, Clone)]
pub struct HandedIn {
    /// Which camera.
    pub camera: usize,
    /// The folded name that it came under.
    pub folded: String,
    /// Length.
    pub size_bytes: u64,
    /// When it was written, by the camera's clock.
    pub written_s: i64,
    /// The photo's row.
    pub photo: i64,
}
