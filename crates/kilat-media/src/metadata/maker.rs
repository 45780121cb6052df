//! Serial numbers that makers hide in notes of their own.
//!
//! Layouts as ExifTool's tables document them. Absent: Sony, who encrypts it.

use super::tidy;
use crate::source::{Read, Source};
use crate::tiff::{Region, Tiff};

/// The serial number in a maker note, where we know that maker's layout.
pub(super) fn serial(source: &mut Source<'_>, tiff: &Tiff, note: Region, make: &str) -> Read<Option<String>> {
    let head = source.array::<16>(note.at)?.unwrap_or_default();
    if head.starts_with(b"Nikon\0\x02") {
        // A whole TIFF of its own after ten bytes.
        let window = shifted(note, 10);
        return match Tiff::open(source, window)? {
            Some(own) => text_at(source, &own, own.first.into(), 0x001d),
            None => Ok(None),
        };
    }
    if head.starts_with(b"FUJIFILM") {
        let [.., o0, o1, o2, o3, _, _, _, _] = head;
        let own = Tiff { window: note, order: crate::tiff::Order::Little, ..*tiff };
        return text_at(source, &own, u32::from_le_bytes([o0, o1, o2, o3]).into(), 0x0010);
    }
    let Some(at) = note.at.checked_sub(tiff.window.at) else { return Ok(None) };
    if head.starts_with(b"Panasonic\0\0\0") {
        return text_at(source, tiff, at + 12, 0x0025);
    }
    if head.starts_with(b"OLYMPUS\0") || head.starts_with(b"OM SYSTEM\0") {
        let skip = if head.starts_with(b"OLYMPUS\0") { 12 } else { 16 };
        return olympus(source, &Tiff { window: note, ..*tiff }, skip);
    }
    if make.starts_with("Canon") {
        return canon(source, tiff, at);
    }
    Ok(None)
}

/// Canon's RAW keeps the maker note as a TIFF of its own.
pub(super) fn canon_block(source: &mut Source<'_>, window: Region) -> Read<Option<String>> {
    match Tiff::open(source, window)? {
        Some(tiff) => canon(source, &tiff, tiff.first.into()),
        None => Ok(None),
    }
}

fn canon(source: &mut Source<'_>, tiff: &Tiff, at: u64) -> Read<Option<String>> {
    const SERIAL: u16 = 0x000c;
    let Some(directory) = tiff.directory(source, at)? else { return Ok(None) };
    let Some(entry) = directory.get(SERIAL) else { return Ok(None) };
    Ok(tiff.number(source, entry)?.filter(|serial| *serial > 0).map(|serial| format!("{serial:010}")))
}

fn olympus(source: &mut Source<'_>, own: &Tiff, at: u64) -> Read<Option<String>> {
    const EQUIPMENT: u16 = 0x2010;
    const SERIAL: u16 = 0x0101;
    let Some(directory) = own.directory(source, at)? else { return Ok(None) };
    let Some(entry) = directory.get(EQUIPMENT) else { return Ok(None) };
    match own.number(source, entry)? {
        Some(equipment) => text_at(source, own, equipment.into(), SERIAL),
        None => Ok(None),
    }
}

fn text_at(source: &mut Source<'_>, tiff: &Tiff, directory: u64, tag: u16) -> Read<Option<String>> {
    let Some(directory) = tiff.directory(source, directory)? else { return Ok(None) };
    let Some(entry) = directory.get(tag) else { return Ok(None) };
    Ok(tiff.text(source, entry)?.as_deref().and_then(tidy))
}

fn shifted(region: Region, by: u64) -> Region {
    Region { at: region.at + by, len: region.len.saturating_sub(by) }
}
