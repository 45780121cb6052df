//! Is a file whole? Answers from a few positioned reads, without reading the pictures.
//!
//! Invariant: a file is [`Completeness::CutOff`] only on evidence that bytes are missing; what is
//! not understood is [`Completeness::Unknown`] and must still be stored. Absent: whether the
//! pixels decode; a file whose middle was damaged is whole here.

use std::fs::File;
use std::io;
use std::path::Path;

use kilat_core::PhotoKind;

use crate::boxes::{self, Level};
use crate::format::{Format, SIGNATURE_BYTES};
use crate::pictures::{self, Picture};
use crate::source::{Read, Source, Stop, inside};
use crate::tiff::{Region, Tiff, tag};
use crate::{jpeg, raf};

/// How far from the end a JPEG's end mark is looked for: trailers of phones and of editing
/// programs are shorter.
const JPEG_TAIL_BYTES: usize = 64 * 1024;

/// Picture data whose last bytes are all zero was allocated but not written. Compressed data
/// never holds so many zeros, and noise keeps them out of uncompressed data.
const ZERO_TAIL_BYTES: usize = 16 * 1024;

/// Whether a file is whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Completeness {
    /// Every part that its structure names is there.
    Whole,
    /// Something is missing.
    CutOff(
        /// What is missing, in words for a photographer; completes "the file lacks …".
        &'static str,
    ),
    /// Its format has no end that can be checked, or is not known.
    Unknown,
}

use Completeness::{CutOff, Unknown, Whole};

/// Tells whether the first `len` bytes of `file` are a whole file. The content decides how it is
/// checked; `kind` and `path` only tell text from pictures.
///
/// # Errors
/// When the file cannot be read, or has become shorter than `len`.
pub fn completeness(file: &File, len: u64, kind: PhotoKind, path: &Path) -> io::Result<Completeness> {
    match check(&mut Source::new(file, len), kind, path) {
        Ok(answer) => Ok(answer),
        Err(Stop::Io(error)) => Err(error),
        Err(Stop::Exhausted) => Ok(Unknown),
    }
}

fn check(source: &mut Source<'_>, kind: PhotoKind, path: &Path) -> Read<Completeness> {
    if source.len() == 0 {
        return Ok(CutOff("everything: it is empty"));
    }
    let is_text = match PhotoKind::of_path(path).unwrap_or(kind) {
        PhotoKind::Sidecar => true,
        PhotoKind::Jpeg | PhotoKind::Heic | PhotoKind::Raw | PhotoKind::Video => false,
    };
    if !is_text && source.len() < SIGNATURE_BYTES as u64 {
        return Ok(CutOff("almost everything"));
    }
    match Format::of(source)? {
        Format::Jpeg => jpeg_file(source),
        Format::Tiff => tiff_file(source),
        Format::Raf => raf_file(source),
        Format::Boxes => box_file(source),
        Format::Xml => xml_file(source),
        Format::Other if is_blank(source)? => Ok(CutOff("its content: only zeros were written")),
        Format::Other => Ok(Unknown),
    }
}

/// Whether both ends are zeros: space was reserved and nothing was written.
fn is_blank(source: &mut Source<'_>) -> Read<bool> {
    let len = source.len();
    Ok(ends_in_zeros(source, Region { at: 0, len: len.min(ZERO_TAIL_BYTES as u64) })?
        && ends_in_zeros(source, Region { at: 0, len })?)
}

fn ends_in_zeros(source: &mut Source<'_>, region: Region) -> Read<bool> {
    let tail = source.tail(region.at, region.end(), ZERO_TAIL_BYTES)?.unwrap_or_default();
    Ok(!tail.is_empty() && tail.iter().all(|byte| *byte == 0))
}

fn jpeg_file(source: &mut Source<'_>) -> Read<Completeness> {
    let len = source.len();
    let headers = jpeg::headers(source, Region { at: 0, len })?.unwrap_or_default();
    let Some(scan_at) = headers.scan_at else { return Ok(CutOff("the picture: it ends in its headers")) };
    // Only after the headers: the thumbnail in them has an end mark of its own.
    let tail = source.tail(scan_at, len, JPEG_TAIL_BYTES)?.unwrap_or_default();
    let Some(mark) = tail.windows(2).rposition(|pair| pair == [0xff, 0xd9]) else {
        return jpeg_without_end(source, &headers, &tail);
    };
    let trailer = tail.get(mark + 2..).unwrap_or_default();
    let follows = trailer.iter().position(|byte| *byte != 0).and_then(|at| trailer.get(at..)).unwrap_or_default();
    if follows.is_empty() || !begins_like_picture(follows) {
        return Ok(Whole);
    }
    // A further picture begins and does not end: cut off where the headers promised one.
    let further = match headers.further {
        Some(window) => jpeg::further(source, window)?,
        None => Vec::new(),
    };
    let is_missing = further.iter().any(|picture| !inside(picture.region.at, picture.region.len, len));
    Ok(if is_missing { CutOff("the end of its large preview") } else { Whole })
}

/// As far as there are bytes to tell.
fn begins_like_picture(bytes: &[u8]) -> bool {
    bytes.iter().zip(&[0xff, 0xd8, 0xff]).all(|(byte, start)| byte == start)
}

/// A film of several megabytes may follow the picture of a phone; then the end mark is out of reach.
fn jpeg_without_end(source: &mut Source<'_>, headers: &jpeg::Headers, tail: &[u8]) -> Read<Completeness> {
    const FILM_MARKS: [&[u8]; 3] = [b"MotionPhoto", b"MicroVideo", b"Container:Directory"];
    let xmp = headers.xmp.unwrap_or(Region { at: 0, len: 0 });
    let text = source.tail(xmp.at, xmp.end(), JPEG_TAIL_BYTES)?.unwrap_or_default();
    let has_film = FILM_MARKS.iter().any(|mark| contains(&text, mark)) || tail.ends_with(b"SEFT");
    Ok(if has_film { Unknown } else { CutOff("the end of the picture") })
}

fn contains(text: &[u8], mark: &[u8]) -> bool {
    text.windows(mark.len()).any(|window| window == mark)
}

fn tiff_file(source: &mut Source<'_>) -> Read<Completeness> {
    let window = Region { at: 0, len: source.len() };
    let Some(tiff) = Tiff::open(source, window)? else { return Ok(Unknown) };
    let walk = tiff.walk(source)?;
    if walk.leaves_window || walk.directories.is_empty() {
        return Ok(CutOff("parts that its directory names"));
    }
    if tiff.is_panasonic {
        return panasonic_file(source, &tiff, &walk.directories);
    }
    let mut pictures = Vec::new();
    for directory in &walk.directories {
        pictures.extend(pictures::of_directory(source, &tiff, directory)?);
    }
    if pictures.iter().flat_map(|picture| &picture.regions).any(|region| !tiff.holds(*region)) {
        return Ok(CutOff("the end of the picture data"));
    }
    for region in telling_ends(&pictures) {
        if ends_in_zeros(source, region)? {
            return Ok(CutOff("picture data: space was reserved but not filled"));
        }
    }
    Ok(if pictures.is_empty() { Unknown } else { Whole })
}

/// The pieces whose ends tell whether reserved space was filled: the largest, and the compressed
/// one that lies last. Not a plain thumbnail, which is all zeros when the lens cap was on.
fn telling_ends(pictures: &[Picture]) -> impl Iterator<Item = Region> {
    let largest = pictures.iter().flat_map(|picture| &picture.regions).max_by_key(|region| region.len);
    let compressed = pictures.iter().filter(|picture| !picture.is_plain);
    let last = compressed.flat_map(|picture| &picture.regions).max_by_key(|region| region.end());
    [largest.copied(), last.copied()].into_iter().flatten()
}

/// Panasonic's data runs to the end of the file. Its length is named by some models only, and by
/// others as if uncompressed, so a short file cannot be told from a compressed one.
fn panasonic_file(source: &mut Source<'_>, tiff: &Tiff, directories: &[crate::tiff::Directory]) -> Read<Completeness> {
    let entry = |tag| directories.iter().find_map(|directory| directory.get(tag));
    let Some(raw) = entry(tag::PANASONIC_RAW).or_else(|| entry(tag::STRIP_OFFSETS)) else { return Ok(Unknown) };
    let Some(at) = tiff.number(source, raw)? else { return Ok(Unknown) };
    let Some(len) = source.len().checked_sub(at.into()).filter(|len| *len > 0) else {
        return Ok(CutOff("the picture data"));
    };
    if ends_in_zeros(source, Region { at: at.into(), len })? {
        return Ok(CutOff("picture data: space was reserved but not filled"));
    }
    let named = match entry(tag::STRIP_BYTES) {
        Some(entry) => tiff.number(source, entry)?.map_or(0, u64::from),
        None => 0,
    };
    Ok(if named > 0 && named <= len { Whole } else { Unknown })
}

fn raf_file(source: &mut Source<'_>) -> Read<Completeness> {
    let Some(header) = raf::header(source)? else { return Ok(CutOff("almost everything")) };
    for region in [header.jpeg, header.directory, header.data] {
        if !inside(region.at, region.len, source.len()) {
            return Ok(CutOff("the end of the picture data"));
        }
    }
    if header.data.len == 0 {
        return Ok(Unknown);
    }
    if ends_in_zeros(source, header.data)? {
        return Ok(CutOff("picture data: space was reserved but not filled"));
    }
    Ok(Whole)
}

fn box_file(source: &mut Source<'_>) -> Read<Completeness> {
    let len = source.len();
    let top = boxes::level(source, Region { at: 0, len })?;
    let (moov, meta) = (top.find(b"moov"), top.find(b"meta"));
    if let Some(at) = top.breaks_at {
        let is_padding = (moov.is_some() || meta.is_some()) && is_zero_padding(source, at)?;
        if !is_padding {
            return Ok(CutOff("its end: the last part is shorter than it says"));
        }
    }
    if moov.is_none() && meta.is_none() {
        return Ok(CutOff("its index, which cameras write last"));
    }
    if moov.is_some() && top.find(b"moof").is_some() {
        // Recorded in pieces: it may end after any of them.
        return Ok(Unknown);
    }
    if let Some(moov) = moov
        && !samples_inside(source, moov.body)?
    {
        return Ok(CutOff("recorded data that its index names"));
    }
    if let (Some(meta), None) = (meta, moov)
        && !items_inside(source, meta.body)?
    {
        return Ok(CutOff("picture data that its index names"));
    }
    if is_still(source, &top)? {
        for data in top.all(b"mdat") {
            if ends_in_zeros(source, data.body)? {
                return Ok(CutOff("picture data: space was reserved but not filled"));
            }
        }
    }
    Ok(if top.boxes.iter().any(|b| b.is_open) { Unknown } else { Whole })
}

/// Whether the rest of the file is zeros, by its first and last bytes.
fn is_zero_padding(source: &mut Source<'_>, at: u64) -> Read<bool> {
    let len = source.len() - at;
    let head = Region { at, len: len.min(ZERO_TAIL_BYTES as u64) };
    Ok(ends_in_zeros(source, head)? && ends_in_zeros(source, Region { at, len })?)
}

/// Photographs are checked for unwritten space; a film may end in digital silence, which is zeros.
fn is_still(source: &mut Source<'_>, top: &Level) -> Read<bool> {
    let Some(kind) = top.find(b"ftyp") else { return Ok(false) };
    let brand: Option<[u8; 4]> = source.array(kind.body.at)?;
    Ok(brand.is_some_and(|brand| crate::heif::STILL_BRANDS.contains(&&brand)))
}

/// Whether the last chunk of every track begins inside the file.
fn samples_inside(source: &mut Source<'_>, moov: Region) -> Read<bool> {
    let tracks = boxes::level(source, moov)?;
    for track in tracks.all(b"trak") {
        let Some(table) = boxes::find(source, track.body, &[b"mdia", b"minf", b"stbl"])? else { continue };
        let table = boxes::level(source, table.body)?;
        for (name, width) in [(b"stco", 4), (b"co64", 8)] {
            let Some(chunks) = table.find(name) else { continue };
            let count = source.array(chunks.body.at + 4)?.map_or(0, u32::from_be_bytes);
            let Some(last) = count.checked_sub(1) else { continue };
            let at = chunks.body.at + 8 + u64::from(last) * width;
            let chunk_at = match width {
                4 => source.array(at)?.map(|bytes| u64::from(u32::from_be_bytes(bytes))),
                _ => source.array(at)?.map(u64::from_be_bytes),
            };
            if chunk_at.is_none_or(|at| at >= source.len()) {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

fn items_inside(source: &mut Source<'_>, meta: Region) -> Read<bool> {
    let len = source.len();
    let places = crate::heif::places(source, meta)?;
    Ok(places.iter().all(|place| inside(place.region.at, place.region.len, len)))
}

fn xml_file(source: &mut Source<'_>) -> Read<Completeness> {
    /// XMP pads with up to 4 KiB of spaces before its end mark.
    const ENDS_BYTES: usize = 16 * 1024;
    let len = source.len();
    let tail = source.tail(0, len, ENDS_BYTES)?.unwrap_or_default();
    let tail = tail.trim_ascii_end();
    let head = source.tail(0, len.min(ENDS_BYTES as u64), ENDS_BYTES)?.unwrap_or_default();
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&head).trim_ascii_start();
    let is_whole = if head.starts_with(b"<?xpacket") {
        contains(tail, b"<?xpacket end") && tail.ends_with(b"?>")
    } else {
        match root(head) {
            Some(name) => closes(tail, name),
            None => false,
        }
    };
    Ok(if is_whole { Whole } else { CutOff("the end of its text") })
}

/// The name of the first element.
fn root(text: &[u8]) -> Option<&[u8]> {
    let at = text.windows(2).position(|pair| matches!(pair, [b'<', next] if !matches!(next, b'?' | b'!')))?;
    let name = text.get(at + 1..)?;
    let end = name.iter().position(|byte| byte.is_ascii_whitespace() || matches!(byte, b'>' | b'/'))?;
    name.get(..end)
}

/// Whether the text ends by closing the element `name`.
fn closes(text: &[u8], name: &[u8]) -> bool {
    let Some(text) = text.strip_suffix(b">") else { return false };
    let text = text.trim_ascii_end();
    text.strip_suffix(name).is_some_and(|text| text.ends_with(b"</"))
}

#[cfg(test)]
mod tests;
