//! The items of a HEIF file: which they are and where they lie.
//!
//! Invariant: at most [`MAX_ITEMS`] items and [`MAX_EXTENTS`] places. Absent: decoding.

use crate::boxes;
use crate::source::{Read, Source};
use crate::tiff::Region;

/// Brands of files that hold photographs: HEIF, AVIF and Canon's RAW.
pub(crate) const STILL_BRANDS: [&[u8; 4]; 8] = [b"heic", b"heix", b"heim", b"mif1", b"mif2", b"avif", b"MiHE", b"crx "];

/// A 200-megapixel picture in tiles of 512 × 512 has about 800.
const MAX_ITEMS: u32 = 4096;
/// Cameras write one for each item.
const MAX_EXTENTS: usize = 8192;

/// A piece of an item.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub(crate) item: u32,
    pub(crate) region: Region,
}

/// The children of a `meta` box, which has four bytes of its own first.
fn children(source: &mut Source<'_>, meta: Region) -> Read<boxes::Level> {
    boxes::level(source, body(meta))
}

fn body(full: Region) -> Region {
    Region { at: full.at + 4, len: full.len.saturating_sub(4) }
}

/// Where the items lie that are stored outside the `meta` box.
pub(crate) fn places(source: &mut Source<'_>, meta: Region) -> Read<Vec<Place>> {
    let mut places = Vec::new();
    let Some(iloc) = children(source, meta)?.find(b"iloc") else { return Ok(places) };
    let mut reader = Reader { at: iloc.body.at, end: iloc.body.end() };
    let Some(version) = reader.number(source, 1)? else { return Ok(places) };
    reader.at += 3;
    let (Some(sizes), Some(more)) = (reader.number(source, 1)?, reader.number(source, 1)?) else { return Ok(places) };
    let (offset_width, length_width, base_width) = (sizes >> 4, sizes & 15, more >> 4);
    let index_width = if version == 0 { 0 } else { more & 15 };
    let id_width = if version < 2 { 2 } else { 4 };
    let count = reader.number(source, id_width)?.unwrap_or(0);
    let mut extents_left = MAX_EXTENTS;
    for _ in 0..count.min(MAX_ITEMS.into()) {
        let Some(item) = reader.number(source, id_width)? else { break };
        let method = if version == 0 { Some(0) } else { reader.number(source, 2)? };
        reader.at += 2;
        let (Some(method), Some(base), Some(extents)) =
            (method, reader.number(source, base_width)?, reader.number(source, 2)?)
        else {
            break;
        };
        for _ in 0..extents {
            reader.at = reader.at.saturating_add(index_width);
            let (Some(offset), Some(len)) =
                (reader.number(source, offset_width)?, reader.number(source, length_width)?)
            else {
                return Ok(places);
            };
            // Counted even where an extent takes no bytes of the box.
            if extents_left == 0 {
                return Ok(places);
            }
            extents_left -= 1;
            if method & 15 == 0 {
                let item = u32::try_from(item).unwrap_or(u32::MAX);
                places.push(Place { item, region: Region { at: base.saturating_add(offset), len } });
            }
        }
    }
    Ok(places)
}

/// The first item of a type, such as `Exif` or `jpeg`, where it is stored in one piece.
pub(crate) fn item(source: &mut Source<'_>, meta: Region, kind: &[u8; 4]) -> Read<Option<Region>> {
    let Some(list) = children(source, meta)?.find(b"iinf") else { return Ok(None) };
    let width = match source.array(list.body.at)? {
        Some([0, _, _, _]) => 2,
        Some(_) => 4,
        None => return Ok(None),
    };
    let head = 4 + width;
    let entries = Region { at: list.body.at + head, len: list.body.len.saturating_sub(head) };
    for entry in boxes::level(source, entries)?.all(b"infe") {
        let mut reader = Reader { at: entry.body.at, end: entry.body.end() };
        let version = reader.number(source, 1)?.unwrap_or(0);
        reader.at += 3;
        let Some(id) = reader.number(source, if version < 3 { 2 } else { 4 })? else { continue };
        reader.at += 2;
        if version < 2 || source.array::<4>(reader.at)?.as_ref() != Some(kind) {
            continue;
        }
        let places = places(source, meta)?;
        return Ok(places.iter().find(|place| u64::from(place.item) == id).map(|place| place.region));
    }
    Ok(None)
}

/// The TIFF block of the EXIF item.
pub(crate) fn exif(source: &mut Source<'_>, meta: Region) -> Read<Option<Region>> {
    let Some(item) = item(source, meta, b"Exif")? else { return Ok(None) };
    // The item begins with the distance to its TIFF header.
    let Some(skip) = source.array(item.at)?.map(u32::from_be_bytes) else { return Ok(None) };
    let skip = u64::from(skip) + 4;
    Ok(item.len.checked_sub(skip).map(|len| Region { at: item.at + skip, len }))
}

/// Width and height of the largest picture.
pub(crate) fn pixels(source: &mut Source<'_>, meta: Region) -> Read<Option<(u32, u32)>> {
    let Some(properties) = boxes::find(source, body(meta), &[b"iprp", b"ipco"])? else { return Ok(None) };
    let mut largest = None;
    for size in boxes::level(source, properties.body)?.all(b"ispe") {
        let Some([w0, w1, w2, w3, h0, h1, h2, h3]) = source.array(size.body.at + 4)? else { continue };
        let pair = (u32::from_be_bytes([w0, w1, w2, w3]), u32::from_be_bytes([h0, h1, h2, h3]));
        largest = largest.max(Some((u64::from(pair.0) * u64::from(pair.1), pair)));
    }
    Ok(largest.map(|(_, pair)| pair))
}

/// Big-endian numbers of varying width, one after another.
struct Reader {
    at: u64,
    end: u64,
}

impl Reader {
    /// The next number of 0, 1, 2, 4 or 8 bytes; none past the end or for another width.
    fn number(&mut self, source: &mut Source<'_>, width: u64) -> Read<Option<u64>> {
        let at = self.at;
        self.at = self.at.saturating_add(width);
        if self.at > self.end {
            return Ok(None);
        }
        Ok(match width {
            0 => Some(0),
            1 => source.array(at)?.map(|[byte]| u64::from(byte)),
            2 => source.array(at)?.map(|bytes| u64::from(u16::from_be_bytes(bytes))),
            4 => source.array(at)?.map(|bytes| u64::from(u32::from_be_bytes(bytes))),
            8 => source.array(at)?.map(u64::from_be_bytes),
            _ => None,
        })
    }
}
