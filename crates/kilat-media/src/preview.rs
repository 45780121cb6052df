//! How a photo looks: a small upright JPEG that any browser may be given.
//!
//! Invariant: the bytes are always encoded anew, so they hold pixels and nothing else: no EXIF, no
//! position, nothing a stranger wrote. The original is only read. [`make`] runs decoders on a
//! stranger's bytes: call it in the process that [`run_worker`] is, which [`PreviewProcess`]
//! starts, kills and starts again. Absent: HEVC and RAW pixels; such files show the JPEG that the
//! camera put inside, if it did.

mod embedded;
mod error;
mod process;
mod render;
mod worker;

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

pub use error::PreviewError;
pub use process::{PATIENCE, PreviewProcess};
pub use worker::{MadePreview, PreviewRequest, run_worker};

use crate::source::{Source, Stop};
use crate::tiff::Region;

/// What a preview may cost and how large it becomes.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Longest side of the preview, in pixels.
    pub max_side: u32,
    /// Most pixels of a picture that is decoded.
    pub max_pixels: u64,
    /// Most compressed bytes of a picture that is decoded.
    pub max_source_bytes: u64,
    /// Most memory that decoding may take, by what the picture's header says.
    pub max_memory_bytes: u64,
}

impl Default for Limits {
    /// 2048 px fill a phone and a laptop. The rest lets the largest JPEG of today's cameras
    /// through (150 megapixels, 80 MB) and keeps below the address space of the worker.
    fn default() -> Self {
        Self {
            max_side: 2048,
            max_pixels: 200_000_000,
            max_source_bytes: 128 * 1024 * 1024,
            max_memory_bytes: 1024 * 1024 * 1024,
        }
    }
}

/// A preview.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// A baseline JPEG without metadata.
    pub jpeg: Vec<u8>,
    /// Its width.
    pub width: u32,
    /// Its height.
    pub height: u32,
}

/// How many of a file's pictures are tried before it counts as damaged.
const MAX_TRIES: usize = 4;

/// Makes a preview of the photo at `path`, turned upright by its EXIF `orientation`.
///
/// # Errors
/// When the file cannot be read, or holds no picture that can be decoded within the limits.
pub fn make(path: &Path, orientation: u8, limits: &Limits) -> Result<Preview, PreviewError> {
    let file = File::open(path).map_err(PreviewError::Read)?;
    let len = file.metadata().map_err(PreviewError::Read)?.len();
    let pictures = match embedded::pictures(&mut Source::new(&file, len), limits.max_side) {
        Ok(pictures) => pictures,
        Err(Stop::Io(error)) => return Err(PreviewError::Read(error)),
        Err(Stop::Exhausted) => return Err(PreviewError::Damaged { detail: "its directories never end".to_owned() }),
    };
    let mut first_error = None;
    for picture in pictures.into_iter().take(MAX_TRIES) {
        match one(&file, picture, orientation, limits) {
            Ok(preview) => return Ok(preview),
            Err(PreviewError::Read(error)) => return Err(PreviewError::Read(error)),
            Err(error) => first_error = first_error.or(Some(error)),
        }
    }
    Err(first_error.unwrap_or(PreviewError::NoPreview))
}

fn one(file: &File, picture: Region, orientation: u8, limits: &Limits) -> Result<Preview, PreviewError> {
    let too_large = || PreviewError::TooLarge { detail: format!("{} bytes", picture.len) };
    if picture.len > limits.max_source_bytes {
        return Err(too_large());
    }
    let mut jpeg = vec![0; usize::try_from(picture.len).ok().ok_or_else(too_large)?];
    file.read_exact_at(&mut jpeg, picture.at).map_err(PreviewError::Read)?;
    render::render(&jpeg, orientation, limits)
}

#[cfg(test)]
mod tests;
