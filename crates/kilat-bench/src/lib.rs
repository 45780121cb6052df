//! What the programs `kilat-bench`, `bench-wire` and `torture` measure and break.
//!
//! They drive a release build from outside, as a photographer and a viewer do. Everything compared
//! is compared in one run on one machine; a number without its rival says nothing.

pub mod backup;
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
