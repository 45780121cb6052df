//! Finds the JPEGs inside a camera's file and puts the one to show first.
//!
//! Invariant: everything listed begins like a JPEG that a browser's decoder knows and lies inside
//! the file. Pixels are not decoded here.

use crate::format::Format;
use crate::metadata::canon_blocks;
use crate::source::{Read, Source, inside};
use crate::tiff::{Region, Tiff, tag};
use crate::{boxes, heif, jpeg, pictures, raf};

/// More than any camera embeds.
const MAX_FOUND: usize = 32;

/// A JPEG inside the file.
#[derive(Debug, Clone, Copy)]
struct Found {
    region: Region,
    width: u32,
    height: u32,
}

impl Found {
    fn long_side(self) -> u32 {
        self.width.max(self.height)
    }

    fn area(self) -> u64 {
        u64::from(self.width) * u64::from(self.height)
    }
}

/// The file's JPEGs, the best one for a preview of `max_side` first.
pub(super) fn pictures(source: &mut Source<'_>, max_side: u32) -> Read<Vec<Region>> {
    let whole = Region { at: 0, len: source.len() };
    let mut found = Vec::new();
    match Format::of(source)? {
        Format::Jpeg => in_jpeg(source, whole, &mut found)?,
        Format::Tiff => in_tiff(source, whole, &mut found)?,
        Format::Raf => {
            if let Some(header) = raf::header(source)? {
                in_jpeg(source, header.jpeg, &mut found)?;
            }
        }
        Format::Boxes => in_boxes(source, whole, &mut found)?,
        Format::Xml | Format::Other => {}
    }
    // Three quarters of the wanted size look the same on a phone and cost a tenth of decoding the
    // camera's full picture: cameras embed 1620 × 1080 for this purpose. Among those the smallest;
    // where there is none, the largest.
    let enough = max_side / 4 * 3;
    found.sort_by_key(|picture| {
        let is_small = picture.long_side() < enough;
        (is_small, if is_small { u64::MAX - picture.area() } else { picture.area() })
    });
    Ok(found.into_iter().map(|picture| picture.region).collect())
}

fn in_jpeg(source: &mut Source<'_>, window: Region, found: &mut Vec<Found>) -> Read<()> {
    let Some(headers) = jpeg::headers(source, window)? else { return Ok(()) };
    add(source, window, found)?;
    if let Some(list) = headers.further {
        for picture in jpeg::further(source, list)? {
            if is_larger_thumbnail(&picture) {
                add_alike(source, picture.region, headers.pixels, found)?;
            }
        }
    }
    match headers.exif {
        Some(exif) => in_tiff(source, exif, found),
        None => Ok(()),
    }
}

/// Other kinds of further pictures are depth maps, gain maps and other views.
fn is_larger_thumbnail(picture: &jpeg::Further) -> bool {
    matches!(picture.kind, 0x01_0001 | 0x01_0002)
}

/// Adds a thumbnail only when it has the proportions of the picture: some are framed in black.
fn add_alike(source: &mut Source<'_>, region: Region, pixels: Option<(u32, u32)>, found: &mut Vec<Found>) -> Read<()> {
    let Some((width, height)) = pixels else { return Ok(()) };
    let before = found.len();
    add(source, region, found)?;
    found.truncate(before + 1);
    let is_alike = found.get(before).is_none_or(|thumbnail| {
        let (a, b) = (u64::from(thumbnail.width) * u64::from(height), u64::from(thumbnail.height) * u64::from(width));
        // Within two percent: thumbnails are rounded to blocks of 8 or 16.
        a.abs_diff(b) * 50 <= a.max(b)
    });
    if !is_alike {
        found.truncate(before);
    }
    Ok(())
}

fn in_tiff(source: &mut Source<'_>, window: Region, found: &mut Vec<Found>) -> Read<()> {
    let Some(tiff) = Tiff::open(source, window)? else { return Ok(()) };
    for directory in tiff.walk(source)?.directories {
        for picture in pictures::of_directory(source, &tiff, &directory)? {
            if let [region] = picture.regions[..] {
                add(source, region, found)?;
            }
        }
        if let Some(entry) = directory.get(tag::PANASONIC_JPEG).filter(|_| tiff.is_panasonic) {
            add(source, entry.value, found)?;
        }
        if let Some(note) = directory.get(tag::MAKER_NOTE) {
            in_olympus_note(source, &tiff, note.value, found)?;
        }
    }
    Ok(())
}

/// Olympus keeps its preview in the maker note, by offsets that count from the note.
fn in_olympus_note(source: &mut Source<'_>, tiff: &Tiff, note: Region, found: &mut Vec<Found>) -> Read<()> {
    const SETTINGS: u16 = 0x2020;
    const PREVIEW_AT: u16 = 0x0101;
    const PREVIEW_BYTES: u16 = 0x0102;
    let head = source.array::<16>(note.at)?.unwrap_or_default();
    let directory_at = match head {
        _ if head.starts_with(b"OLYMPUS\0") => 12,
        _ if head.starts_with(b"OM SYSTEM\0") => 16,
        _ => return Ok(()),
    };
    // The preview may lie behind the note.
    let window = Region { at: note.at, len: tiff.window.end().saturating_sub(note.at) };
    let own = Tiff { window, ..*tiff };
    let Some(directory) = own.directory(source, directory_at)? else { return Ok(()) };
    let Some(settings) = directory.get(SETTINGS) else { return Ok(()) };
    let Some(settings) = own.number(source, settings)? else { return Ok(()) };
    let Some(settings) = own.directory(source, settings.into())? else { return Ok(()) };
    let (Some(at), Some(len)) = (settings.get(PREVIEW_AT), settings.get(PREVIEW_BYTES)) else { return Ok(()) };
    match (own.number(source, at)?, own.number(source, len)?) {
        (Some(at), Some(len)) => add(source, Region { at: note.at + u64::from(at), len: len.into() }, found),
        (None, _) | (_, None) => Ok(()),
    }
}

fn in_boxes(source: &mut Source<'_>, whole: Region, found: &mut Vec<Found>) -> Read<()> {
    const CANON_PREVIEW: [u8; 16] = *b"\xea\xf4\x2b\x5e\x1c\x98\x4b\x88\xb9\xfb\xb7\xdc\x40\x6e\x4d\x16";
    let top = boxes::level(source, whole)?;
    if let Some(moov) = top.find(b"moov")
        && let Some(blocks) = canon_blocks(source, moov.body)?
        && let Some(thumbnail) = blocks.find(b"THMB")
    {
        add_canon(source, thumbnail.body, 8, 16, found)?;
    }
    for own in top.all(b"uuid") {
        if source.array(own.body.at)? != Some(CANON_PREVIEW) {
            continue;
        }
        // Eight bytes of the maker's own come between the identifier and the box.
        let inner = Region { at: own.body.at + 24, len: own.body.len.saturating_sub(24) };
        if let Some(preview) = boxes::level(source, inner)?.find(b"PRVW") {
            add_canon(source, preview.body, 12, 16, found)?;
        }
    }
    let Some(meta) = top.find(b"meta") else { return Ok(()) };
    if let Some(item) = heif::item(source, meta.body, b"jpeg")? {
        add(source, item, found)?;
    }
    match heif::exif(source, meta.body)? {
        Some(exif) => in_tiff(source, exif, found),
        None => Ok(()),
    }
}

/// Canon's picture boxes: the JPEG's length at `len_at`, the JPEG at `data_at`.
fn add_canon(source: &mut Source<'_>, body: Region, len_at: u64, data_at: u64, found: &mut Vec<Found>) -> Read<()> {
    let Some(len) = source.array(body.at + len_at)?.map(u32::from_be_bytes) else { return Ok(()) };
    add(source, Region { at: body.at + data_at, len: len.into() }, found)
}

fn add(source: &mut Source<'_>, region: Region, found: &mut Vec<Found>) -> Read<()> {
    if found.len() >= MAX_FOUND || !inside(region.at, region.len, source.len()) {
        return Ok(());
    }
    let Some(headers) = jpeg::headers(source, region)? else { return Ok(()) };
    if !headers.is_photo || headers.scan_at.is_none() {
        return Ok(());
    }
    if let Some((width, height)) = headers.pixels {
        found.push(Found { region, width, height });
    }
    Ok(())
}
