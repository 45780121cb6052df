//! Latest values that may be lost: bytes of copies in flight, free space of destinations, how fast backups and
//! a restore go, how cards are read, the machine, what cameras tell of themselves, what comes from them.
//!
//! Bounded by the number of copies and backup runs that go at once (of restores one), of destinations, of tethered cameras,
//! of cards that are in, and of samples kept. Nothing here is needed after a restart.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use crate::machine::Panel;
use crate::{BackupId, CameraId, CameraReading, DestinationId, Machine, Millis, PhotoId, RestoreProgress, Sample};

/// A copy in flight.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfer {
    /// The photo's name, for people.
    pub name: String,
    /// Bytes written so far.
    pub sent_bytes: u64,
    /// Bytes to write.
    pub total_bytes: u64,
    /// When it began, by the monotonic clock.
    pub began: Duration,
}

/// Room at a destination, as last measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Space {
    /// Bytes that Kilat may still write.
    pub free_bytes: u64,
    /// Bytes in all.
    pub total_bytes: u64,
    /// When it was measured.
    pub at: Millis,
}

/// A file that a backup run works on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunFile {
    /// The photo's name, for people.
    pub name: String,
    /// Bytes done so far.
    pub done_bytes: u64,
    /// Bytes in all.
    pub total_bytes: u64,
}

/// How a backup run goes, as measured.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RunProgress {
    /// Bytes of whole copies and of those in flight, with what stood there already.
    pub processed_bytes: u64,
    /// Bytes a second over the last seconds; none before that is known.
    pub bytes_per_second: Option<u64>,
    /// How long the rest takes at that speed; none when nobody can tell.
    pub eta: Option<Duration>,
    /// What it works on.
    pub files: Vec<RunFile>,
}

/// How reading a card goes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ImportProgress {
    /// Files read, and looked at in vain.
    pub done_files: u64,
    /// Files to read.
    pub total_files: u64,
    /// Bytes read.
    pub done_bytes: u64,
    /// Bytes to read.
    pub total_bytes: u64,
    /// What is read now, for people.
    pub name: String,
}

/// A file on its way from a camera.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coming {
    /// Its name, for people.
    pub name: String,
    /// Bytes that came.
    pub done_bytes: u64,
    /// Bytes in all, as the camera tells.
    pub total_bytes: u64,
    /// The small picture that came before it, a JPEG of the camera's own making.
    pub picture: Option<Arc<[u8]>>,
}

type Transfers = BTreeMap<(PhotoId, DestinationId), Transfer>;

#[derive(Debug)]
struct Shared {
    transfers: Mutex<Transfers>,
    spaces: Mutex<BTreeMap<DestinationId, Space>>,
    machine: Mutex<Panel>,
    runs: Mutex<BTreeMap<BackupId, RunProgress>>,
    restore: Mutex<Option<RestoreProgress>>,
    imports: Mutex<BTreeMap<CameraId, ImportProgress>>,
    cameras: Mutex<BTreeMap<CameraId, (CameraReading, Millis)>>,
    coming: Mutex<BTreeMap<CameraId, Coming>>,
    version: watch::Sender<u64>,
}

/// The writing side.
#[derive(Debug, Clone)]
pub struct Board(Arc<Shared>);

/// The reading side.
#[derive(Debug)]
pub struct BoardReader {
    shared: Arc<Shared>,
    version: watch::Receiver<u64>,
}

impl Board {
    /// An empty board.
    #[must_use]
    pub fn new() -> Self {
        Self(Arc::new(Shared {
            transfers: Mutex::default(),
            spaces: Mutex::default(),
            machine: Mutex::default(),
            runs: Mutex::default(),
            restore: Mutex::default(),
            imports: Mutex::default(),
            cameras: Mutex::default(),
            coming: Mutex::default(),
            version: watch::Sender::new(0),
        }))
    }

    /// Puts or replaces a copy in flight.
    pub fn set(&self, photo: PhotoId, destination: DestinationId, transfer: Transfer) {
        lock(&self.0).insert((photo, destination), transfer);
        self.0.version.send_modify(|version| *version += 1);
    }

    /// Records the bytes written so far of a copy in flight.
    pub fn advance(&self, photo: &PhotoId, destination: &DestinationId, sent_bytes: u64) {
        if let Some(transfer) = lock(&self.0).get_mut(&(photo.clone(), destination.clone())) {
            transfer.sent_bytes = sent_bytes;
        }
        self.0.version.send_modify(|version| *version += 1);
    }

    /// Removes a copy that ended.
    pub fn clear(&self, photo: &PhotoId, destination: &DestinationId) {
        lock(&self.0).remove(&(photo.clone(), destination.clone()));
        self.0.version.send_modify(|version| *version += 1);
    }

    /// Records the room at a destination; none when it cannot be measured.
    pub fn set_space(&self, destination: DestinationId, space: Option<Space>) {
        let mut spaces = self.0.spaces.lock().unwrap_or_else(PoisonError::into_inner);
        match space {
            Some(space) => spaces.insert(destination, space),
            None => spaces.remove(&destination),
        };
        drop(spaces);
        self.0.version.send_modify(|version| *version += 1);
    }

    /// Records what was measured of the machine, and what joins its recent past. No change that readers are
    /// woken for: it happens each second.
    pub fn set_machine(&self, machine: Arc<Machine>, sample: Sample) {
        let mut panel = panel(&self.0);
        panel.latest = Some(machine);
        panel.note(sample);
    }

    /// Records what viewers shall be told of the machine, and wakes the readers.
    pub fn tell_machine(&self, machine: Arc<Machine>) {
        panel(&self.0).told = Some(machine);
        self.0.version.send_modify(|version| *version += 1);
    }

    /// Puts or replaces how a backup run goes; none when it does not go any more.
    pub fn set_run(&self, run: &BackupId, progress: Option<RunProgress>) {
        let mut runs = self.0.runs.lock().unwrap_or_else(PoisonError::into_inner);
        match progress {
            Some(progress) => runs.insert(run.clone(), progress),
            None => runs.remove(run),
        };
        drop(runs);
        self.0.version.send_modify(|version| *version += 1);
    }

    /// Puts or replaces how the restore goes; none when none goes.
    pub fn set_restore(&self, progress: Option<RestoreProgress>) {
        *self.0.restore.lock().unwrap_or_else(PoisonError::into_inner) = progress;
        self.0.version.send_modify(|version| *version += 1);
    }

    /// Puts or replaces how reading a card goes; none when it does not go any more.
    pub fn set_import(&self, card: &CameraId, progress: Option<ImportProgress>) {
        let mut imports = self.0.imports.lock().unwrap_or_else(PoisonError::into_inner);
        match progress {
            Some(progress) => imports.insert(card.clone(), progress),
            None => imports.remove(card),
        };
        drop(imports);
        self.0.version.send_modify(|version| *version += 1);
    }

    /// Puts or replaces what a camera told of itself, and when; none when it is not in touch any more.
    pub fn set_camera(&self, camera: &CameraId, told: Option<(CameraReading, Millis)>) {
        let mut cameras = self.0.cameras.lock().unwrap_or_else(PoisonError::into_inner);
        match told {
            Some(told) => cameras.insert(camera.clone(), told),
            None => cameras.remove(camera),
        };
        drop(cameras);
        self.0.version.send_modify(|version| *version += 1);
    }

    /// Puts or replaces what comes from a camera; none when it came, or does not come any more. No change that readers
    /// are woken for: whoever looks at cameras asks every so often.
    pub fn set_coming(&self, camera: &CameraId, coming: Option<Coming>) {
        let mut all = self.0.coming.lock().unwrap_or_else(PoisonError::into_inner);
        match coming {
            Some(coming) => all.insert(camera.clone(), coming),
            None => all.remove(camera),
        };
    }

    /// Records how much came of it; the picture of the same file stays.
    pub fn advance_coming(&self, camera: &CameraId, (name, done_bytes, total_bytes): (&str, u64, u64)) {
        let mut all = self.0.coming.lock().unwrap_or_else(PoisonError::into_inner);
        let picture = all.remove(camera).filter(|before| before.name == name).and_then(|before| before.picture);
        all.insert(camera.clone(), Coming { name: name.to_owned(), done_bytes, total_bytes, picture });
    }

    /// A reader that sees every later change.
    #[must_use]
    pub fn reader(&self) -> BoardReader {
        BoardReader { shared: Arc::clone(&self.0), version: self.0.version.subscribe() }
    }
}

impl Default for Board {
    fn default() -> Self {
        Self::new()
    }
}

impl BoardReader {
    /// Waits for a change since the last call; false when the board is gone.
    pub async fn changed(&mut self) -> bool {
        self.version.changed().await.is_ok()
    }

    /// Changes with every change.
    #[must_use]
    pub fn version(&self) -> u64 {
        *self.version.borrow()
    }

    /// Room at the destinations where it could be measured.
    #[must_use]
    pub fn spaces(&self) -> BTreeMap<DestinationId, Space> {
        self.shared.spaces.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What was last measured of the machine; none before the first time.
    #[must_use]
    pub fn machine(&self) -> Option<Arc<Machine>> {
        panel(&self.shared).latest.clone()
    }

    /// What viewers were last told of it because it had changed.
    #[must_use]
    pub fn told_machine(&self) -> Option<Arc<Machine>> {
        panel(&self.shared).told.clone()
    }

    /// Its recent past, oldest first; at most [`MAX_RECENT_SAMPLES`](crate::MAX_RECENT_SAMPLES).
    #[must_use]
    pub fn samples(&self) -> Vec<Sample> {
        panel(&self.shared).samples.iter().cloned().collect()
    }

    /// The backup runs that go now.
    #[must_use]
    pub fn runs(&self) -> BTreeMap<BackupId, RunProgress> {
        self.shared.runs.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The restore that goes now.
    #[must_use]
    pub fn restore(&self) -> Option<RestoreProgress> {
        self.shared.restore.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The cards that are read now.
    #[must_use]
    pub fn imports(&self) -> BTreeMap<CameraId, ImportProgress> {
        self.shared.imports.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What the cameras that are in touch told of themselves, and when.
    #[must_use]
    pub fn cameras(&self) -> BTreeMap<CameraId, (CameraReading, Millis)> {
        self.shared.cameras.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What comes from cameras now, of what takes a while.
    #[must_use]
    pub fn coming(&self) -> BTreeMap<CameraId, Coming> {
        self.shared.coming.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The copies in flight.
    #[must_use]
    pub fn transfers(&self) -> BTreeMap<(PhotoId, DestinationId), Transfer> {
        lock(&self.shared).clone()
    }
}

fn lock(shared: &Shared) -> MutexGuard<'_, Transfers> {
    shared.transfers.lock().unwrap_or_else(PoisonError::into_inner)
}

fn panel(shared: &Shared) -> MutexGuard<'_, Panel> {
    shared.machine.lock().unwrap_or_else(PoisonError::into_inner)
}
