//! The files of one frame: JPEG with EXIF, RAW, sidecar; and a film.

use jiff::civil::DateTime;
use rand::rngs::SmallRng;
use rand::{RngCore, SeedableRng};

use crate::body::Body;
use crate::picture::{Darkroom, SIZE};
use crate::tiff::{Value, tiff};

/// The cameras' clock, ahead of UTC: western Indonesia.
pub const ZONE_HOURS: i8 = 7;

/// One press of the shutter.
#[derive(Debug, Clone)]
pub struct Frame {
    /// What took it.
    pub body: Body,
    /// Tells two frames apart that have all else in common.
    pub number: u64,
    /// When, by the camera's clock, [`ZONE_HOURS`] ahead of UTC.
    pub taken: DateTime,
    /// EXIF orientation, 1 to 8.
    pub orientation: u16,
    /// How long the file must be at least; shorter when none.
    pub size_bytes: Option<usize>,
}

/// The frame as a JPEG with EXIF. Padding stands between the picture and its end mark, where
/// decoders have finished.
#[must_use]
pub fn jpeg(darkroom: &Darkroom, frame: &Frame) -> Vec<u8> {
    let exif = tiff(exif(frame));
    let picture = darkroom.picture(frame.number);
    let mut out = Vec::with_capacity(frame.size_bytes.unwrap_or(0).max(picture.len() + exif.len() + 64));
    out.extend([0xff, 0xd8, 0xff, 0xe1]);
    out.extend(((exif.len() + 8) as u16).to_be_bytes());
    out.extend(b"Exif\0\0");
    out.extend(exif);
    let end = picture.len() - 2;
    out.extend(&picture[..end]);
    let missing = frame.size_bytes.unwrap_or(0).saturating_sub(out.len() + 2);
    out.extend(noise(frame, missing));
    out.extend(&picture[end..]);
    out
}

/// The frame as a RAW file with the structure of a NEF: metadata, a preview, and picture data that fills the rest.
#[must_use]
pub fn raw(darkroom: &Darkroom, frame: &Frame) -> Vec<u8> {
    let data = noise(frame, frame.size_bytes.unwrap_or(600_000));
    let sub = vec![
        (0x00fe, Value::Long(0)),
        (0x0100, Value::Long(u32::from(SIZE.0))),
        (0x0101, Value::Long(u32::from(SIZE.1))),
        (0x0103, Value::Short(0x8799)),
        (0x0111, Value::Block(data.clone())),
        (0x0117, Value::Long(data.len() as u32)),
    ];
    let preview = [&[0xff, 0xd8], darkroom.picture(frame.number)].concat();
    let mut entries = exif(frame);
    entries.extend([
        (0x0103, Value::Short(6)),
        (0x0201, Value::Block(preview.clone())),
        (0x0202, Value::Long(preview.len() as u32)),
        (0x014a, Value::Directory(sub)),
    ]);
    tiff(entries)
}

/// A sidecar for the frame.
#[must_use]
pub fn xmp(frame: &Frame) -> Vec<u8> {
    format!(
        "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\
         <rdf:Description xmlns:xmp=\"http://ns.adobe.com/xap/1.0/\" xmp:Rating=\"{}\" xmp:Label=\"{}\"/>\
         </rdf:RDF></x:xmpmeta>\n",
        frame.number % 6,
        frame.number
    )
    .into_bytes()
}

/// A film: the boxes of a MOV whose index names no tracks.
#[must_use]
pub fn mov(frame: &Frame) -> Vec<u8> {
    let mut out = Vec::new();
    let mut part = |name: &[u8; 4], body: &[u8]| {
        out.extend((body.len() as u32 + 8).to_be_bytes());
        out.extend(name);
        out.extend(body);
    };
    part(b"ftyp", b"qt  \0\0\0\0qt  ");
    part(b"mdat", &noise(frame, frame.size_bytes.unwrap_or(400_000)));
    part(b"moov", b"");
    out
}

fn exif(frame: &Frame) -> Vec<(u16, Value)> {
    let text = |text: &str| Value::Text(text.to_owned());
    let taken = frame.taken.strftime("%Y:%m:%d %H:%M:%S").to_string();
    let details = vec![
        (0x9003, text(&taken)),
        (0x9011, text(&format!("+{ZONE_HOURS:02}:00"))),
        (0x9291, text(&format!("{:02}", frame.taken.subsec_nanosecond() / 10_000_000))),
        (0xa002, Value::Long(u32::from(SIZE.0))),
        (0xa003, Value::Long(u32::from(SIZE.1))),
        (0xa420, text(&format!("{:032x}", frame.number))),
        (0xa431, text(frame.body.serial)),
    ];
    vec![
        (0x010f, text(frame.body.make)),
        (0x0110, text(frame.body.model)),
        (0x0112, Value::Short(frame.orientation)),
        (0x8769, Value::Directory(details)),
    ]
}

/// Bytes that do not compress and look like no marker; different for each frame.
fn noise(frame: &Frame, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    SmallRng::seed_from_u64(frame.number).fill_bytes(&mut bytes);
    for byte in &mut bytes {
        // 0xff begins a marker; long zeros are unwritten space.
        *byte = (*byte).clamp(1, 0xfe);
    }
    bytes
}
