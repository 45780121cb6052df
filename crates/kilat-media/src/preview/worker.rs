//! The preview process from inside: one request line in, one answer line out, until the input ends.
//!
//! Invariant: the output path holds a whole preview or nothing; the photo is only read. A panic or
//! a refused allocation ends the process, and the parent sees that.

use std::fs;
use std::io::{self, BufRead, Write};
use std::path::{Path, PathBuf};

use kilat_core::path_text;
use rustix::process::{Resource, Rlimit, nice, setrlimit};
use serde::{Deserialize, Serialize};

use super::{Limits, PreviewError, make};

/// Room for the largest picture within [`Limits`] while it is decoded and scaled, and no more.
const ADDRESS_SPACE_BYTES: u64 = 1536 * 1024 * 1024;
/// Two hundred times a usual preview.
const FILE_BYTES: u64 = 64 * 1024 * 1024;
/// Previews may wait; copies and viewers may not.
const NICE: i32 = 10;
/// Two paths of 4 KiB, each byte escaped, and the words around them.
pub(super) const MAX_LINE_BYTES: u64 = 64 * 1024;

/// A preview to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviewRequest {
    /// The photo.
    pub photo: PathBuf,
    /// Its EXIF orientation, 1 to 8.
    pub orientation: u8,
    /// Longest side of the preview, in pixels; [`Limits::max_side`] at most.
    pub max_side: u32,
    /// Where the preview is put; replaced when it exists. Its folder must exist.
    pub out: PathBuf,
}

/// A preview that was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MadePreview {
    /// Its width.
    pub width: u32,
    /// Its height.
    pub height: u32,
    /// Its length.
    pub size_bytes: u64,
}

/// A request as a line; paths as [`path_text`] writes them.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RequestLine {
    path: String,
    orientation: u8,
    max_side: u32,
    out_path: String,
}

/// An answer as a line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "camelCase")]
enum AnswerLine {
    Made(MadePreview),
    NoPreview,
    TooLarge { detail: String },
    Damaged { detail: String },
    CannotRead(Fault),
    CannotWrite(Fault),
}

/// An operating-system error that crosses a pipe.
#[derive(Debug, Serialize, Deserialize)]
struct Fault {
    code: Option<i32>,
    text: String,
}

impl Fault {
    fn of(error: &io::Error) -> Self {
        Self { code: error.raw_os_error(), text: error.to_string() }
    }

    fn into_error(self) -> io::Error {
        self.code.map_or_else(|| io::Error::other(self.text), io::Error::from_raw_os_error)
    }
}

/// The body of the preview process: confines the process for good, then answers the requests on
/// standard input on standard output, until the input ends.
///
/// # Errors
/// When the limits cannot be set, or a pipe fails.
pub fn run_worker() -> io::Result<()> {
    confine()?;
    serve(&mut io::stdin().lock(), &mut io::stdout().lock(), &Limits::default())
}

fn confine() -> io::Result<()> {
    for (resource, most) in [(Resource::As, ADDRESS_SPACE_BYTES), (Resource::Core, 0), (Resource::Fsize, FILE_BYTES)] {
        setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) })?;
    }
    nice(NICE)?;
    Ok(())
}

fn serve(input: &mut impl BufRead, output: &mut impl Write, limits: &Limits) -> io::Result<()> {
    let mut line = String::new();
    loop {
        line.clear();
        if io::Read::take(&mut *input, MAX_LINE_BYTES).read_line(&mut line)? == 0 {
            return Ok(());
        }
        let request = decode_request(&line).map_err(io::Error::other)?;
        let answer = AnswerLine::of(answer(&request, limits));
        let mut text = serde_json::to_vec(&answer)?;
        text.push(b'\n');
        output.write_all(&text)?;
        output.flush()?;
    }
}

fn answer(request: &PreviewRequest, limits: &Limits) -> Result<MadePreview, PreviewError> {
    let limits = Limits { max_side: request.max_side.min(limits.max_side), ..*limits };
    let preview = make(&request.photo, request.orientation, &limits)?;
    put(&request.out, &preview.jpeg).map_err(PreviewError::Write)?;
    Ok(MadePreview { width: preview.width, height: preview.height, size_bytes: preview.jpeg.len() as u64 })
}

/// Not synced: after a power cut a preview is made again.
fn put(out: &Path, jpeg: &[u8]) -> io::Result<()> {
    let part = part_of(out);
    fs::write(&part, jpeg)?;
    fs::rename(&part, out)
}

/// Where a preview grows before it is put in place.
pub(super) fn part_of(out: &Path) -> PathBuf {
    let mut name = out.as_os_str().to_owned();
    name.push(".part");
    name.into()
}

pub(super) fn encode_request(request: &PreviewRequest) -> io::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(&RequestLine {
        path: path_text::encode(&request.photo),
        orientation: request.orientation,
        max_side: request.max_side,
        out_path: path_text::encode(&request.out),
    })?;
    line.push(b'\n');
    Ok(line)
}

fn decode_request(line: &str) -> serde_json::Result<PreviewRequest> {
    let line: RequestLine = serde_json::from_str(line)?;
    Ok(PreviewRequest {
        photo: path_text::decode(&line.path),
        orientation: line.orientation,
        max_side: line.max_side,
        out: path_text::decode(&line.out_path),
    })
}

/// What an answer line says; none when it is no answer.
pub(super) fn decode_answer(line: &str) -> Option<Result<MadePreview, PreviewError>> {
    let answer: AnswerLine = serde_json::from_str(line).ok()?;
    Some(match answer {
        AnswerLine::Made(made) => Ok(made),
        AnswerLine::NoPreview => Err(PreviewError::NoPreview),
        AnswerLine::TooLarge { detail } => Err(PreviewError::TooLarge { detail }),
        AnswerLine::Damaged { detail } => Err(PreviewError::Damaged { detail }),
        AnswerLine::CannotRead(fault) => Err(PreviewError::Read(fault.into_error())),
        AnswerLine::CannotWrite(fault) => Err(PreviewError::Write(fault.into_error())),
    })
}

impl AnswerLine {
    fn of(outcome: Result<MadePreview, PreviewError>) -> Self {
        match outcome {
            Ok(made) => Self::Made(made),
            Err(PreviewError::NoPreview) => Self::NoPreview,
            Err(PreviewError::TooLarge { detail }) => Self::TooLarge { detail },
            Err(PreviewError::Read(error)) => Self::CannotRead(Fault::of(&error)),
            Err(PreviewError::Write(error)) => Self::CannotWrite(Fault::of(&error)),
            Err(PreviewError::Damaged { detail }) => Self::Damaged { detail },
            // Only the parent's side makes these.
            Err(
                error @ (PreviewError::Start(_)
                | PreviewError::Crashed
                | PreviewError::TimedOut { .. }
                | PreviewError::Garbled),
            ) => Self::Damaged { detail: error.to_string() },
        }
    }
}

#[cfg(test)]
mod tests;
