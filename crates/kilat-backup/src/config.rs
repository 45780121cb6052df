//! What the engine is told at the start, and the two things that others bring: stores, and who writes the lists.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use kilat_core::{DestinationId, Event, Millis, ObjectKey, SourceId};
use kilat_journal::{JournalError, ProvenCopy};
use kilat_objects::{ObjectStore, StoreError};

/// Finds the store of a destination; none while it cannot be made, for example because its secrets are missing.
pub type Stores = Arc<dyn Fn(&DestinationId) -> Option<Arc<dyn ObjectStore>> + Send + Sync>;

/// How to back up.
#[derive(Clone)]
pub struct BackupConfig {
    /// Copies at once per destination.
    pub parallel: usize,
    /// The folder of each source.
    pub roots: BTreeMap<SourceId, PathBuf>,
    /// A folder of Kilat's own for copies that are fetched to be copied on; made when it is needed.
    pub scratch: PathBuf,
    /// The stores of all destinations.
    pub stores: Stores,
    /// Writes the list of an event's copies; none in tests that do not look at it.
    pub sealer: Option<Arc<dyn Sealer>>,
    /// How copies are read back in the background.
    pub scrub: ScrubConfig,
}

impl fmt::Debug for BackupConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BackupConfig").field("parallel", &self.parallel).finish_non_exhaustive()
    }
}

/// When runs begin by themselves; never, unless it says so.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Schedule {
    /// When an event is closed.
    pub on_close: bool,
    /// Every day at this time.
    pub daily: Option<Daily>,
    /// When nothing arrived and nothing was due for so long.
    pub when_idle: Option<Duration>,
}

/// A time of the day, by this computer's zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Daily(pub jiff::civil::Time);

/// How copies are read back in the background.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScrubConfig {
    /// A copy on a disk that was not read back for so long is due; none only when it is asked for.
    pub every: Option<Duration>,
    /// Bytes a second at one destination.
    pub bytes_per_second: u64,
}

impl Default for ScrubConfig {
    fn default() -> Self {
        // Slow enough that nobody who works on the same disk notices: 2.5 TB a month.
        Self { every: Some(Duration::from_secs(30 * 86_400)), bytes_per_second: 20_000_000 }
    }
}

/// Writes the list of an event's copies beside them, so that they can be proven without Kilat.
pub trait Sealer: Send + Sync {
    /// Writes a list that holds all `copies`, in the order in which their photos were filed. Blocks. Doing it again is
    /// harmless.
    ///
    /// # Errors
    /// What kept it from being written; older lists stand as they were.
    fn seal(
        &self,
        event: &Event,
        at: Millis,
        copies: &mut dyn Iterator<Item = Result<ProvenCopy, JournalError>>,
        store: &Arc<dyn ObjectStore>,
    ) -> Result<(), SealError>;

    /// Reads the lists of a folder back; answers what is wrong with them, in words that name the file. Blocks.
    ///
    /// # Errors
    /// When the destination cannot be read.
    fn check(&self, folder: &ObjectKey, store: &Arc<dyn ObjectStore>) -> Result<Vec<String>, SealError>;
}

/// Why a list could not be written.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The destination's fault.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The journal's.
    #[error("cannot {0}")]
    Journal(#[from] JournalError),
    /// The lists that stand there.
    #[error("{0}")]
    Other(String),
}
