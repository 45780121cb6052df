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

/// Width and height of the picture that the data holds, without the sensor's margins.
pub(crate) fn pixels(source: &mut Source<'_>, directory: Region) -> Read<Option<(u32, u32)>> {
    /// Height, width.
    const CROPPED_SIZE: u16 = 0x0111;
    /// Cameras write about 20.
    const MAX_RECORDS: u32 = 256;
    let count = source.array(directory.at)?.map_or(0, u32::from_be_bytes);
    let mut at = directory.at + 4;
    for _ in 0..count.min(MAX_RECORDS) {
        let Some([t0, t1, l0, l1, h0, h1, w0, w1]) = source.array(at)? else { break };
        if u16::from_be_bytes([t0, t1]) == CROPPED_SIZE {
            let (width, height) = (u16::from_be_bytes([w0, w1]), u16::from_be_bytes([h0, h1]));
            return Ok((width > 0 && height > 0).then_some((width.into(), height.into())));
        }
        at += 4 + u64::from(u16::from_be_bytes([l0, l1]));
        if at >= directory.end() {
            break;
        }
    }
    Ok(None)
}
