//! The header of Fuji's RAW: where its JPEG and its two data blocks lie.

use crate::source::{Read, Source};
use crate::tiff::Region;

/// Offsets and lengths, big-endian, in pairs: JPEG, directory, data.
const PAIRS_AT: u64 = 84;

/// What the header names.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Header {
    pub(crate) jpeg: Region,
    pub(crate) directory: Region,
    pub(crate) data: Region,
}

/// Reads the header; none when the file ends in it.
pub(crate) fn header(source: &mut Source<'_>) -> Read<Option<Header>> {
    let mut regions = [Region { at: 0, len: 0 }; 3];
    for (region, at) in regions.iter_mut().zip((PAIRS_AT..).step_by(8)) {
        let Some([o0, o1, o2, o3, l0, l1, l2, l3]) = source.array(at)? else { return Ok(None) };
        *region = Region {
            at: u32::from_be_bytes([o0, o1, o2, o3]).into(),
            len: u32::from_be_bytes([l0, l1, l2, l3]).into(),
        };
    }
    let [jpeg, directory, data] = regions;
    Ok(Some(Header { jpeg, directory, data }))
}
