//! Reads an announced file once: its hashes, its metadata; then files it.
//!
//! Invariant: an arrival ends as a photo, as one held already, or as a failure with its reason;
//! while its source is offline, or the journal cannot write, it waits. A file that changes while
//! it is read is read again, so that a hash never belongs to a mixture.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use kilat_core::{Arrival, ArrivalFailure, Event, Fact, PhotoKind, Stop};
use kilat_journal::{Due, Filed, Filing, Journal, JournalError};
use kilat_media::metadata::{self, Metadata};
use kilat_media::structure::{Completeness, completeness};

use super::{file_name, place};
use crate::backlog::{Aged, Backlog};
use crate::hot_folder::{open_photo, stamp_of};
use crate::stats::{IngestStats, count};

/// Attempts at a file that cannot be read or does not hold still.
const ATTEMPTS: u32 = 5;
/// Before the second attempt; doubled before each further one: 7.5 s in all.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// How often a missing source, or a journal that cannot write, is asked again.
const ASK_AGAIN: Duration = Duration::from_secs(1);

/// An announced file.
#[derive(Debug, Clone)]
pub(crate) struct Reading {
    pub(crate) arrival: Arrival,
    pub(crate) root: Arc<Path>,
    pub(crate) kind: PhotoKind,
}

impl Aged for Reading {
    fn mtime_ns(&self) -> i64 {
        self.arrival.stamp.mtime_ns
    }
}

/// What reading needs.
#[derive(Debug, Clone)]
pub(crate) struct Read {
    pub(crate) journal: Journal,
    pub(crate) stats: Arc<IngestStats>,
    pub(crate) to_read: Arc<Backlog<Reading>>,
    pub(crate) due_kinds: Arc<[PhotoKind]>,
}

/// Reads one file after the other until asked to stop; what is under way then is read again after the next start.
///
/// # Errors
/// When the journal refuses a filing, which no retry mends.
pub(crate) async fn read(read: Read, stop: Stop) -> Result<(), JournalError> {
    loop {
        let next = async {
            for reading in read.to_read.take(1).await {
                read.one(&reading).await?;
            }
            Ok::<(), JournalError>(())
        };
        tokio::select! {
            biased;
            () = stop.asked() => return Ok(()),
            done = next => done?,
        }
    }
}

/// What reading a file gave.
pub(crate) struct Content {
    pub(crate) hashed: kilat_objects::Hashed,
    pub(crate) about: Metadata,
    pub(crate) folder: Vec<String>,
}

/// What the journal is asked to file. `name` is the file's for people.
pub(crate) fn filing(reading: &Reading, content: Content, name: &str, event: &Event, due: &[PhotoKind]) -> Filing {
    filing_in(reading, content, name, place::event_folder(event), due)
}

fn filing_in(reading: &Reading, content: Content, name: &str, event_folder: String, due_kinds: &[PhotoKind]) -> Filing {
    let arrival = &reading.arrival;
    Filing {
        arrival: arrival.id.clone(),
        event: arrival.event.clone(),
        hash: content.hashed.content,
        proof: content.hashed.proof,
        size_bytes: content.hashed.size_bytes,
        kind: reading.kind,
        name: name.to_owned(),
        camera: content.about.camera(),
        taken: content.about.taken,
        orientation: content.about.orientation.unwrap_or(1),
        pixels: content.about.pixels,
        source: arrival.source.clone(),
        path: arrival.path.clone(),
        event_folder,
        folder: content.folder,
        due: if due_kinds.contains(&reading.kind) { Due::Uploads } else { Due::Nowhere },
    }
}

/// Why a file was not read.
enum Fault {
    Gone,
    /// It changes, or parts are missing now.
    Moving(&'static str),
    Io(io::Error),
}

impl Read {
    async fn one(&self, reading: &Reading) -> Result<(), JournalError> {
        let mut pause = FIRST_PAUSE;
        for attempt in 1.. {
            let fault = match self.content(reading).await {
                Ok(content) => return self.file(reading, content).await,
                Err(fault) => fault,
            };
            if reading.root.read_dir().is_err() || (matches!(fault, Fault::Gone) && is_empty(&reading.root)) {
                // The whole source is away: that says nothing about this file.
                self.put_back(reading).await;
                return Ok(());
            }
            // It may have come back with its source between the two looks.
            let is_gone =
                matches!(fault, Fault::Gone) && reading.root.join(&reading.arrival.path).symlink_metadata().is_err();
            if attempt == ATTEMPTS || is_gone {
                return self.fail(reading, fault).await;
            }
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
        Ok(())
    }

    /// Waits a little and queues it again, behind what can be read.
    async fn put_back(&self, reading: &Reading) {
        tokio::time::sleep(ASK_AGAIN).await;
        if self.to_read.push(reading.clone()).is_err() {
            tracing::warn!("the reading queue is full; a file is read after the next start");
        }
    }

    async fn content(&self, reading: &Reading) -> Result<Content, Fault> {
        let (path, kind) = (reading.root.join(&reading.arrival.path), reading.kind);
        // Hashing is work for a processor; the runtime's own threads serve viewers.
        match tokio::task::spawn_blocking(move || content(&path, kind)).await {
            Ok(answer) => answer,
            Err(panic) => Err(Fault::Io(io::Error::other(panic))),
        }
    }

    async fn file(&self, reading: &Reading, content: Content) -> Result<(), JournalError> {
        let arrival = &reading.arrival;
        let name = file_name(&arrival.path);
        let event_folder = loop {
            match self.journal.event(&arrival.event).await {
                Ok(Some(event)) => break place::event_folder(&event),
                Ok(None) => break arrival.event.to_string(),
                Err(error) => self.wait_for_journal(&error).await,
            }
        };
        let filing = filing_in(reading, content, &name, event_folder, &self.due_kinds);
        loop {
            match self.journal.file(filing.clone()).await {
                Ok(Filed::New(_)) => count(&self.stats.filed),
                Ok(Filed::Again(_)) => count(&self.stats.again),
                Err(error @ JournalError::Refused(_)) => return Err(error),
                Err(error) => {
                    self.wait_for_journal(&error).await;
                    continue;
                }
            }
            return Ok(());
        }
    }

    async fn fail(&self, reading: &Reading, fault: Fault) -> Result<(), JournalError> {
        let name = file_name(&reading.arrival.path);
        let (failure, message) = match fault {
            Fault::Gone => (
                ArrivalFailure::Vanished,
                format!(
                    "{name} was gone before Kilat could read it; if nobody deleted it, copy it into the folder again"
                ),
            ),
            Fault::Moving(lacks) => (
                ArrivalFailure::Incomplete,
                format!("{name} does not hold still, and lacks {lacks}; Kilat reads it when its writer is done"),
            ),
            Fault::Io(error) => (
                ArrivalFailure::Unreadable,
                format!("{name} cannot be read ({error}); give Kilat's user read access, or copy the file again"),
            ),
        };
        tracing::warn!(path = %reading.arrival.path.display(), ?failure, message, "a file was not filed");
        let fact = Fact::ArrivalFailed { arrival: reading.arrival.id.clone(), failure, message };
        loop {
            match self.journal.append(vec![fact.clone()]).await {
                Ok(_) => break,
                Err(error @ JournalError::Refused(_)) => return Err(error),
                Err(error) => self.wait_for_journal(&error).await,
            }
        }
        count(&self.stats.failed);
        Ok(())
    }

    async fn wait_for_journal(&self, error: &JournalError) {
        tracing::warn!(%error, "filing waits for the journal");
        tokio::time::sleep(ASK_AGAIN).await;
    }
}

/// A mount point without its disk is empty; so is a folder that somebody emptied, which can wait too.
fn is_empty(root: &Path) -> bool {
    root.read_dir().is_ok_and(|mut entries| entries.next().is_none())
}

fn content(path: &Path, kind: PhotoKind) -> Result<Content, Fault> {
    let file = open_photo(path)?;
    let before = file.metadata()?;
    match completeness(&file, before.len(), kind, path)? {
        Completeness::Whole | Completeness::Unknown => {}
        Completeness::CutOff(lacks) => return Err(Fault::Moving(lacks)),
    }
    let hashed = kilat_objects::hash_file(&file)?;
    let about = place::beside(path, kind, metadata::read(&file, before.len()));
    let folder = place::folders(&about, &before);
    let after = file.metadata()?;
    if stamp_of(&before) != stamp_of(&after) || hashed.size_bytes != before.len() {
        return Err(Fault::Moving("a moment of rest"));
    }
    Ok(Content { hashed, about, folder })
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        #[expect(clippy::wildcard_enum_match_arm, reason = "the standard library's list is open")]
        match error.kind() {
            io::ErrorKind::NotFound => Self::Gone,
            io::ErrorKind::UnexpectedEof => Self::Moving("its end"),
            _ => Self::Io(error),
        }
    }
}
