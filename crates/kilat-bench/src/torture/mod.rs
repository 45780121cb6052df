//! Everything that must not lose a photo: kills, power cuts, faulty destinations; and clients that mean harm.
//!
//! The judge is the oracle of the testkit, which knows the files from the writer and the disk only.

mod backups;
mod cameras;
mod cuts;
mod faults;
mod hostile;
mod kills;
mod shutdown;

use std::fmt;
use std::path::PathBuf;

pub use backups::{backups, damage, lies, meddling, restores, servers};
pub use cameras::cameras;
pub use cuts::{Sync, cuts};
pub use faults::{failing_fsync, faults};
pub use hostile::{Attacked, Numbers, hostile};
pub use kills::kills;

/// What every part needs.
pub struct Ordeal<'a> {
    /// The program under test.
    pub kilat: PathBuf,
    /// Where to work.
    pub folder: PathBuf,
    /// The same seed makes the same files and chances; not the same moments.
    pub seed: u64,
    /// Says how it goes on.
    pub say: &'a (dyn Fn(&str) + std::marker::Sync),
}

impl fmt::Debug for Ordeal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ordeal").field("kilat", &self.kilat).field("seed", &self.seed).finish_non_exhaustive()
    }
}

/// What became of the files.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    /// What was done.
    pub what: String,
    /// How often.
    pub times: u64,
    /// Files that had to be there: closed, or announced as stored.
    pub owed: u64,
    /// Of these, not there.
    pub lost: u64,
    /// There more than once.
    pub doubled: u64,
    /// There, and neither whole nor anybody's.
    pub foreign: u64,
}

impl Tally {
    fn of(what: &str) -> Self {
        Self { what: what.to_owned(), ..Self::default() }
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.lost + self.doubled + self.foreign == 0
    }

    fn add(&mut self, verdict: &kilat_testkit::Verdict) {
        self.lost += verdict.missing.len() as u64;
        self.doubled += verdict.twice.len() as u64;
        self.foreign += verdict.foreign.len() as u64;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, times, owed, lost, doubled, foreign } = self;
        write!(f, "| {what} | {times} | {owed} | {lost} | {doubled} | {foreign} |")
    }
}
