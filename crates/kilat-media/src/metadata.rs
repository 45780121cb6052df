//! What took a photo, when, and how it is held.
//!
//! Never an error: what cannot be read is `None`, and a photo without metadata is filed all the
//! same. Invariant: a text is at most 64 characters and holds no control
//! characters. Absent: positions, exposure, and everything else that no screen shows.

mod exif;
mod film;
mod maker;

use std::fs::File;

use kilat_core::{Camera, TakenAt};

use crate::format::Format;
use crate::source::{Read, Source};
use crate::tiff::{Region, Tiff};
use crate::{boxes, heif, jpeg, raf};

/// The longest names of makers and models have about 40; more is not for people.
const MAX_TEXT_CHARS: usize = 64;

/// What a file tells of its photo.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Metadata {
    /// Maker.
    pub make: Option<String>,
    /// Model.
    pub model: Option<String>,
    /// Serial number of the body.
    pub serial: Option<String>,
    /// When it was taken, by the camera's clock.
    pub taken: Option<TakenAt>,
    /// EXIF orientation, 1 to 8.
    pub orientation: Option<u8>,
    /// Width and height before orientation.
    pub pixels: Option<(u32, u32)>,
}

impl Metadata {
    /// The camera, where the file names its maker and model.
    #[must_use]
    pub fn camera(&self) -> Option<Camera> {
        Some(Camera { make: self.make.clone()?, model: self.model.clone()?, serial: self.serial.clone() })
    }

    /// Keeps what is known and takes the rest from `other`.
    fn or(self, other: Self) -> Self {
        Self {
            make: self.make.or(other.make),
            model: self.model.or(other.model),
            serial: self.serial.or(other.serial),
            taken: self.taken.or(other.taken),
            orientation: self.orientation.or(other.orientation),
            pixels: self.pixels.or(other.pixels),
        }
    }
}

/// Reads the first `len` bytes of `file`. The content decides how, not the name.
#[must_use]
pub fn read(file: &File, len: u64) -> Metadata {
    // An unreadable file is reported by whoever copies it; here it has no metadata.
    of_source(&mut Source::new(file, len)).unwrap_or_default()
}

fn of_source(source: &mut Source<'_>) -> Read<Metadata> {
    let whole = Region { at: 0, len: source.len() };
    match Format::of(source)? {
        Format::Jpeg => of_jpeg(source, whole),
        Format::Tiff => of_tiff(source, whole),
        Format::Raf => match raf::header(source)? {
            Some(header) => {
                let sized = Metadata { pixels: raf::pixels(source, header.directory)?, ..Metadata::default() };
                Ok(sized.or(of_jpeg(source, header.jpeg)?))
            }
            None => Ok(Metadata::default()),
        },
        Format::Boxes => of_boxes(source, whole),
        Format::Xml | Format::Other => Ok(Metadata::default()),
    }
}

fn of_jpeg(source: &mut Source<'_>, window: Region) -> Read<Metadata> {
    let Some(headers) = jpeg::headers(source, window)? else { return Ok(Metadata::default()) };
    // The frame is what a decoder sees; EXIF may be from before an edit.
    let frame = Metadata { pixels: headers.pixels, ..Metadata::default() };
    match headers.exif {
        Some(window) => Ok(frame.or(of_tiff(source, window)?)),
        None => Ok(frame),
    }
}

fn of_tiff(source: &mut Source<'_>, window: Region) -> Read<Metadata> {
    match Tiff::open(source, window)? {
        Some(tiff) => exif::read(source, &tiff),
        None => Ok(Metadata::default()),
    }
}

fn of_boxes(source: &mut Source<'_>, whole: Region) -> Read<Metadata> {
    let top = boxes::level(source, whole)?;
    if let Some(moov) = top.find(b"moov") {
        let raw = of_canon(source, moov.body)?;
        return Ok(raw.or(film::read(source, moov.body)?));
    }
    let Some(meta) = top.find(b"meta") else { return Ok(Metadata::default()) };
    let sized = Metadata { pixels: heif::pixels(source, meta.body)?, ..Metadata::default() };
    match heif::exif(source, meta.body)? {
        Some(exif) => Ok(sized.or(of_tiff(source, exif)?)),
        None => Ok(sized),
    }
}

/// Canon's RAW keeps each EXIF directory as a TIFF of its own.
fn of_canon(source: &mut Source<'_>, moov: Region) -> Read<Metadata> {
    let Some(blocks) = canon_blocks(source, moov)? else { return Ok(Metadata::default()) };
    let mut metadata = Metadata::default();
    for name in [b"CMT1", b"CMT2"] {
        if let Some(block) = blocks.find(name) {
            metadata = metadata.or(of_tiff(source, block.body)?);
        }
    }
    if let (None, Some(block)) = (&metadata.serial, blocks.find(b"CMT3")) {
        metadata.serial = maker::canon_block(source, block.body)?;
    }
    Ok(metadata)
}

/// The boxes that Canon adds to `moov`, in RAW and in films.
pub(crate) fn canon_blocks(source: &mut Source<'_>, moov: Region) -> Read<Option<boxes::Level>> {
    const CANON: [u8; 16] = *b"\x85\xc0\xb6\x87\x82\x0f\x11\xe0\x81\x11\xf4\xce\x46\x2b\x6a\x48";
    for own in boxes::level(source, moov)?.all(b"uuid") {
        if source.array(own.body.at)? == Some(CANON) {
            let body = Region { at: own.body.at + 16, len: own.body.len.saturating_sub(16) };
            return Ok(Some(boxes::level(source, body)?));
        }
    }
    Ok(None)
}

/// A text as a person may see it: one line, trimmed, short; none when nothing is left.
fn tidy(text: &str) -> Option<String> {
    let text: String = text.chars().filter(|c| !c.is_control()).take(MAX_TEXT_CHARS).collect();
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests;
