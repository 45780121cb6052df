//! The latest states, built once for everyone who asks at the same moment.
//!
//! Ten thousand viewers that come back after a restart read the journal ten times a second, not ten
//! thousand times.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use kilat_core::{
    BackupId, BoardReader, CameraId, CameraReading, Coming, DestinationId, ImportProgress, Millis, PhotoId,
    RestoreProgress, RunProgress, Transfer, count_text, size_text,
};
use kilat_journal::JournalError;
use kilat_wire::{
    BackupRun, CameraStatus, Channel, Channels, DslrStatus, Now, RestoreRun, ServerMessage, SystemStatus,
};
use tokio::sync::Notify;

use crate::backups;
use crate::cameras::wire_status;
use crate::frame::{Frame, StateKey, state};
use crate::project::{CAMERA, camera_status, in_flight};
use crate::restores::timeless as timeless_restore;
use crate::system::system_status;
use crate::view::{Board, MAX_AGE_MS, Speed, View};

/// A state this young is good enough for a new viewer: whatever came since is on its way to it.
const YOUNG: Duration = Duration::from_millis(100);
/// Built anew after this long even when nothing changed, so that its age stays honest.
const OLD: Duration = Duration::from_secs(1);

/// The channels that show ingest as a whole, and each source.
const DSLR: [Channel; 2] = [Channel::Dslr, Channel::Camera];
pub(crate) const INGEST: Channels = Channels::of(&DSLR);
/// The channel that shows backups.
pub(crate) const BACKUP: Channels = Channels::of(&[Channel::Backup]);
/// The channel that shows the server.
pub(crate) const SYSTEM: Channels = Channels::of(&[Channel::System]);

/// All states of one moment.
#[derive(Debug)]
pub(crate) struct Current {
    pub(crate) now: Now,
    pub(crate) dslr: DslrStatus,
    pub(crate) backups: Vec<BackupRun>,
    /// The newest restore, and what is told of it.
    pub(crate) restore: Option<(RestoreRun, Arc<Frame>)>,
    /// Changes whenever the content does, not with the time.
    pub(crate) generation: u64,
    version: u64,
    board: u64,
    made: Duration,
    frames: Vec<Arc<Frame>>,
    /// One per source, with what it says.
    cameras: Vec<(CameraStatus, Arc<Frame>)>,
}

/// Builds and keeps the states.
pub(crate) struct States {
    pub(crate) view: View,
    board: BoardReader,
    speed: Mutex<Speed>,
    current: tokio::sync::Mutex<Option<Arc<Current>>>,
    /// Somebody was given a state that is behind the log: the next one must not wait for its turn.
    wanted: Notify,
}

impl States {
    pub(crate) fn new(view: View, board: BoardReader) -> Self {
        Self { view, board, speed: Mutex::default(), current: tokio::sync::Mutex::default(), wanted: Notify::new() }
    }

    /// Copies in flight.
    pub(crate) fn transfers(&self) -> BTreeMap<(PhotoId, DestinationId), Transfer> {
        self.board.transfers()
    }

    /// Backup runs that go.
    pub(crate) fn runs(&self) -> BTreeMap<BackupId, RunProgress> {
        self.board.runs()
    }

    /// The restore that goes.
    pub(crate) fn restore(&self) -> Option<RestoreProgress> {
        self.board.restore()
    }

    /// What comes from cameras, of what takes a while.
    pub(crate) fn coming(&self) -> BTreeMap<CameraId, Coming> {
        self.board.coming()
    }

    /// What cameras in touch told of themselves.
    pub(crate) fn readings(&self) -> BTreeMap<CameraId, (CameraReading, Millis)> {
        self.board.cameras()
    }

    /// Notes a stored copy for the speed.
    pub(crate) fn note_stored(&self, destination: DestinationId, bytes: u64) {
        let mut speed = self.speed.lock().unwrap_or_else(PoisonError::into_inner);
        speed.note(self.view.clock.monotonic(), destination, bytes);
    }

    /// Asks for a newer state than this one, if entries up to `told` are not in it.
    pub(crate) fn want_newer(&self, current: &Current, told: u64) {
        if current.version < told {
            self.wanted.notify_one();
        }
    }

    /// Waits until somebody needs a newer state. Cancel-safe.
    pub(crate) async fn wanted(&self) {
        self.wanted.notified().await;
    }

    /// At most [`YOUNG`] old.
    pub(crate) async fn recent(&self) -> Result<Arc<Current>, JournalError> {
        self.get(YOUNG).await
    }

    /// With everything that is committed.
    pub(crate) async fn exact(&self) -> Result<Arc<Current>, JournalError> {
        self.get(Duration::ZERO).await
    }

    async fn get(&self, young: Duration) -> Result<Arc<Current>, JournalError> {
        // Held while it is built: those who ask meanwhile share the result.
        let mut current = self.current.lock().await;
        let now = self.view.clock.monotonic();
        let (head, board) = (self.view.journal.head().0, self.board.version());
        if let Some(known) = current.as_ref() {
            let age = now.saturating_sub(known.made);
            let is_same = known.version == head && known.board == board && age < OLD;
            if is_same || age < young {
                return Ok(Arc::clone(known));
            }
        }
        let built = Arc::new(self.build(current.as_deref(), board, now).await?);
        *current = Some(Arc::clone(&built));
        Ok(built)
    }

    async fn build(&self, before: Option<&Current>, board: u64, made: Duration) -> Result<Current, JournalError> {
        let parts = Board {
            transfers: self.board.transfers(),
            spaces: self.board.spaces(),
            runs: self.board.runs(),
            restore: self.board.restore(),
        };
        let speeds = {
            let mut speed = self.speed.lock().unwrap_or_else(PoisonError::into_inner);
            speed.by_destination(made)
        };
        let built = self.view.states(&parts, &speeds).await?;
        let (epoch, at) = (self.view.journal.epoch(), self.view.clock.now());
        let own = |key, message, channels: &[Channel]| {
            Arc::new(state((key, built.version), message, channels, (epoch, at, MAX_AGE_MS)))
        };
        let frames = vec![
            own(StateKey::Dslr, ServerMessage::DslrStatus(built.dslr.clone()), &DSLR),
            own(StateKey::Now, ServerMessage::Now(Box::new(built.now.clone())), &[Channel::Dslr]),
            own(StateKey::Backups, ServerMessage::BackupStatus(built.backups.clone()), &[Channel::Backup]),
        ];
        let restore = built.restore.map(|restore| {
            let frame = own(StateKey::Restore, ServerMessage::RestoreStatus(restore.clone()), &[Channel::Backup]);
            (restore, frame)
        });
        let cameras = built.now.sources.iter().map(|source| {
            let status = camera_status(source.path.clone(), source.reason.as_deref());
            let key = StateKey::Camera(source.id.as_str().into());
            (status.clone(), own(key, ServerMessage::CameraStatus(status), &CAMERA))
        });
        let imports = self.board.imports();
        let known = built.known.iter().filter_map(|known| {
            let mut status = wire_status(known)?;
            if let Some(progress) = imports.get(&known.camera.id) {
                status.message = reading_words(progress);
            }
            let key = StateKey::Camera(format!("camera {}", known.camera.id).into());
            Some((status.clone(), own(key, ServerMessage::CameraStatus(status), &CAMERA)))
        });
        let cameras = cameras.chain(known).collect();
        let is_same = before.is_some_and(|before| {
            timeless(&before.now) == timeless(&built.now)
                && before.dslr.upload_speed == built.dslr.upload_speed
                && backups::still(&before.backups) == backups::still(&built.backups)
                && before.restored() == restore.as_ref().map(|(restore, _)| timeless_restore(restore))
        });
        let generation = before.map_or(0, |before| before.generation + u64::from(!is_same));
        let (now, dslr, backups, version) = (built.now, built.dslr, built.backups, built.version);
        Ok(Current { now, dslr, backups, restore, generation, version, board, made, frames, cameras })
    }

    /// The states of these channels, and the copies in flight.
    pub(crate) fn frames(&self, current: &Current, channels: Channels, viewers: usize) -> Vec<Arc<Frame>> {
        let (epoch, at) = (self.view.journal.epoch(), self.view.clock.now());
        let cameras = current.cameras.iter().map(|(_, frame)| frame);
        let own = current.frames.iter().chain(cameras).filter(|frame| frame.channels.meets(channels));
        let mut frames: Vec<Arc<Frame>> = own.cloned().collect();
        if channels.has(Channel::Upload) {
            let stamp = (epoch, self.view.journal.head().0, at);
            let flying = self.board.transfers();
            frames.extend(flying.iter().map(|((p, d), transfer)| Arc::new(in_flight((p, d), transfer, stamp))));
        }
        if channels.has(Channel::Backup) {
            frames.extend(self.progress(current, |run| run.end_time.is_none()));
            frames.extend(current.restore.iter().map(|(_, frame)| Arc::clone(frame)));
        }
        if channels.has(Channel::System) {
            frames.push(self.system(current, viewers));
        }
        frames
    }

    /// How these of the runs go.
    pub(crate) fn progress(&self, current: &Current, is_wanted: impl Fn(&BackupRun) -> bool) -> Vec<Arc<Frame>> {
        let stamp = (self.view.journal.epoch(), self.view.journal.head().0, self.view.clock.now());
        let wanted = current.backups.iter().filter(|run| is_wanted(run));
        wanted.map(|run| Arc::new(backups::progress(run, stamp))).collect()
    }

    /// How the server is, whoever looks: viewers that come and go are no news.
    pub(crate) fn health(&self, current: &Current) -> SystemStatus {
        system_status(&current.now, self.board.told_machine().as_deref(), 0)
    }

    /// The server's own state, which counts the viewers of this moment.
    pub(crate) fn system(&self, current: &Current, viewers: usize) -> Arc<Frame> {
        let (epoch, at) = (self.view.journal.epoch(), self.view.clock.now());
        let message =
            ServerMessage::SystemStatus(system_status(&current.now, self.board.told_machine().as_deref(), viewers));
        let key = (StateKey::System, current.version);
        Arc::new(state(key, message, &[Channel::System], (epoch, at, MAX_AGE_MS)))
    }
}

/// How far a card that is being read is.
fn reading_words(progress: &ImportProgress) -> String {
    let ImportProgress { done_files, total_files, done_bytes, total_bytes, name } = progress;
    let (done, total) = (size_text(*done_bytes), size_text(*total_bytes));
    format!("reading {name}: {done_files} of {}, {done} of {total}", count_text(*total_files, "frame"))
}

impl Current {
    /// The frames that everyone subscribed to ingest gets.
    pub(crate) fn ingest(&self) -> impl Iterator<Item = &Arc<Frame>> {
        self.frames.iter().filter(|frame| frame.channels.meets(INGEST))
    }

    /// The frame that everyone subscribed to backups gets.
    pub(crate) fn backups(&self) -> impl Iterator<Item = &Arc<Frame>> {
        self.frames.iter().filter(|frame| frame.channels.meets(BACKUP))
    }

    /// What the newest restore says, to tell whether it is news.
    pub(crate) fn restored(&self) -> Option<RestoreRun> {
        self.restore.as_ref().map(|(restore, _)| timeless_restore(restore))
    }

    /// The sources' frames for the same people.
    pub(crate) fn cameras(&self) -> impl Iterator<Item = &Arc<Frame>> {
        self.cameras.iter().map(|(_, frame)| frame)
    }

    /// What those say, to tell whether it is news.
    pub(crate) fn sources(&self) -> Vec<CameraStatus> {
        self.cameras.iter().map(|(status, _)| status.clone()).collect()
    }
}

/// What it shows, without the time at which it was built.
fn timeless(now: &Now) -> Now {
    Now { server_time: String::new(), as_of: String::new(), ..now.clone() }
}
