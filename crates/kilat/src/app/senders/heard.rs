//! When each camera that sends was heard of last, by the clock that never jumps.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kilat_core::CameraId;

/// As many as there are cameras that sign in.
#[derive(Debug)]
pub(in crate::app) struct Heard {
    /// What was before, this process did not hear.
    since: Duration,
    last: Mutex<HashMap<CameraId, Duration>>,
}

impl Heard {
    pub(in crate::app) fn since(now: Duration) -> Self {
        Self { since: now, last: Mutex::default() }
    }

    /// Answers how long it was silent before; none when it was never heard.
    pub(in crate::app) fn hear(&self, camera: &CameraId, now: Duration) -> Option<Duration> {
        let before = self.lock().insert(camera.clone(), now);
        before.map(|before| now.saturating_sub(before))
    }

    pub(super) fn silence(&self, camera: &CameraId, now: Duration) -> Duration {
        let last = self.lock().get(camera).copied().unwrap_or(self.since);
        now.saturating_sub(last)
    }

    pub(super) fn was_heard(&self, camera: &CameraId) -> bool {
        self.lock().contains_key(camera)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<CameraId, Duration>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
