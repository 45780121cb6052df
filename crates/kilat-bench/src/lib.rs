//! What the programs `kilat-bench`, `bench-wire` and `torture` measure and break.
//!
//! They drive a release build from outside, as a photographer and a viewer do. Everything compared
//! is compared in one run on one machine; a number without its rival says nothing.

pub mod backup;
pub mod camera;
mod crowd;
mod latency;
mod machine;
mod percentile;
mod poller;
mod process;
mod report;
mod stage;
mod throughput;
pub mod torture;
pub mod wire;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

pub use crowd::crowd;
pub use latency::latency;
pub use machine::machine;
pub use report::{Report, Row};
pub use throughput::{hash_tree, throughput};

/// What a measurement answers; it ends the run when it cannot be made.
pub type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// What every measurement needs.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The program under test.
    pub kilat: PathBuf,
    /// Where to work: on the disk that is meant.
    pub folder: PathBuf,
    /// Everything smaller, for a look in under a minute: its numbers say little.
    pub is_quick: bool,
}

/// What the measuring programs may be told.
#[derive(Debug, Clone, clap::Args)]
pub struct Common {
    /// The program to measure; the one beside this program by default
    #[arg(long, value_name = "FILE", env = "KILAT_BIN")]
    kilat: Option<PathBuf>,
    /// Where to work, on the disk that is meant; the system's folder for temporary files by default
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
    /// Everything smaller, in under a minute: a look, not a measurement, so no target is judged
    #[arg(long)]
    quick: bool,
    /// End with a failing status when a target is missed
    #[arg(long)]
    strict: bool,
}

impl Common {
    /// What to measure with.
    ///
    /// # Errors
    /// When there is no program to measure.
    pub fn setup(&self) -> Outcome<Setup> {
        let folder = self.folder.clone().unwrap_or_else(std::env::temp_dir);
        Ok(Setup { kilat: find_kilat(self.kilat.clone())?, folder, is_quick: self.quick })
    }

    /// The table with the machine that it was measured on, and how the program ends.
    ///
    /// # Errors
    /// None of its own: those of the measurement.
    pub fn conclude(&self, measured: Outcome<(Setup, Report)>) -> Outcome<(String, ExitCode)> {
        let (setup, mut report) = measured?;
        if self.quick {
            report.unjudge();
        }
        let mut text = format!("{}\n\n{report}", machine(&setup.folder));
        let missed = report.missed();
        if missed > 0 {
            text.push_str(&format!("\nTargets missed: {missed}"));
        }
        let code = if missed > 0 && self.strict { ExitCode::FAILURE } else { ExitCode::SUCCESS };
        Ok((text, code))
    }
}

/// The `kilat` that was built with this program, where none is named.
///
/// # Errors
/// When there is none.
pub fn find_kilat(named: Option<PathBuf>) -> Outcome<PathBuf> {
    let kilat = match named {
        Some(path) => path,
        None => std::env::current_exe()?.parent().unwrap_or(Path::new(".")).join("kilat"),
    };
    let found = kilat.canonicalize();
    found.map_err(|error| format!("cannot find {}: {error}; name it with --kilat or KILAT_BIN", kilat.display()).into())
}
