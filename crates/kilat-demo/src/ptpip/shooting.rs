//! What happens when the shutter is released: a JPEG, and a RAW beside it where the body is set so.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};

use crate::body::{Body, Card};
use crate::files::{self, Frame, ZONE_HOURS};
use crate::picture::Darkroom;

/// No body is faster, and its files tell hundredths of a second.
const APART: SignedDuration = SignedDuration::from_millis(10);

/// Takes pictures, one after the other.
#[derive(Debug)]
pub(super) struct Shutter {
    /// Drawn at the first shot: a camera that only serves its card starts at once.
    darkroom: Option<Darkroom>,
    card: Card,
    number: u64,
    pictures: usize,
    /// When the last frame was taken.
    last: Timestamp,
}

/// How frames are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frames<'a> {
    pub(super) body: &'a Body,
    pub(super) has_raw: bool,
    pub(super) size_bytes: Option<usize>,
}

impl Shutter {
    /// The next file has this number in its name.
    pub(super) fn new(first: u32, seed: u64, pictures: usize) -> Self {
        Self {
            darkroom: None,
            card: Card::at(first),
            number: seed.wrapping_mul(1_000_003),
            pictures,
            last: Timestamp::MIN,
        }
    }

    /// Takes one frame at that time of the camera's clock; the paths of its files, below the card's folder.
    pub(super) fn release(&mut self, root: &Path, frames: Frames<'_>, now: Timestamp) -> io::Result<Vec<PathBuf>> {
        let darkroom = match self.darkroom.take() {
            Some(darkroom) => darkroom,
            None => Darkroom::with(self.number, self.pictures).map_err(io::Error::other)?,
        };
        let darkroom = self.darkroom.insert(darkroom);
        self.number = self.number.wrapping_add(1);
        self.last = now.max(self.last.checked_add(APART).unwrap_or(now));
        let (folder, stem) = loop {
            let (folder, stem) = self.card.next(frames.body);
            if !root.join("DCIM").join(&folder).join(format!("{stem}.JPG")).try_exists()? {
                break (folder, stem);
            }
        };
        let frame = Frame {
            body: frames.body.clone(),
            number: self.number,
            taken: Offset::constant(ZONE_HOURS).to_datetime(self.last),
            orientation: darkroom.orientation(self.number),
            size_bytes: frames.size_bytes,
        };
        let folder = Path::new("DCIM").join(folder);
        fs::create_dir_all(root.join(&folder))?;
        let mut made = vec![(folder.join(format!("{stem}.JPG")), files::jpeg(darkroom, &frame))];
        if frames.has_raw {
            made.push((folder.join(format!("{stem}.{}", frames.body.raw)), files::raw(darkroom, &frame)));
        }
        for (path, bytes) in &made {
            fs::write(root.join(path), bytes)?;
        }
        Ok(made.into_iter().map(|(path, _)| path).collect())
    }
}
