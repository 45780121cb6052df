//! Writes the small TIFF structures of EXIF and of RAW files. Little endian, one pass, no reading.

/// A value of an entry.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    Short(u16),
    Long(u32),
    Text(String),
    Directory(Vec<(u16, Value)>),
    /// A block of this many bytes behind everything; the entry holds its offset.
    Block(Vec<u8>),
}

/// A TIFF with one directory.
pub(crate) fn tiff(entries: Vec<(u16, Value)>) -> Vec<u8> {
    let mut out = b"II\x2a\x00\x08\x00\x00\x00".to_vec();
    let mut blocks = Vec::new();
    directory(&mut out, entries, &mut blocks);
    for (link, block) in blocks {
        patch(&mut out, link);
        out.extend(block);
    }
    out
}

fn directory(out: &mut Vec<u8>, mut entries: Vec<(u16, Value)>, blocks: &mut Vec<(usize, Vec<u8>)>) {
    entries.sort_by_key(|(tag, _)| *tag);
    out.extend((entries.len() as u16).to_le_bytes());
    let mut later = Vec::new();
    for (tag, value) in entries {
        let (kind, count) = match &value {
            Value::Short(_) => (3_u16, 1),
            Value::Long(_) | Value::Directory(_) | Value::Block(_) => (4, 1),
            Value::Text(text) => (2, text.len() as u32 + 1),
        };
        out.extend(tag.to_le_bytes());
        out.extend(kind.to_le_bytes());
        out.extend(count.to_le_bytes());
        let at = out.len();
        out.extend([0; 4]);
        match value {
            Value::Short(number) => out[at..at + 2].copy_from_slice(&number.to_le_bytes()),
            Value::Long(number) => out[at..at + 4].copy_from_slice(&number.to_le_bytes()),
            Value::Text(text) if text.len() < 4 => out[at..at + text.len()].copy_from_slice(text.as_bytes()),
            Value::Text(_) | Value::Directory(_) | Value::Block(_) => later.push((at, value)),
        }
    }
    out.extend([0; 4]);
    for (link, value) in later {
        match value {
            Value::Text(text) => {
                patch(out, link);
                out.extend(text.as_bytes());
                out.push(0);
                out.resize(out.len().next_multiple_of(2), 0);
            }
            Value::Directory(entries) => {
                patch(out, link);
                directory(out, entries, blocks);
            }
            Value::Block(block) => blocks.push((link, block)),
            Value::Short(_) | Value::Long(_) => {}
        }
    }
}

/// Makes the entry at `link` point to the end of what is written.
fn patch(out: &mut [u8], link: usize) {
    let at = (out.len() as u32).to_le_bytes();
    out[link..link + 4].copy_from_slice(&at);
}
