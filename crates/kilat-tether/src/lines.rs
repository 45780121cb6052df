//! What crosses the pipes between Kilat and the helper of one camera: one JSON line each.
//!
//! Down: one [`OrderLine::Open`], then [`OrderLine::Get`]s, one at a time. Up: any number of [`HelperLine`]s, the last of
//! them [`HelperLine::Left`]. The end of the input means that whoever asked is gone.

use std::path::PathBuf;

use kilat_core::{Frame, path_text};
use serde::{Deserialize, Serialize};

/// Of these lines; both ends are one program, unless it was replaced while it ran.
pub(crate) const VERSION: u32 = 1;
/// Longest line: a batch of frames.
pub(crate) const MAX_LINE_BYTES: u64 = 256 * 1024;
/// Frames in one line: 100 to 200 bytes each.
pub(crate) const BATCH: usize = 256;

/// What the helper is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "order", rename_all = "snake_case")]
pub(crate) enum OrderLine {
    /// The camera that it is for.
    Open {
        version: u32,
        /// As libgphoto2 names it: `usb:001,004`, `ptpip:192.168.1.1:15740:15740`.
        port: String,
        /// Pause between two looks whether the camera is still there.
        probe_ms: u64,
        /// Pause between two listings of the card.
        list_ms: u64,
    },
    /// Download into this file, which is there and empty, as `path_text` writes its path.
    Get { id: u64, folder: String, name: String, what: What, into: String },
}

impl OrderLine {
    pub(crate) fn path(into: &str) -> PathBuf {
        path_text::decode(into)
    }
}

/// Which of a frame's bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum What {
    File,
    Thumbnail,
}

/// What the helper tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "told", rename_all = "snake_case")]
pub(crate) enum HelperLine {
    /// What it begins to do: how long silence may last depends on it.
    Doing { what: Doing },
    /// It is alive, or so many bytes of the download have come.
    Beat { bytes: u64 },
    /// The camera answered.
    Hello { library: String, body: BodyLine },
    /// A part of the card's list.
    Listed { frames: Vec<FrameLine>, is_last: bool },
    /// A frame was shot.
    Shot { frame: FrameLine },
    /// How the camera is.
    Status(StatusLine),
    /// A download ended: so many bytes stand in the file.
    Got { id: u64, bytes: u64 },
    /// It failed, and the camera is still there.
    NotGot { id: u64, detail: String },
    /// The helper ends.
    Left { why: LeftLine, detail: String },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Doing {
    Open,
    List,
    Get,
    Wait,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct BodyLine {
    pub(crate) make: Option<String>,
    pub(crate) model: Option<String>,
    pub(crate) serial: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FrameLine {
    /// As the library names it: with the slot before.
    pub(crate) folder: String,
    pub(crate) name: String,
    pub(crate) size_bytes: u64,
    pub(crate) written_s: Option<i64>,
}

impl FrameLine {
    /// The frame, by its path on the card: the slot is not part of it.
    pub(crate) fn frame(&self) -> Frame {
        let folder = self.folder.trim_start_matches('/');
        let below = match folder.split_once('/') {
            Some((slot, below)) if slot.starts_with("store_") => below,
            None if folder.starts_with("store_") => "",
            Some(_) | None => folder,
        };
        let path = if below.is_empty() { self.name.clone() } else { format!("{below}/{}", self.name) };
        Frame { path, size_bytes: self.size_bytes, written_s: self.written_s }
    }
}

/// What the camera tells of itself; what it does not tell is absent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StatusLine {
    pub(crate) battery_percent: Option<u8>,
    pub(crate) shots_left: Option<u64>,
    pub(crate) free_bytes: Option<u64>,
    pub(crate) capacity_bytes: Option<u64>,
    pub(crate) lens: Option<String>,
    pub(crate) exposure: Option<String>,
    /// How far its clock, read as if it were UTC, is ahead of UTC.
    pub(crate) clock_ahead_s: Option<i64>,
}

/// Why a helper ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub(crate) enum LeftLine {
    /// Nothing is there.
    Gone,
    /// Something is there and talks to nobody.
    Asleep,
    /// It said nothing for longer than the library waits.
    Stalled,
    /// Another program has it.
    Held { by: Option<String> },
    /// The library is missing, or does not know this camera.
    Unsupported,
    /// Something of the session failed; a new one may do.
    Broken,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frames_path_is_that_on_the_card_whatever_slot_it_is_in() {
        let at = |folder: &str| {
            let line =
                FrameLine { folder: folder.to_owned(), name: "A.JPG".to_owned(), size_bytes: 1, written_s: None };
            line.frame().path
        };
        assert_eq!(at("/store_00020001/DCIM/100CANON"), "DCIM/100CANON/A.JPG");
        assert_eq!(at("/store_00020001"), "A.JPG");
        assert_eq!(at("/"), "A.JPG");
        assert_eq!(at("/DCIM"), "DCIM/A.JPG");
    }

    #[test]
    fn lines_read_back_as_they_were_written() {
        let order = OrderLine::Get {
            id: 7,
            folder: "/store_00010001/DCIM".to_owned(),
            name: "A.NEF".to_owned(),
            what: What::Thumbnail,
            into: "/data/%ff".to_owned(),
        };
        let text = serde_json::to_string(&order).expect("written");
        assert_eq!(serde_json::from_str::<OrderLine>(&text).expect("read"), order);
        let left = HelperLine::Left { why: LeftLine::Held { by: Some("gvfs".to_owned()) }, detail: String::new() };
        let text = serde_json::to_string(&left).expect("written");
        assert_eq!(serde_json::from_str::<HelperLine>(&text).expect("read"), left);
    }
}
