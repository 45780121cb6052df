//! The segments of a JPEG, up to its first scan.
//!
//! Pixels are not looked at. Invariant: at most [`MAX_SEGMENTS`] segments are visited.

use crate::source::{Read, Source};
use crate::tiff::Region;

/// Profiles and embedded data come in pieces of 64 KiB; a file with more headers than this is
/// no camera's.
const MAX_SEGMENTS: usize = 512;

/// Some programs leave a few bytes between segments, and decoders skip them.
const MAX_STRAY_BYTES: usize = 1024;

/// What the headers of a JPEG say.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Headers {
    /// The TIFF block of the EXIF segment.
    pub(crate) exif: Option<Region>,
    /// The TIFF block that lists further pictures in the same file.
    pub(crate) further: Option<Region>,
    /// The XMP segment.
    pub(crate) xmp: Option<Region>,
    /// Width, height.
    pub(crate) pixels: Option<(u32, u32)>,
    /// The kind of its frame, where a decoder for photographs can read it.
    pub(crate) is_photo: bool,
    /// Where the compressed pixels begin; none when the file ends before.
    pub(crate) scan_at: Option<u64>,
}

/// Reads the headers of the JPEG in `window`, as far as they go; none when there is no JPEG.
pub(crate) fn headers(source: &mut Source<'_>, window: Region) -> Read<Option<Headers>> {
    let end = window.end().min(source.len());
    if source.array(window.at)? != Some([0xff, 0xd8, 0xff]) {
        return Ok(None);
    }
    let mut headers = Headers::default();
    let mut at = window.at + 2;
    for _ in 0..MAX_SEGMENTS {
        let Some((mark, body)) = segment(source, at, end)? else { break };
        match mark {
            0xda => {
                headers.scan_at = Some(body.end());
                return Ok(Some(headers));
            }
            // Frames: C4, C8 and CC are tables.
            0xc0..=0xcf if ![0xc4, 0xc8, 0xcc].contains(&mark) => {
                headers.pixels = frame(source, body)?;
                headers.is_photo = matches!(mark, 0xc0..=0xc2);
            }
            0xe1 if headers.exif.is_none() && starts_with(source, body, b"Exif\0\0")? => {
                headers.exif = Some(after(body, 6));
            }
            0xe1 if headers.xmp.is_none() && starts_with(source, body, b"http://ns.adobe.com/xap/1.0/\0")? => {
                headers.xmp = Some(after(body, 29));
            }
            0xe2 if headers.further.is_none() && starts_with(source, body, b"MPF\0")? => {
                headers.further = Some(after(body, 4));
            }
            _ => {}
        }
        at = body.end();
    }
    Ok(Some(headers))
}

/// The next segment at or soon after `at`: its mark and its body. None when it leaves the file.
fn segment(source: &mut Source<'_>, at: u64, end: u64) -> Read<Option<(u8, Region)>> {
    for at in (at..end).take(MAX_STRAY_BYTES) {
        let Some([0xff, mark, l0, l1]) = source.array(at)? else { continue };
        // Filled with further FFs, or stray bytes.
        if mark == 0xff || mark == 0 {
            continue;
        }
        let len = u16::from_be_bytes([l0, l1]);
        let body = Region { at: at + 4, len: u64::from(len.saturating_sub(2)) };
        return Ok((len >= 2 && body.end() <= end).then_some((mark, body)));
    }
    Ok(None)
}

fn frame(source: &mut Source<'_>, body: Region) -> Read<Option<(u32, u32)>> {
    let Some([_, h0, h1, w0, w1]) = source.array(body.at)? else { return Ok(None) };
    let (width, height) = (u16::from_be_bytes([w0, w1]), u16::from_be_bytes([h0, h1]));
    Ok((width > 0 && height > 0).then_some((width.into(), height.into())))
}

fn starts_with<const N: usize>(source: &mut Source<'_>, body: Region, mark: &[u8; N]) -> Read<bool> {
    Ok(body.len >= N as u64 && source.array::<N>(body.at)?.as_ref() == Some(mark))
}

fn after(body: Region, mark: u64) -> Region {
    Region { at: body.at + mark, len: body.len - mark }
}

/// One further picture of a multi-picture file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Further {
    /// What the file says that it is: `0x01_0001` and `0x01_0002` are larger thumbnails.
    pub(crate) kind: u32,
    pub(crate) region: Region,
}

/// The pictures after the first of a multi-picture file (CIPA DC-007), wherever they claim to lie.
pub(crate) fn further(source: &mut Source<'_>, window: Region) -> Read<Vec<Further>> {
    /// Cameras write at most four.
    const MAX_PICTURES: usize = 16;
    const LIST: u16 = 0xb002;
    let Some(tiff) = crate::tiff::Tiff::open(source, window)? else { return Ok(Vec::new()) };
    let Some(directory) = tiff.directory(source, tiff.first.into())? else { return Ok(Vec::new()) };
    let Some(list) = directory.get(LIST).filter(|list| tiff.holds(list.value)) else { return Ok(Vec::new()) };
    let mut pictures = Vec::new();
    // The first one is the file's own picture, at offset 0.
    for index in 1..(list.value.len / 16).min(MAX_PICTURES as u64) {
        let Some([a0, a1, a2, a3, l0, l1, l2, l3, o0, o1, o2, o3, ..]) =
            source.array::<16>(list.value.at + index * 16)?
        else {
            break;
        };
        let kind = tiff.order.u32([a0, a1, a2, a3]) & 0x00ff_ffff;
        let at = window.at + u64::from(tiff.order.u32([o0, o1, o2, o3]));
        pictures.push(Further { kind, region: Region { at, len: tiff.order.u32([l0, l1, l2, l3]).into() } });
    }
    Ok(pictures)
}
