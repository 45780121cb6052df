//! Boxes of the ISO base media format, one level at a time.
//!
//! Invariant: a child never reaches past its parent; at most [`MAX_BOXES`] are listed per level.

use crate::source::{Read, Source, Stop};
use crate::tiff::Region;

/// A fragmented film has some thousand at the top; the rest have a dozen.
const MAX_BOXES: usize = 16 * 1024;

/// One box.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Box {
    pub(crate) name: [u8; 4],
    /// What is inside, after the header.
    pub(crate) body: Region,
    /// Whether it runs to the end of its parent because it names no length.
    pub(crate) is_open: bool,
}

/// The boxes of one level.
#[derive(Debug, Default)]
pub(crate) struct Level {
    pub(crate) boxes: Vec<Box>,
    /// Where the boxes stop fitting; none when they fill the region exactly.
    pub(crate) breaks_at: Option<u64>,
}

impl Level {
    pub(crate) fn find(&self, name: &[u8; 4]) -> Option<Box> {
        self.boxes.iter().find(|b| b.name == *name).copied()
    }

    pub(crate) fn all<'l>(&'l self, name: &'l [u8; 4]) -> impl Iterator<Item = Box> + 'l {
        self.boxes.iter().filter(move |b| b.name == *name).copied()
    }
}

/// Lists the boxes that fill `region`.
pub(crate) fn level(source: &mut Source<'_>, region: Region) -> Read<Level> {
    let end = region.end().min(source.len());
    let mut level = Level::default();
    let mut at = region.at;
    while at < end {
        if level.boxes.len() >= MAX_BOXES {
            return Err(Stop::Exhausted);
        }
        match one(source, at, end)? {
            Some(b) => {
                at = b.body.end();
                level.boxes.push(b);
            }
            None => {
                level.breaks_at = Some(at);
                break;
            }
        }
    }
    Ok(level)
}

fn one(source: &mut Source<'_>, at: u64, end: u64) -> Read<Option<Box>> {
    let room = end - at;
    if room < 8 {
        return Ok(None);
    }
    let Some([s0, s1, s2, s3, name @ ..]) = source.array::<8>(at)? else { return Ok(None) };
    // A name of zeros is padding, not a box that runs to the end.
    if name == [0; 4] {
        return Ok(None);
    }
    let (header, size) = match u32::from_be_bytes([s0, s1, s2, s3]) {
        0 => (8, room),
        1 if room < 16 => return Ok(None),
        1 => (16, source.array(at + 8)?.map_or(0, u64::from_be_bytes)),
        size => (8, u64::from(size)),
    };
    if size < header || size > room {
        return Ok(None);
    }
    let is_open = [s0, s1, s2, s3] == [0; 4];
    Ok(Some(Box { name, body: Region { at: at + header, len: size - header }, is_open }))
}

/// The first box along a path of names below `region`.
pub(crate) fn find(source: &mut Source<'_>, region: Region, path: &[&[u8; 4]]) -> Read<Option<Box>> {
    let mut region = region;
    let mut found = None;
    for name in path {
        found = level(source, region)?.find(name);
        match found {
            Some(b) => region = b.body,
            None => return Ok(None),
        }
    }
    Ok(found)
}
