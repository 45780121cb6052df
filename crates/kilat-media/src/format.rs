//! What a file is by its first bytes; its name is not asked.

use crate::source::{Read, Source};

/// Enough for every signature below.
pub(crate) const SIGNATURE_BYTES: usize = 16;

/// Formats whose structure we know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// JPEG.
    Jpeg,
    /// TIFF and the RAW formats built on it.
    Tiff,
    /// Fuji's RAW.
    Raf,
    /// ISO base media: CR3, HEIC, MP4, MOV.
    Boxes,
    /// Text that begins with `<`, as XMP does.
    Xml,
    /// Something else.
    Other,
}

impl Format {
    /// Reads the signature at the start of the file.
    pub(crate) fn of(source: &mut Source<'_>) -> Read<Self> {
        let len = usize::try_from(source.len()).unwrap_or(SIGNATURE_BYTES).min(SIGNATURE_BYTES);
        let head = source.bytes(0, len)?.unwrap_or_default();
        Ok(Self::of_head(&head))
    }

    fn of_head(head: &[u8]) -> Self {
        match head {
            [0xff, 0xd8, 0xff, ..] => Self::Jpeg,
            // 42 is TIFF, "RO" and "RS" are Olympus, 0x55 is Panasonic.
            [b'I', b'I', 42, 0, ..]
            | [b'M', b'M', 0, 42, ..]
            | [b'I', b'I', b'R', b'O' | b'S', ..]
            | [b'I', b'I', 0x55, 0, ..] => Self::Tiff,
            [_, _, _, _, b'f', b't', b'y', b'p', ..]
            | [_, _, _, _, b'm', b'o', b'o', b'v', ..]
            | [_, _, _, _, b'm', b'd', b'a', b't', ..]
            | [_, _, _, _, b'w', b'i', b'd', b'e', ..]
            | [_, _, _, _, b'f', b'r', b'e', b'e', ..]
            | [_, _, _, _, b's', b'k', b'i', b'p', ..]
            | [_, _, _, _, b'p', b'n', b'o', b't', ..] => Self::Boxes,
            _ if head.starts_with(b"FUJIFILMCCD-RAW") => Self::Raf,
            _ => Self::of_text(head),
        }
    }

    fn of_text(head: &[u8]) -> Self {
        let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
        match text.trim_ascii_start().first() {
            Some(b'<') => Self::Xml,
            Some(_) | None => Self::Other,
        }
    }
}
