//! A look into a journal that another process may be writing: nothing is changed, and nobody waits.

use std::collections::BTreeMap;
use std::path::Path;

use kilat_core::{Destination, Event, EventId, ObjectKey};

use crate::backups::Pair;
use crate::sqlite::{self, Readers};
use crate::{JournalError, Work};

/// The journal of a Kilat that may run.
#[derive(Debug)]
pub struct Glance(Readers);

impl Glance {
    /// # Errors
    /// When there is none, or it cannot be read.
    pub fn open(path: &Path) -> Result<Self, JournalError> {
        Readers::open(path).map(Self)
    }

    /// All events, newest first.
    ///
    /// # Errors
    /// A read error.
    pub fn events(&self) -> Result<Vec<Event>, JournalError> {
        self.0.ask(sqlite::events)
    }

    /// All destinations, by id.
    ///
    /// # Errors
    /// A read error.
    pub fn destinations(&self) -> Result<Vec<Destination>, JournalError> {
        self.0.ask(sqlite::destinations)
    }

    /// Sealed secrets, by what they are about.
    ///
    /// # Errors
    /// A read error.
    pub fn secrets(&self) -> Result<BTreeMap<String, String>, JournalError> {
        self.0.ask(sqlite::secrets)
    }

    /// The folders that an event's photos stand in, at every destination.
    ///
    /// # Errors
    /// A read error.
    pub fn event_folders(&self, event: &EventId) -> Result<Vec<ObjectKey>, JournalError> {
        self.0.ask(|db| sqlite::event_folders(db, event))
    }

    /// A page of the photos after `after` that have a proven copy at a destination; `key` is where it stands.
    ///
    /// # Errors
    /// A read error.
    pub fn copies(&self, of: Pair<'_>, after: i64, limit: usize) -> Result<Vec<Work>, JournalError> {
        self.0.ask(|db| sqlite::copies_to_read(db, of, after, limit))
    }
}
