//! What ingest is told: which folders, and what becomes of what is found there.

use std::path::PathBuf;

use kilat_core::{PhotoKind, SourceId};

use crate::receive::Intake;

/// Everything ingest is told.
#[derive(Debug, Clone)]
pub struct IngestConfig {
    /// The folders.
    pub sources: Vec<HotFolderConfig>,
    /// Kinds that are copied to every upload destination; others are filed only.
    pub due_kinds: Vec<PhotoKind>,
    /// Larger files are reported and not filed.
    pub max_size_bytes: u64,
    /// Files that are hashed at the same time.
    pub readers: usize,
    /// What Kilat receives or fetches itself, where it does.
    pub intake: Option<Intake>,
}

impl Default for IngestConfig {
    fn default() -> Self {
        Self {
            sources: Vec::new(),
            due_kinds: Vec::new(),
            max_size_bytes: u64::MAX,
            // Two keep a disk busy; more only share its bandwidth and delay the newest.
            readers: 2,
            intake: None,
        }
    }
}

/// One hot folder.
#[derive(Debug, Clone)]
pub struct HotFolderConfig {
    /// Its id in the journal.
    pub source: SourceId,
    /// The folder.
    pub root: PathBuf,
    /// How changes are noticed.
    pub poll: Poll,
}

/// How changes in a hot folder are noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Poll {
    /// By events where the file system gives them, by looking where it does not.
    Auto,
    /// By looking.
    Always,
    /// By events, whatever the file system says of itself.
    Never,
}
