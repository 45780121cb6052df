//! What the index of a film says: `moov` of MP4 and MOV.

use jiff::civil::date;
use jiff::{SignedDuration, civil::DateTime};
use kilat_core::TakenAt;

use super::{Metadata, exif, tidy};
use crate::boxes;
use crate::source::{Read, Source};
use crate::tiff::Region;

/// Apple's key for the moment of recording, which unlike the header's has an offset.
const CREATED: &str = "com.apple.quicktime.creationdate";
const MAKE: &str = "com.apple.quicktime.make";
const MODEL: &str = "com.apple.quicktime.model";
/// Apple writes about ten.
const MAX_KEYS: u64 = 256;
/// Enough for the values above.
const MAX_VALUE_BYTES: u64 = 256;

/// Reads the film's keys, header and tracks.
pub(super) fn read(source: &mut Source<'_>, moov: Region) -> Read<Metadata> {
    let keyed = keys(source, moov)?;
    let header = Metadata { taken: header(source, moov)?, pixels: pixels(source, moov)?, ..Metadata::default() };
    Ok(keyed.or(header))
}

/// The clock's reading in the header. It should be UTC, but many cameras write their local time:
/// so no offset is claimed.
fn header(source: &mut Source<'_>, moov: Region) -> Read<Option<TakenAt>> {
    let Some(header) = boxes::level(source, moov)?.find(b"mvhd") else { return Ok(None) };
    let seconds = match source.array(header.body.at)? {
        Some([1, _, _, _]) => source.array(header.body.at + 4)?.map_or(0, u64::from_be_bytes),
        Some(_) => source.array(header.body.at + 4)?.map_or(0, |bytes| u32::from_be_bytes(bytes).into()),
        None => 0,
    };
    Ok(since_1904(seconds).map(|civil| TakenAt { civil, offset_minutes: None }))
}

/// Zero is a clock that was not set, and before 1970 there were no such cameras.
fn since_1904(seconds: u64) -> Option<DateTime> {
    let civil = date(1904, 1, 1).at(0, 0, 0, 0).checked_add(SignedDuration::from_secs(i64::try_from(seconds).ok()?));
    civil.ok().filter(|civil| civil.year() >= 1970)
}

/// The largest track; sound has none.
fn pixels(source: &mut Source<'_>, moov: Region) -> Read<Option<(u32, u32)>> {
    let mut largest = None;
    for track in boxes::level(source, moov)?.all(b"trak") {
        let Some(header) = boxes::level(source, track.body)?.find(b"tkhd") else { continue };
        // Two 16.16 numbers at the end, in every version.
        let Some(at) = header.body.len.checked_sub(8).map(|skip| header.body.at + skip) else { continue };
        let Some([w0, w1, _, _, h0, h1, _, _]) = source.array(at)? else { continue };
        let pair = (u32::from(u16::from_be_bytes([w0, w1])), u32::from(u16::from_be_bytes([h0, h1])));
        largest = largest.max(Some((pair.0 * pair.1, pair)));
    }
    Ok(largest.filter(|(area, _)| *area > 0).map(|(_, pair)| pair))
}

fn keys(source: &mut Source<'_>, moov: Region) -> Read<Metadata> {
    let mut metadata = Metadata::default();
    let Some(meta) = boxes::level(source, moov)?.find(b"meta") else { return Ok(metadata) };
    let meta = boxes::level(source, meta.body)?;
    let (Some(keys), Some(list)) = (meta.find(b"keys"), meta.find(b"ilst")) else { return Ok(metadata) };
    let names = Region { at: keys.body.at + 8, len: keys.body.len.saturating_sub(8) };
    let names = boxes::level(source, names)?;
    for item in boxes::level(source, list.body)?.boxes {
        let index = u64::from(u32::from_be_bytes(item.name));
        let Some(name) = index.checked_sub(1).filter(|index| *index < MAX_KEYS) else { continue };
        let Some(name) = usize::try_from(name).ok().and_then(|name| names.boxes.get(name)) else { continue };
        let Some(name) = text(source, name.body)? else { continue };
        let Some(data) = boxes::level(source, item.body)?.find(b"data") else { continue };
        // Type and locale come first.
        let value = Region { at: data.body.at + 8, len: data.body.len.saturating_sub(8) };
        let Some(value) = text(source, value)? else { continue };
        match name.as_str() {
            CREATED => metadata.taken = created(&value),
            MAKE => metadata.make = tidy(&value),
            MODEL => metadata.model = tidy(&value),
            _ => {}
        }
    }
    Ok(metadata)
}

/// `2024-05-06T07:08:09+0200`.
fn created(text: &str) -> Option<TakenAt> {
    let (civil, offset) = text.split_at_checked(19)?;
    Some(TakenAt { civil: exif::date_time(civil, "")?, offset_minutes: exif::offset_minutes(offset) })
}

fn text(source: &mut Source<'_>, region: Region) -> Read<Option<String>> {
    let len = usize::try_from(region.len.min(MAX_VALUE_BYTES)).unwrap_or(0);
    let bytes = source.bytes(region.at, len)?;
    Ok(bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
}
