//! What the journal answers about backups: runs, copies page by page, scrubs. Nothing here waits for the writer.

use std::collections::BTreeMap;

use kilat_core::{
    BackupCopy, BackupId, BackupRun, BackupTotals, DestinationId, EventId, Millis, ObjectKey, Offset, Photo, PhotoId,
    RunOutcome, RunStep,
};
use tokio::sync::oneshot;

use crate::sqlite::{self, Command};
use crate::{Journal, JournalError};

/// A backup run, as its facts left it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupState {
    /// What was asked for.
    pub run: BackupRun,
    /// When.
    pub asked_at: Millis,
    /// How far it has come.
    pub step: RunStep,
    /// Whether an operator stopped it for now.
    pub is_paused: bool,
    /// Whether an operator ended it, and it has not heard of it yet.
    pub is_cancelling: bool,
    /// Why it cannot go on by itself; none while it can.
    pub waits: Option<String>,
    /// What it found when it compared; none before that.
    pub totals: Option<BackupTotals>,
    /// Photos that it copied, or found there by their bytes.
    pub stored: u64,
    /// Their bytes.
    pub stored_bytes: u64,
    /// Copies that it read back, of a run that does that.
    pub proven: u64,
    /// Photos that it gave up, or copies that it found missing or damaged.
    pub failed: u64,
    /// When and how it ended.
    pub ended: Option<(Millis, RunOutcome)>,
}

/// All runs in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BackupTally {
    /// All that are on record.
    pub total: u64,
    /// That have not ended.
    pub going: u64,
    /// That ended well.
    pub completed: u64,
    /// That failed or were cancelled.
    pub failed: u64,
    /// Photos that they copied.
    pub photos_stored: u64,
    /// Photos that they gave up.
    pub photos_failed: u64,
}

/// A photo that a run gave up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunFailure {
    /// Which.
    pub photo: PhotoId,
    /// Its name, for people.
    pub name: String,
    /// What happened and what to do.
    pub message: String,
}

/// A photo of an event, and where its copy stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its place in the order of filing: the next page begins after it.
    pub no: i64,
    /// Which.
    pub photo: PhotoId,
    /// Its length.
    pub size_bytes: u64,
    /// Where a copy would stand.
    pub key: ObjectKey,
    /// Where a proven one stands.
    pub stored: Option<ObjectKey>,
}

/// A photo to work on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Work {
    /// Its place in the order of filing: the next page begins after it.
    pub no: i64,
    /// Which.
    pub photo: Photo,
}

/// A proven copy of a backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvenCopy {
    /// Its photo's place in the order of filing: the next page begins after it.
    pub no: i64,
    /// Of which photo; `key` is where the copy stands.
    pub photo: Photo,
    /// When it was read back last.
    pub proven_at: Millis,
    /// Whether the newest list of the event's copies there holds it.
    pub is_sealed: bool,
}

/// A copy to read back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// Of which photo.
    pub photo: Photo,
    /// Where it stands.
    pub key: ObjectKey,
}

/// How the newest scrub of a destination went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScrubState {
    /// Which.
    pub destination: DestinationId,
    /// Whether it was asked for and has not begun since.
    pub is_due: bool,
    /// When it began; none before the first one.
    pub began_at: Option<Millis>,
    /// When it ended; none while it goes.
    pub ended_at: Option<Millis>,
    /// Copies that are what they were.
    pub sound: u64,
    /// Copies that are gone.
    pub missing: u64,
    /// Copies that are damaged.
    pub damaged: u64,
    /// Of those of backups, how many have a good copy again.
    pub mended: u64,
    /// What is wrong with the lists of copies there, in words.
    pub flaws: Vec<String>,
}

/// A place where an event is backed up to.
pub(crate) type Pair<'a> = (&'a EventId, &'a DestinationId);

impl Journal {
    /// One run.
    ///
    /// # Errors
    /// A read error, as for every read here.
    pub async fn backup(&self, id: &BackupId) -> Result<Option<BackupState>, JournalError> {
        self.readers().ask(|db| sqlite::backup(db, id))
    }

    /// Runs of one event or of all, those that go first, then the newest.
    ///
    /// # Errors
    /// A read error.
    pub async fn backups(&self, event: Option<&EventId>, limit: usize) -> Result<Vec<BackupState>, JournalError> {
        self.readers().ask(|db| sqlite::backups(db, event, limit))
    }

    /// Runs that have not ended, in the order in which they were asked for.
    ///
    /// # Errors
    /// A read error.
    pub async fn backups_going(&self) -> Result<Vec<BackupState>, JournalError> {
        self.readers().ask(sqlite::backups_going)
    }

    /// All runs in numbers.
    ///
    /// # Errors
    /// A read error.
    pub async fn backup_tally(&self) -> Result<BackupTally, JournalError> {
        let [total, going, completed, failed, photos_stored, photos_failed] =
            self.readers().ask(sqlite::backup_tally)?;
        Ok(BackupTally { total, going, completed, failed, photos_stored, photos_failed })
    }

    /// What a run gave up, by the order of filing.
    ///
    /// # Errors
    /// A read error.
    pub async fn backup_failures(&self, id: &BackupId, limit: usize) -> Result<Vec<RunFailure>, JournalError> {
        self.readers().ask(|db| sqlite::backup_failures(db, id, limit))
    }

    /// The folders in which an event's copies stand at every destination.
    ///
    /// # Errors
    /// A read error.
    pub async fn event_folders(&self, event: &EventId) -> Result<Vec<ObjectKey>, JournalError> {
        self.readers().ask(|db| sqlite::event_folders(db, event))
    }

    /// The folders at a destination that have a list of an event's copies, by event.
    ///
    /// # Errors
    /// A read error.
    pub async fn listed_folders(&self, destination: &DestinationId) -> Result<Vec<(EventId, ObjectKey)>, JournalError> {
        self.readers().ask(|db| sqlite::listed_folders(db, destination))
    }

    /// A page of an event's photos after `after`, with where their copies stand at a destination.
    ///
    /// # Errors
    /// A read error.
    pub async fn backup_listing(&self, of: Pair<'_>, after: i64) -> Result<Vec<Listed>, JournalError> {
        self.readers().ask(|db| sqlite::backup_listing(db, of, after))
    }

    /// A page of the photos after `after` and up to `last` that have no proven copy at a destination.
    ///
    /// # Errors
    /// A read error.
    pub async fn backup_work(
        &self,
        of: Pair<'_>,
        (after, last): (i64, i64),
        limit: usize,
    ) -> Result<Vec<Work>, JournalError> {
        self.readers().ask(|db| sqlite::backup_work(db, of, (after, last), limit))
    }

    /// A page of an event's proven copies at a destination, after `after` in the order of filing. For threads.
    ///
    /// # Errors
    /// A read error.
    pub fn proven_copies_blocking(
        &self,
        of: Pair<'_>,
        after: i64,
        limit: usize,
    ) -> Result<Vec<ProvenCopy>, JournalError> {
        self.readers().ask(|db| sqlite::proven_copies(db, of, after, limit))
    }

    /// A page of the photos after `after` that have a proven copy at a destination, of a backup or an upload; `key` is
    /// where it stands.
    ///
    /// # Errors
    /// A read error.
    pub async fn copies_to_read(&self, of: Pair<'_>, after: i64, limit: usize) -> Result<Vec<Work>, JournalError> {
        self.readers().ask(|db| sqlite::copies_to_read(db, of, after, limit))
    }

    /// The place of the photo that was filed last for an event; 0 when it has none.
    ///
    /// # Errors
    /// A read error.
    pub async fn last_photo_no(&self, event: &EventId) -> Result<i64, JournalError> {
        self.readers().ask(|db| sqlite::last_photo_no(db, event))
    }

    /// The backup copies of a photo, by destination.
    ///
    /// # Errors
    /// A read error.
    pub async fn backup_copies_of(&self, photo: &PhotoId) -> Result<Vec<(DestinationId, BackupCopy)>, JournalError> {
        self.readers().ask(|db| sqlite::backup_copies_of(db, photo))
    }

    /// Whether copies were recorded since the list of them was written last.
    ///
    /// # Errors
    /// A read error.
    pub async fn needs_seal(&self, (event, destination): Pair<'_>) -> Result<bool, JournalError> {
        self.readers().ask(|db| sqlite::needs_seal(db, event, destination))
    }

    /// Events with photos that have no proven copy at a destination, oldest first.
    ///
    /// # Errors
    /// A read error.
    pub async fn events_to_back_up(
        &self,
        destination: &DestinationId,
        limit: usize,
    ) -> Result<Vec<EventId>, JournalError> {
        self.readers().ask(|db| sqlite::events_to_back_up(db, destination, limit))
    }

    /// Copies at a destination that were read back longest ago: before `old` and up to `head`, where a scrub began, or
    /// before one was asked for. The wall clock may go back in a scrub; the log never does.
    ///
    /// # Errors
    /// A read error.
    pub async fn scrub_due(
        &self,
        destination: &DestinationId,
        (old, head): (Millis, Offset),
        limit: usize,
    ) -> Result<Vec<Check>, JournalError> {
        self.readers().ask(|db| sqlite::scrub_due(db, destination, (old, head), limit))
    }

    /// How the newest scrub of each destination went.
    ///
    /// # Errors
    /// A read error.
    pub async fn scrubs(&self) -> Result<Vec<ScrubState>, JournalError> {
        self.readers().ask(sqlite::scrubs)
    }

    /// Photos whose backup copy at a destination was found missing or damaged, and that have no good one there yet.
    ///
    /// # Errors
    /// A read error.
    pub async fn to_mend(&self, destination: &DestinationId, limit: usize) -> Result<Vec<Work>, JournalError> {
        self.readers().ask(|db| sqlite::to_mend(db, destination, limit))
    }

    /// The disks that destinations lie on, as far as they were seen.
    ///
    /// # Errors
    /// A read error.
    pub async fn volumes(&self) -> Result<BTreeMap<DestinationId, String>, JournalError> {
        self.readers().ask(sqlite::volumes)
    }

    /// How many photos of an event have proven copies, of uploads and backups, at which destinations in use.
    ///
    /// # Errors
    /// A read error.
    pub async fn copy_sets(&self, event: &EventId) -> Result<Vec<(Vec<DestinationId>, u64)>, JournalError> {
        self.readers().ask(|db| sqlite::copy_sets(db, event))
    }

    /// Photos of an event whose proven copies are at exactly these destinations, with their names.
    ///
    /// # Errors
    /// A read error.
    pub async fn photos_in_set(
        &self,
        event: &EventId,
        places: &[DestinationId],
        limit: usize,
    ) -> Result<Vec<(PhotoId, String)>, JournalError> {
        self.readers().ask(|db| sqlite::photos_in_set(db, event, places, limit))
    }

    /// Arrivals of an event that are no photo yet, or could not become one.
    ///
    /// # Errors
    /// A read error.
    pub async fn unfiled(&self, event: &EventId) -> Result<u64, JournalError> {
        self.readers().ask(|db| sqlite::unfiled(db, event))
    }

    /// What an interrupted backup copy kept last.
    ///
    /// # Errors
    /// A read error.
    pub async fn part(&self, destination: &DestinationId, photo: &PhotoId) -> Result<Option<String>, JournalError> {
        self.readers().ask(|db| sqlite::part(db, destination, photo))
    }

    /// Keeps what a backup copy needs to go on after a crash, in the place of what it kept before. For the thread that
    /// makes the copy: it waits for the disk. Not in the log: lost, the copy begins anew.
    ///
    /// # Errors
    /// The disk's errors.
    pub fn keep_part_blocking(
        &self,
        destination: &DestinationId,
        photo: &PhotoId,
        resume: &str,
    ) -> Result<(), JournalError> {
        let Some(commands) = self.commands() else { return Err(JournalError::Closed) };
        let (reply, answer) = oneshot::channel();
        let (photo, destination, resume) = (photo.clone(), destination.clone(), resume.to_owned());
        let sent = commands.blocking_send(Command::KeepPart { photo, destination, resume, reply });
        if sent.is_err() {
            return Err(JournalError::Closed);
        }
        answer.blocking_recv().unwrap_or(Err(JournalError::Closed))
    }
}
