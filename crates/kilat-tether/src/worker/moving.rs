//! Tells how a download grows while the library is in it: a file that does not grow is how a wedged camera shows.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use super::{Deaf, Told};
use crate::lines::HelperLine;

/// How often the file is looked at.
const LOOK: Duration = Duration::from_millis(250);

/// Which file is being written, and how long it was when it was last looked at.
#[derive(Debug, Clone, Default)]
pub(super) struct Moving(Arc<Mutex<Option<(PathBuf, u64)>>>);

impl Moving {
    /// Starts the thread that looks.
    pub(super) fn watch(told: &Told) -> std::io::Result<Self> {
        let moving = Self::default();
        let (mine, told) = (moving.clone(), told.clone());
        let look = move || {
            loop {
                thread::park_timeout(LOOK);
                if let Some(bytes) = mine.grown()
                    && let Err(Deaf) = told.tell(&HelperLine::Beat { bytes })
                {
                    return;
                }
            }
        };
        thread::Builder::new().name("moving".to_owned()).spawn(look)?;
        Ok(moving)
    }

    pub(super) fn begin(&self, path: PathBuf) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((path, 0));
    }

    pub(super) fn end(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn grown(&self) -> Option<u64> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (path, before) = state.as_mut()?;
        let now = path.metadata().ok()?.len();
        (now > std::mem::replace(before, now)).then_some(now)
    }
}
