//! What each question costs, on files given as arguments: microseconds for wholeness and metadata,
//! milliseconds for a preview. The best of several runs, so that a busy machine disturbs least.
#![expect(clippy::print_stdout, reason = "a report for a person")]

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use kilat_core::PhotoKind;
use kilat_media::metadata::{self, Metadata};
use kilat_media::preview::{self, Limits};
use kilat_media::structure;

/// Enough for the quick questions to settle.
const QUICK_RUNS: u32 = 200;
/// A preview takes up to half a second.
const PREVIEW_RUNS: u32 = 5;

fn main() -> io::Result<()> {
    for path in std::env::args_os().skip(1).map(PathBuf::from) {
        report(&path)?;
    }
    Ok(())
}

fn report(path: &Path) -> io::Result<()> {
    let file = File::open(path)?;
    let len = file.metadata()?.len();
    let kind = PhotoKind::of_path(path).unwrap_or(PhotoKind::Raw);
    let (whole_time, whole) = best(QUICK_RUNS, || structure::completeness(&file, len, kind, path));
    let (told_time, told) = best(QUICK_RUNS, || metadata::read(&file, len));
    let orientation = told.orientation.unwrap_or(1);
    let (preview_time, preview) = best(PREVIEW_RUNS, || preview::make(path, orientation, &Limits::default()));
    println!("{} ({len} bytes)", path.display());
    println!("  wholeness {:6} µs  {:?}", whole_time.as_micros(), whole?);
    println!("  metadata  {:6} µs  {}", told_time.as_micros(), line(&told));
    match preview {
        Ok(made) => println!(
            "  preview   {:6} ms  {} × {}, {} bytes",
            preview_time.as_millis(),
            made.width,
            made.height,
            made.jpeg.len()
        ),
        Err(error) => println!("  preview   {:6} ms  cannot {error}", preview_time.as_millis()),
    }
    Ok(())
}

fn line(told: &Metadata) -> String {
    let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "?".to_owned());
    let taken =
        told.taken.map_or_else(|| "?".to_owned(), |taken| format!("{} {:?}", taken.civil, taken.offset_minutes));
    format!(
        "{} | {} | {} | {taken} | {:?} | {:?}",
        text(&told.make),
        text(&told.model),
        text(&told.serial),
        told.orientation,
        told.pixels
    )
}

fn best<T>(runs: u32, mut ask: impl FnMut() -> T) -> (Duration, T) {
    let start = Instant::now();
    let mut answer = ask();
    let mut least = start.elapsed();
    for _ in 1..runs {
        let start = Instant::now();
        answer = ask();
        least = least.min(start.elapsed());
    }
    (least, answer)
}
