//! The port to whoever takes what cameras give: Kilat's intake, or a test.

use std::future::Future;
use std::path::PathBuf;

use kilat_core::{Camera, CameraReading, CameraState, Frame};

/// What takes photos and news of one camera. Calls of one camera come in order; [`Desk::take`] of two photos may overlap.
pub trait Desk: Send + Sync + 'static {
    /// Where the next download may be written: a fresh path on the file system where photos will stay.
    fn part(&self) -> PathBuf;

    /// Which of these frames are to be fetched: those that are not held yet.
    fn missing(&self, frames: Vec<Frame>) -> impl Future<Output = Vec<Frame>> + Send;

    /// Takes a file over, whole as the camera told.
    fn take(&self, download: Download) -> impl Future<Output = Taken> + Send;

    /// Hears what is new.
    fn told(&self, news: News) -> impl Future<Output = ()> + Send;
}

/// A file that came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Download {
    /// What the camera calls it.
    pub frame: Frame,
    /// Where it stands now; it is the desk's from here on.
    pub path: PathBuf,
}

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It is held.
    Kept,
    /// It could not be kept now: fetch it again later.
    Later,
}

/// What is new at a camera.
#[derive(Debug, Clone, PartialEq)]
pub enum News {
    /// How the touch with it stands, and in words for a photographer why and what to do.
    State(CameraState, Option<String>),
    /// What it is, by its own words.
    Body(Camera),
    /// How it is.
    Reading(CameraReading),
    /// All that its card holds of what Kilat files.
    Listed(Vec<Frame>),
    /// A frame was shot; it will be fetched.
    Shot(Frame),
    /// So many bytes of a frame came so far, of one that takes a while.
    Moving(Frame, u64),
    /// A small picture of a frame whose file will take a while.
    Thumbnail(Frame, Vec<u8>),
    /// A frame did not come, also when it was asked for again; the card still has it.
    Missed(Frame, String),
}
