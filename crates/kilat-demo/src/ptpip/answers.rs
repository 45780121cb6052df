//! What the camera answers to each operation: from its card and its body alone, without a network.

use std::path::PathBuf;

use jpeg_encoder::{ColorType, Encoder};

use super::card::{Object, Objects, What};
use super::packet::{Fields, Request};
use crate::body::Body;
use crate::files::ZONE_HOURS;

/// The only card.
const STORAGE: u32 = 0x0001_0001;
/// A handle that means the top of the card, in a request for handles.
const TOP: u32 = 0xffff_ffff;
/// What a thumbnail measures.
const THUMB: (u16, u16) = (160, 120);

/// Operations that are answered.
mod operation {
    pub(super) const DEVICE_INFO: u16 = 0x1001;
    pub(super) const OPEN: u16 = 0x1002;
    pub(super) const CLOSE: u16 = 0x1003;
    pub(super) const STORAGES: u16 = 0x1004;
    pub(super) const STORAGE_INFO: u16 = 0x1005;
    pub(super) const COUNT: u16 = 0x1006;
    pub(super) const HANDLES: u16 = 0x1007;
    pub(super) const INFO: u16 = 0x1008;
    pub(super) const GET: u16 = 0x1009;
    pub(super) const THUMB: u16 = 0x100a;
    pub(super) const CAPTURE: u16 = 0x100e;
    pub(super) const PROPERTY: u16 = 0x1014;
    pub(super) const VALUE: u16 = 0x1015;
    pub(super) const PART: u16 = 0x101b;
    pub(super) const ALL: [u16; 14] = [
        DEVICE_INFO,
        OPEN,
        CLOSE,
        STORAGES,
        STORAGE_INFO,
        COUNT,
        HANDLES,
        INFO,
        GET,
        THUMB,
        CAPTURE,
        PROPERTY,
        VALUE,
        PART,
    ];
}

/// How a request ended.
mod code {
    pub(super) const OK: u16 = 0x2001;
    pub(super) const NOT_SUPPORTED: u16 = 0x2005;
    pub(super) const NO_STORAGE: u16 = 0x2008;
    pub(super) const NO_OBJECT: u16 = 0x2009;
    pub(super) const NO_PROPERTY: u16 = 0x200a;
    pub(super) const NO_THUMB: u16 = 0x2010;
}

mod property {
    pub(super) const BATTERY: u16 = 0x5001;
    pub(super) const F_NUMBER: u16 = 0x5007;
    pub(super) const FOCAL_LENGTH: u16 = 0x5008;
    pub(super) const EXPOSURE_TIME: u16 = 0x500d;
    pub(super) const ISO: u16 = 0x500f;
    pub(super) const CLOCK: u16 = 0x5011;
    pub(super) const ALL: [u16; 6] = [BATTERY, F_NUMBER, FOCAL_LENGTH, EXPOSURE_TIME, ISO, CLOCK];
}

/// What happens in the camera by itself.
pub(super) mod event {
    pub(crate) const OBJECT_ADDED: u16 = 0x4002;
    pub(crate) const CAPTURE_COMPLETE: u16 = 0x400d;
}

/// An answer: what is sent, then how it ended.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) data: Option<Data>,
    pub(super) code: u16,
    pub(super) param: Option<u32>,
    /// It is asked to shoot.
    pub(super) shoots: bool,
}

/// What is sent.
#[derive(Debug)]
pub(super) enum Data {
    Bytes(Vec<u8>),
    /// A piece of a file.
    File {
        handle: u32,
        path: PathBuf,
        from: u64,
        length: u64,
    },
}

impl Answer {
    fn code(code: u16) -> Self {
        Self { data: None, code, param: None, shoots: false }
    }

    fn bytes(bytes: Vec<u8>) -> Self {
        Self { data: Some(Data::Bytes(bytes)), ..Self::code(code::OK) }
    }
}

/// What the camera is besides its card.
#[derive(Debug)]
pub(super) struct State<'a> {
    pub(super) body: &'a Body,
    pub(super) battery_percent: u8,
    /// Its clock, now.
    pub(super) now: jiff::Timestamp,
}

/// Answers one request.
pub(super) fn answer(request: Request, state: &State<'_>, objects: &Objects) -> Answer {
    let [first, second, third] = request.params;
    match request.operation {
        operation::OPEN | operation::CLOSE => Answer::code(code::OK),
        operation::DEVICE_INFO => Answer::bytes(device(state.body)),
        operation::STORAGES => Answer::bytes(Fields::default().handles(&[STORAGE]).done()),
        operation::STORAGE_INFO if first == STORAGE => Answer::bytes(storage(objects)),
        operation::STORAGE_INFO => Answer::code(code::NO_STORAGE),
        operation::COUNT => {
            Answer { param: Some(objects.handles(folder(third)).len() as u32), ..Answer::code(code::OK) }
        }
        operation::HANDLES => Answer::bytes(Fields::default().handles(&objects.handles(folder(third))).done()),
        operation::CAPTURE => Answer { shoots: true, ..Answer::code(code::OK) },
        operation::PROPERTY => property(first, state).map_or_else(|| Answer::code(code::NO_PROPERTY), Answer::bytes),
        operation::VALUE => {
            value(first, state).map_or_else(|| Answer::code(code::NO_PROPERTY), |(_, value)| Answer::bytes(value))
        }
        operation::INFO | operation::GET | operation::THUMB | operation::PART => match objects.get(first) {
            None => Answer::code(code::NO_OBJECT),
            Some(object) => about(request.operation, first, object, (second, third)),
        },
        _ => Answer::code(code::NOT_SUPPORTED),
    }
}

fn folder(parent: u32) -> Option<u32> {
    match parent {
        0 => None,
        TOP => Some(0),
        folder => Some(folder),
    }
}

fn about(operation: u16, handle: u32, object: &Object, (offset, most): (u32, u32)) -> Answer {
    let What::File { path, size_bytes, .. } = &object.what else {
        return if operation == operation::INFO { Answer::bytes(info(object)) } else { Answer::code(code::NO_OBJECT) };
    };
    let piece = |from: u64, length: u64| Data::File { handle, path: path.clone(), from, length };
    match operation {
        operation::INFO => Answer::bytes(info(object)),
        operation::THUMB if !is_picture(&object.name) => Answer::code(code::NO_THUMB),
        operation::THUMB => thumb(handle).map_or_else(|| Answer::code(code::NO_THUMB), Answer::bytes),
        operation::PART => {
            let from = u64::from(offset).min(*size_bytes);
            let length = u64::from(most).min(size_bytes - from);
            Answer { data: Some(piece(from, length)), param: Some(length as u32), ..Answer::code(code::OK) }
        }
        _ => Answer { data: Some(piece(0, *size_bytes)), ..Answer::code(code::OK) },
    }
}

fn device(body: &Body) -> Vec<u8> {
    Fields::default()
        .u16(100)
        .u32(0)
        .u16(0)
        .text("")
        .u16(0)
        .codes(&operation::ALL)
        .codes(&[event::OBJECT_ADDED, event::CAPTURE_COMPLETE])
        .codes(&property::ALL)
        .codes(&[0x3801])
        .codes(&[0x3801, 0x3000])
        .text(body.make)
        .text(body.model)
        .text("V1.00")
        .text(body.serial)
        .done()
}

fn storage(objects: &Objects) -> Vec<u8> {
    let (capacity, free, shots) = objects.space();
    let removable_ram_dcf_read_write = Fields::default().u16(4).u16(3).u16(0);
    removable_ram_dcf_read_write.u64(capacity).u64(free).u32(shots).text("Slot 1").text("KILAT").done()
}

fn info(object: &Object) -> Vec<u8> {
    let (format, size, modified) = match &object.what {
        What::Folder => (0x3001, 0, None),
        What::File { size_bytes, modified, .. } => (format_of(&object.name), *size_bytes, Some(*modified)),
    };
    let thumb = if is_picture(&object.name) { 0x3808 } else { 0 };
    let time = modified.map(civil).unwrap_or_default();
    Fields::default()
        .u32(STORAGE)
        .u16(format)
        .u16(0)
        .u32(u32::try_from(size).unwrap_or(u32::MAX))
        .u16(thumb)
        // Made when it is asked for: only whether there is one is true here.
        .u32(if thumb == 0 { 0 } else { 4_096 })
        .u32(u32::from(THUMB.0))
        .u32(u32::from(THUMB.1))
        .u32(0)
        .u32(0)
        .u32(0)
        .u32(object.parent)
        .u16(u16::from(matches!(object.what, What::Folder)))
        .u32(0)
        .u32(0)
        .text(&object.name)
        .text(&time)
        .text(&time)
        .text("")
        .done()
}

fn extension(name: &str) -> String {
    name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_uppercase()).unwrap_or_default()
}

fn is_picture(name: &str) -> bool {
    matches!(extension(name).as_str(), "JPG" | "JPEG" | "NEF" | "CR2" | "CR3" | "ARW" | "RAF" | "HIF")
}

fn format_of(name: &str) -> u16 {
    match extension(name).as_str() {
        "JPG" | "JPEG" => 0x3801,
        "MOV" => 0x300d,
        "MP4" | "AVI" => 0x300a,
        // Undefined, as bodies call their own RAW files.
        _ => 0x3000,
    }
}

/// Its clock knows no zone: the time at the place, as `20260927T193000`.
fn civil(at: jiff::Timestamp) -> String {
    jiff::tz::Offset::constant(ZONE_HOURS).to_datetime(at).strftime("%Y%m%dT%H%M%S").to_string()
}

/// A property's type and value.
fn value(of: u32, state: &State<'_>) -> Option<(u16, Vec<u8>)> {
    let fields = Fields::default();
    match u16::try_from(of).ok()? {
        property::BATTERY => Some((2, fields.u8(state.battery_percent).done())),
        // Hundredths; hundredths of a millimetre; tenths of a millisecond.
        property::F_NUMBER => Some((4, fields.u16(280).done())),
        property::FOCAL_LENGTH => Some((6, fields.u32(8_500).done())),
        property::EXPOSURE_TIME => Some((6, fields.u32(40).done())),
        property::ISO => Some((4, fields.u16(800).done())),
        property::CLOCK => Some((0xffff, fields.text(&civil(state.now)).done())),
        _ => None,
    }
}

fn property(of: u32, state: &State<'_>) -> Option<Vec<u8>> {
    let (kind, value) = value(of, state)?;
    let code = u16::try_from(of).ok()?;
    let read_only = Fields::default().u16(code).u16(kind).u8(0).bytes(&value).bytes(&value);
    Some(match code {
        property::BATTERY => read_only.u8(1).u8(0).u8(100).u8(1).done(),
        // One of those that it has.
        property::F_NUMBER | property::EXPOSURE_TIME | property::ISO => read_only.u8(2).u16(1).bytes(&value).done(),
        _ => read_only.u8(0).done(),
    })
}

/// A small picture of one colour, another one for each object.
fn thumb(handle: u32) -> Option<Vec<u8>> {
    let colour = handle.wrapping_mul(0x9e37_79b1).to_le_bytes();
    let pixels: Vec<u8> =
        colour[..3].iter().copied().cycle().take(usize::from(THUMB.0) * usize::from(THUMB.1) * 3).collect();
    let mut jpeg = Vec::new();
    Encoder::new(&mut jpeg, 70).encode(&pixels, THUMB.0, THUMB.1, ColorType::Rgb).ok().map(|()| jpeg)
}
