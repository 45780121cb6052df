//! TIFF directories, wherever they lie: a whole RAW file, the EXIF block of a JPEG, a maker note.
//!
//! Invariant: every offset is checked against the window it counts from, every count is capped,
//! and no directory is visited twice. Absent: BigTIFF, which no camera writes.

use crate::source::{Read, Source, inside};

/// The largest directories known (maker notes, DNG) have under 300 entries.
const MAX_ENTRIES: u16 = 1024;
/// The richest DNG files have about 20.
const MAX_DIRECTORIES: usize = 64;
/// A 200-megapixel DNG in tiles of 256 × 256 has about 3,200.
const MAX_NUMBERS: u32 = 16 * 1024;
/// Names and dates are shorter; a longer text is cut here.
const MAX_TEXT_BYTES: u32 = 256;

/// Byte order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// Intel.
    Little,
    /// Motorola.
    Big,
}

impl Order {
    pub(crate) fn u16(self, bytes: [u8; 2]) -> u16 {
        match self {
            Self::Little => u16::from_le_bytes(bytes),
            Self::Big => u16::from_be_bytes(bytes),
        }
    }

    pub(crate) fn u32(self, bytes: [u8; 4]) -> u32 {
        match self {
            Self::Little => u32::from_le_bytes(bytes),
            Self::Big => u32::from_be_bytes(bytes),
        }
    }
}

/// A range of bytes, counted from the start of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Region {
    pub(crate) at: u64,
    pub(crate) len: u64,
}

impl Region {
    pub(crate) fn end(self) -> u64 {
        self.at.saturating_add(self.len)
    }
}

/// A TIFF block: where it lies in the file and how its numbers read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tiff {
    /// What its offsets count from and may reach.
    pub(crate) window: Region,
    pub(crate) order: Order,
    pub(crate) first: u32,
    /// Panasonic's dialect keeps other things under some of TIFF's tags.
    pub(crate) is_panasonic: bool,
}

/// One entry of a directory.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    pub(crate) tag: u16,
    kind: u16,
    pub(crate) count: u32,
    /// Where its value lies, counted from the start of the file.
    pub(crate) value: Region,
}

/// One directory.
#[derive(Debug, Default)]
pub(crate) struct Directory {
    pub(crate) entries: Vec<Entry>,
    next: u32,
}

impl Directory {
    pub(crate) fn get(&self, tag: u16) -> Option<Entry> {
        self.entries.iter().find(|entry| entry.tag == tag).copied()
    }
}

/// All directories that could be reached.
#[derive(Debug, Default)]
pub(crate) struct Walk {
    pub(crate) directories: Vec<Directory>,
    /// Whether a directory or a value lies outside the window.
    pub(crate) leaves_window: bool,
}

impl Tiff {
    /// Reads the header at the start of `window`; none when there is no TIFF header.
    pub(crate) fn open(source: &mut Source<'_>, window: Region) -> Read<Option<Self>> {
        if !inside(window.at, window.len, source.len()) || window.len < 8 {
            return Ok(None);
        }
        let Some([a, b, c, d, first @ ..]) = source.array::<8>(window.at)? else { return Ok(None) };
        let order = match [a, b] {
            [b'I', b'I'] => Order::Little,
            [b'M', b'M'] => Order::Big,
            _ => return Ok(None),
        };
        let magic = order.u16([c, d]);
        // "RO", "RS": Olympus; 0x55: Panasonic.
        if ![42, 0x4f52, 0x5352, 0x55].contains(&magic) {
            return Ok(None);
        }
        Ok(Some(Self { window, order, first: order.u32(first), is_panasonic: magic == 0x55 }))
    }

    /// The directory at `at`, counted from the window's start; none when it leaves the window.
    pub(crate) fn directory(&self, source: &mut Source<'_>, at: u64) -> Read<Option<Directory>> {
        let Some(count) = self.array(source, at)? else { return Ok(None) };
        let count = self.order.u16(count);
        let table = at + 2;
        let table_bytes = u64::from(count) * 12;
        if !inside(table, table_bytes, self.window.len) {
            return Ok(None);
        }
        let mut directory = Directory::default();
        for index in 0..count.min(MAX_ENTRIES) {
            let entry_at = table + u64::from(index) * 12;
            let Some(raw) = self.array::<12>(source, entry_at)? else { return Ok(None) };
            directory.entries.push(self.entry(raw, self.window.at + entry_at));
        }
        // Maker notes may end without the link to a next directory.
        if let Some(next) = self.array(source, table + table_bytes)? {
            directory.next = self.order.u32(next);
        }
        Ok(Some(directory))
    }

    /// The main directories, their sub-directories and the EXIF directories.
    pub(crate) fn walk(&self, source: &mut Source<'_>) -> Read<Walk> {
        let mut walk = Walk::default();
        let mut seen = Vec::new();
        let mut waiting = vec![self.first];
        while let Some(at) = waiting.pop() {
            if at == 0 || seen.contains(&at) || seen.len() >= MAX_DIRECTORIES {
                continue;
            }
            seen.push(at);
            let Some(directory) = self.directory(source, at.into())? else {
                walk.leaves_window = true;
                continue;
            };
            waiting.push(directory.next);
            for entry in &directory.entries {
                if !self.holds(entry.value) {
                    walk.leaves_window = true;
                } else if is_link(entry.tag) && waiting.len() < MAX_DIRECTORIES {
                    waiting.extend(self.numbers(source, *entry)?.into_iter().take(MAX_DIRECTORIES));
                }
            }
            walk.directories.push(directory);
        }
        Ok(walk)
    }

    /// Whether a range, counted from the file's start, lies inside the window.
    pub(crate) fn holds(&self, region: Region) -> bool {
        region.at.checked_sub(self.window.at).is_some_and(|at| inside(at, region.len, self.window.len))
    }

    /// The entry's first number.
    pub(crate) fn number(&self, source: &mut Source<'_>, entry: Entry) -> Read<Option<u32>> {
        Ok(self.numbers(source, Entry { count: entry.count.min(1), ..entry })?.first().copied())
    }

    /// The entry's whole numbers, at most [`MAX_NUMBERS`]; empty for other types or outside the window.
    pub(crate) fn numbers(&self, source: &mut Source<'_>, entry: Entry) -> Read<Vec<u32>> {
        if !self.holds(entry.value) {
            return Ok(Vec::new());
        }
        let count = entry.count.min(MAX_NUMBERS) as usize;
        let width = match entry.kind {
            kind::BYTE | kind::UNDEFINED => 1,
            kind::SHORT => 2,
            kind::LONG | kind::DIRECTORY => 4,
            _ => return Ok(Vec::new()),
        };
        let bytes = source.bytes(entry.value.at, count * width)?.unwrap_or_default();
        let numbers = bytes.chunks_exact(width).map(|chunk| match *chunk {
            [a] => u32::from(a),
            [a, b] => u32::from(self.order.u16([a, b])),
            [a, b, c, d] => self.order.u32([a, b, c, d]),
            _ => 0,
        });
        Ok(numbers.collect())
    }

    /// The entry's bytes as text, up to the first NUL, at most [`MAX_TEXT_BYTES`].
    pub(crate) fn text(&self, source: &mut Source<'_>, entry: Entry) -> Read<Option<String>> {
        if ![kind::ASCII, kind::BYTE, kind::UNDEFINED, kind::UTF8].contains(&entry.kind) || !self.holds(entry.value) {
            return Ok(None);
        }
        let len = entry.count.min(MAX_TEXT_BYTES) as usize;
        let Some(bytes) = source.bytes(entry.value.at, len)? else { return Ok(None) };
        let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
        Ok(Some(String::from_utf8_lossy(bytes.get(..end).unwrap_or_default()).into_owned()))
    }

    fn entry(&self, raw: [u8; 12], at: u64) -> Entry {
        let [t0, t1, k0, k1, c0, c1, c2, c3, v0, v1, v2, v3] = raw;
        let kind = self.order.u16([k0, k1]);
        let count = self.order.u32([c0, c1, c2, c3]);
        let len = u64::from(count) * kind::width(kind);
        let at = if len <= 4 { at + 8 } else { self.window.at + u64::from(self.order.u32([v0, v1, v2, v3])) };
        Entry { tag: self.order.u16([t0, t1]), kind, count, value: Region { at, len } }
    }

    fn array<const N: usize>(&self, source: &mut Source<'_>, at: u64) -> Read<Option<[u8; N]>> {
        if !inside(at, N as u64, self.window.len) {
            return Ok(None);
        }
        source.array(self.window.at + at)
    }
}

/// Whether the tag's numbers are places of directories.
fn is_link(tag: u16) -> bool {
    [tag::SUB_DIRECTORIES, tag::EXIF].contains(&tag)
}

/// Tags of TIFF 6.0, EXIF 2.32 and DNG 1.7.
pub(crate) mod tag {
    pub(crate) const PANASONIC_TOP: u16 = 0x0004;
    pub(crate) const PANASONIC_LEFT: u16 = 0x0005;
    pub(crate) const PANASONIC_BOTTOM: u16 = 0x0006;
    pub(crate) const PANASONIC_RIGHT: u16 = 0x0007;
    pub(crate) const PANASONIC_JPEG: u16 = 0x002e;
    pub(crate) const WIDTH: u16 = 0x0100;
    pub(crate) const HEIGHT: u16 = 0x0101;
    pub(crate) const COMPRESSION: u16 = 0x0103;
    pub(crate) const MAKE: u16 = 0x010f;
    pub(crate) const MODEL: u16 = 0x0110;
    pub(crate) const STRIP_OFFSETS: u16 = 0x0111;
    pub(crate) const ORIENTATION: u16 = 0x0112;
    pub(crate) const STRIP_BYTES: u16 = 0x0117;
    pub(crate) const PANASONIC_RAW: u16 = 0x0118;
    pub(crate) const TILE_OFFSETS: u16 = 0x0144;
    pub(crate) const TILE_BYTES: u16 = 0x0145;
    pub(crate) const SUB_DIRECTORIES: u16 = 0x014a;
    pub(crate) const JPEG_OFFSET: u16 = 0x0201;
    pub(crate) const JPEG_BYTES: u16 = 0x0202;
    pub(crate) const EXIF: u16 = 0x8769;
    pub(crate) const TAKEN: u16 = 0x9003;
    pub(crate) const TAKEN_OFFSET: u16 = 0x9011;
    pub(crate) const MAKER_NOTE: u16 = 0x927c;
    pub(crate) const TAKEN_SUB_SECONDS: u16 = 0x9291;
    pub(crate) const EXIF_WIDTH: u16 = 0xa002;
    pub(crate) const EXIF_HEIGHT: u16 = 0xa003;
    pub(crate) const BODY_SERIAL: u16 = 0xa431;
    pub(crate) const DNG_SERIAL: u16 = 0xc62f;
}

mod kind {
    pub(super) const BYTE: u16 = 1;
    pub(super) const ASCII: u16 = 2;
    pub(super) const SHORT: u16 = 3;
    pub(super) const LONG: u16 = 4;
    pub(super) const UNDEFINED: u16 = 7;
    pub(super) const DIRECTORY: u16 = 13;
    pub(super) const UTF8: u16 = 129;

    /// Bytes per value; 0 for types nobody defined, whose values cannot be located.
    pub(super) fn width(kind: u16) -> u64 {
        match kind {
            BYTE | ASCII | 6 | UNDEFINED | UTF8 => 1,
            SHORT | 8 => 2,
            LONG | 9 | 11 | DIRECTORY => 4,
            5 | 10 | 12 => 8,
            _ => 0,
        }
    }
}
