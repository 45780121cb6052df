//! Files made beforehand, so that only their arrival is measured.

use std::fs;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use kilat_demo::{Body, Darkroom, Frame, jpeg};
use kilat_testkit::Oracle;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

use crate::Outcome;

/// Frames of the same seed are the same.
const SEED: u64 = 20_261_121;

/// Makes whole JPEGs that differ from each other.
#[derive(Debug)]
pub(crate) struct Studio {
    darkroom: Darkroom,
    rng: SmallRng,
    number: u64,
}

impl Studio {
    pub(crate) fn open() -> Outcome<Self> {
        Ok(Self { darkroom: Darkroom::with(SEED, 1)?, rng: SmallRng::seed_from_u64(SEED), number: 0 })
    }

    /// The next frame, with a length in this range.
    pub(crate) fn frame(&mut self, sizes: Range<usize>) -> Vec<u8> {
        self.number += 1;
        let frame = Frame {
            body: Body::A,
            number: self.number,
            taken: jiff::civil::date(2026, 11, 21).at(16, 4, 5, 0),
            orientation: 1,
            size_bytes: Some(self.rng.random_range(sizes)),
        };
        jpeg(&self.darkroom, &frame)
    }
}

/// A folder of files that wait to be moved into the hot folder.
#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) folder: PathBuf,
    pub(crate) files: Vec<PathBuf>,
    pub(crate) bytes: u64,
    pub(crate) oracle: Oracle,
}

impl Stage {
    /// Makes them until `enough` says so of their count and bytes.
    pub(crate) fn fill(folder: &Path, sizes: Range<usize>, enough: impl Fn(usize, u64) -> bool) -> Outcome<Self> {
        let mut studio = Studio::open()?;
        let mut stage = Self { folder: folder.to_owned(), files: Vec::new(), bytes: 0, oracle: Oracle::default() };
        fs::create_dir_all(folder)?;
        while !enough(stage.files.len(), stage.bytes) {
            let path = folder.join(format!("DSC_{:04}.JPG", stage.files.len() + 1));
            let bytes = studio.frame(sizes.clone());
            fs::write(&path, &bytes)?;
            stage.oracle.closed(&path, &bytes);
            stage.bytes += bytes.len() as u64;
            stage.files.push(path);
        }
        Ok(stage)
    }

    /// Reads every file, so that each round finds the same page cache: that of files just written.
    pub(crate) fn warm(&self) -> io::Result<()> {
        self.files.iter().try_for_each(|path| fs::read(path).map(drop))
    }
}
