//! The pictures that the directories of a TIFF name, with their data's places.
//!
//! Shared by the check for wholeness and the search for a preview.

use crate::source::{Read, Source};
use crate::tiff::{Directory, Region, Tiff, tag};

/// One picture of a directory.
#[derive(Debug, Clone, Default)]
pub(crate) struct Picture {
    /// Whether the data is stored as it came from the sensor, without compression.
    pub(crate) is_plain: bool,
    /// Its pieces in order, wherever they claim to lie.
    pub(crate) regions: Vec<Region>,
}

/// The pictures of one directory: strips, tiles, and the JPEG of an old-style thumbnail.
pub(crate) fn of_directory(source: &mut Source<'_>, tiff: &Tiff, directory: &Directory) -> Read<Vec<Picture>> {
    const UNCOMPRESSED: u32 = 1;
    let compression = match directory.get(tag::COMPRESSION) {
        Some(entry) => tiff.number(source, entry)?,
        None => None,
    };
    let is_plain = compression == Some(UNCOMPRESSED);
    let mut pictures = Vec::new();
    for (offsets, lengths, is_plain) in [
        (tag::STRIP_OFFSETS, tag::STRIP_BYTES, is_plain),
        (tag::TILE_OFFSETS, tag::TILE_BYTES, is_plain),
        (tag::JPEG_OFFSET, tag::JPEG_BYTES, false),
    ] {
        let (Some(offsets), Some(lengths)) = (directory.get(offsets), directory.get(lengths)) else { continue };
        let (offsets, lengths) = (tiff.numbers(source, offsets)?, tiff.numbers(source, lengths)?);
        let pairs = offsets.into_iter().zip(lengths).filter(|(_, len)| *len > 0);
        let regions: Vec<Region> =
            pairs.map(|(at, len)| Region { at: tiff.window.at + u64::from(at), len: len.into() }).collect();
        if !regions.is_empty() {
            pictures.push(Picture { is_plain, regions });
        }
    }
    Ok(pictures)
}
