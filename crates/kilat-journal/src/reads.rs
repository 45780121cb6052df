//! What the journal's handle answers from its current tables. Nothing here waits for the writer.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use kilat_core::{
    Arrival, ArrivalFailure, ArrivalId, ArrivalStatus, ContentHash, CopyState, Destination, DestinationId, Event,
    EventId, Millis, NoticeStanding, Offset, Photo, PhotoId, Settings, Source, SourceId, Stretch,
};

use crate::sqlite;
use crate::{AccessTables, CameraTally, Counts, Journal, JournalError, NoticeFilter, Problem, Snapshot};

impl Journal {
    /// The current tables at one offset.
    ///
    /// # Errors
    /// A read error.
    pub async fn snapshot(&self) -> Result<Snapshot, JournalError> {
        self.readers().ask(sqlite::snapshot)
    }

    /// All events, newest first; at most [`MAX_EVENTS`](crate::MAX_EVENTS).
    ///
    /// # Errors
    /// A read error.
    pub async fn events(&self) -> Result<Vec<Event>, JournalError> {
        self.readers().ask(sqlite::events)
    }

    /// One event.
    ///
    /// # Errors
    /// A read error.
    pub async fn event(&self, id: &EventId) -> Result<Option<Event>, JournalError> {
        self.readers().ask(|db| sqlite::event(db, id))
    }

    /// The event that new photos belong to.
    ///
    /// # Errors
    /// A read error.
    pub async fn active_event(&self) -> Result<Option<Event>, JournalError> {
        self.readers().ask(sqlite::active_event)
    }

    /// All sources, by id.
    ///
    /// # Errors
    /// A read error.
    pub async fn sources(&self) -> Result<Vec<Source>, JournalError> {
        self.readers().ask(sqlite::sources)
    }

    /// All destinations, by id.
    ///
    /// # Errors
    /// A read error.
    pub async fn destinations(&self) -> Result<Vec<Destination>, JournalError> {
        self.readers().ask(sqlite::destinations)
    }

    /// The folders on this machine in which copies can be read.
    ///
    /// # Errors
    /// A read error.
    pub async fn copy_folders(&self) -> Result<BTreeMap<DestinationId, PathBuf>, JournalError> {
        let folder = |place: Destination| place.folder().map(|folder| (place.id.clone(), folder.to_owned()));
        Ok(self.destinations().await?.into_iter().filter_map(folder).collect())
    }

    /// Sealed secrets, by what they are about.
    ///
    /// # Errors
    /// A read error.
    pub async fn secrets(&self) -> Result<BTreeMap<String, String>, JournalError> {
        self.readers().ask(sqlite::secrets)
    }

    /// What the operator set, or the defaults.
    ///
    /// # Errors
    /// A read error.
    pub async fn settings(&self) -> Result<Settings, JournalError> {
        self.readers().ask(sqlite::settings)
    }

    /// Whether the operator stopped copying.
    ///
    /// # Errors
    /// A read error.
    pub async fn is_paused(&self) -> Result<bool, JournalError> {
        self.readers().ask(sqlite::is_paused)
    }

    /// One photo.
    ///
    /// # Errors
    /// A read error.
    pub async fn photo(&self, id: &PhotoId) -> Result<Option<Photo>, JournalError> {
        self.readers().ask(|db| sqlite::photo(db, id))
    }

    /// The photo of `event` that has this content.
    ///
    /// # Errors
    /// A read error.
    pub async fn photo_with_hash(&self, event: &EventId, hash: &ContentHash) -> Result<Option<PhotoId>, JournalError> {
        self.readers().ask(|db| sqlite::photo_with_hash(db, event, hash))
    }

    /// Photos of `event`, newest first by capture time, after `before` in that order; at most
    /// `limit` and [`MAX_LIMIT`](crate::MAX_LIMIT). The next page starts before the last one.
    ///
    /// # Errors
    /// [`JournalError::Refused`] when `before` is unknown; a read error.
    pub async fn photos(
        &self,
        event: &EventId,
        before: Option<&PhotoId>,
        limit: usize,
    ) -> Result<Vec<Photo>, JournalError> {
        self.readers().ask(|db| sqlite::photos(db, event, before, limit))
    }

    /// The copies of a photo, by destination.
    ///
    /// # Errors
    /// [`JournalError::Refused`] when the photo is unknown; a read error.
    pub async fn copies_of(&self, photo: &PhotoId) -> Result<Vec<(DestinationId, CopyState)>, JournalError> {
        self.readers().ask(|db| sqlite::copies_of(db, photo))
    }

    /// The newest arrival at a path of a source.
    ///
    /// # Errors
    /// A read error.
    pub async fn arrival_at(
        &self,
        source: &SourceId,
        path: &Path,
    ) -> Result<Option<(Arrival, ArrivalStatus)>, JournalError> {
        self.arrival_at_blocking(source, path)
    }

    /// [`Journal::arrival_at`] for a thread that rescans a folder.
    ///
    /// # Errors
    /// A read error.
    pub fn arrival_at_blocking(
        &self,
        source: &SourceId,
        path: &Path,
    ) -> Result<Option<(Arrival, ArrivalStatus)>, JournalError> {
        self.readers().ask(|db| sqlite::arrival_at(db, source, path))
    }

    /// One arrival.
    ///
    /// # Errors
    /// A read error.
    pub async fn arrival(&self, id: &ArrivalId) -> Result<Option<Arrival>, JournalError> {
        self.readers().ask(|db| sqlite::arrival(db, id))
    }

    /// Arrivals that were seen and neither filed nor failed, oldest first: what a start goes on
    /// with. Bounded by what ingest lets wait.
    ///
    /// # Errors
    /// A read error.
    pub async fn unfinished_arrivals(&self) -> Result<Vec<Arrival>, JournalError> {
        self.readers().ask(sqlite::unfinished_arrivals)
    }

    /// Arrivals of a source that failed and still are a problem, newest first, at most
    /// [`MAX_LIMIT`](crate::MAX_LIMIT): for a thread that looks whether their files are still there.
    ///
    /// # Errors
    /// A read error.
    pub fn failed_arrivals_blocking(&self, source: &SourceId) -> Result<Vec<(Arrival, ArrivalFailure)>, JournalError> {
        self.readers().ask(|db| sqlite::failed_arrivals(db, source))
    }

    /// What went wrong and still stands, newest first; at most `limit` and
    /// [`MAX_LIMIT`](crate::MAX_LIMIT).
    ///
    /// # Errors
    /// A read error.
    pub async fn problems(&self, limit: usize) -> Result<Vec<Problem>, JournalError> {
        self.readers().ask(|db| sqlite::problems(db, limit))
    }

    /// Notices with the offsets that they were raised at, newest first, before an offset; at most `limit` and
    /// [`MAX_LIMIT`](crate::MAX_LIMIT). The newest [`MAX_NOTICES`](crate::MAX_NOTICES) are kept.
    ///
    /// # Errors
    /// A read error.
    pub async fn notices(
        &self,
        filter: NoticeFilter,
        before: Option<Offset>,
        limit: usize,
    ) -> Result<Vec<(Offset, NoticeStanding)>, JournalError> {
        self.readers().ask(|db| sqlite::notices(db, filter, before, limit))
    }

    /// One notice.
    ///
    /// # Errors
    /// A read error.
    pub async fn notice(&self, id: &str) -> Result<Option<NoticeStanding>, JournalError> {
        self.readers().ask(|db| sqlite::notice(db, id))
    }

    /// How many notices stand open.
    ///
    /// # Errors
    /// A read error.
    pub async fn open_notices(&self) -> Result<u64, JournalError> {
        self.readers().ask(sqlite::open_count)
    }

    /// How many notices, of those that are kept, were raised after an offset.
    ///
    /// # Errors
    /// A read error.
    pub async fn notices_since(&self, offset: Offset) -> Result<u64, JournalError> {
        self.readers().ask(|db| sqlite::notices_since(db, offset))
    }

    /// Notices into which losses were folded that viewers were not told of yet.
    ///
    /// # Errors
    /// A read error.
    pub async fn untold_notices(&self) -> Result<Vec<NoticeStanding>, JournalError> {
        self.readers().ask(sqlite::untold)
    }

    /// The notes whose names begin so, by the rest of their names.
    ///
    /// # Errors
    /// A read error.
    pub async fn notes(&self, beginning: &str) -> Result<Vec<(String, String)>, JournalError> {
        self.readers().ask(|db| sqlite::notes(db, beginning))
    }

    /// The machine's past of this time, oldest first; at most [`MAX_SAMPLES`](crate::MAX_SAMPLES). All of it
    /// takes some 30 ms: for a thread that may block.
    ///
    /// # Errors
    /// A read error.
    pub fn samples_blocking(&self, from: Millis, to: Millis) -> Result<Vec<Stretch>, JournalError> {
        self.readers().ask(|db| sqlite::samples(db, from, to))
    }

    /// Counts of one event, or of all. Kept with every fact, so the cost does not grow with photos.
    ///
    /// # Errors
    /// A read error.
    pub async fn counts(&self, event: Option<&EventId>) -> Result<Counts, JournalError> {
        self.readers().ask(|db| sqlite::counts(db, event))
    }

    /// Who may come in.
    /// # Errors
    /// A read error.
    pub async fn access_tables(&self) -> Result<AccessTables, JournalError> {
        self.readers().ask(sqlite::access_tables)
    }

    /// Cameras of an event, the last to deliver first; at most 256.
    ///
    /// # Errors
    /// A read error.
    pub async fn cameras(&self, event: &EventId) -> Result<Vec<CameraTally>, JournalError> {
        self.readers().ask(|db| sqlite::cameras(db, event))
    }
}
