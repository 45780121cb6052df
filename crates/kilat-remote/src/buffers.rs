//! Memory for parts of files, bounded for a whole destination: a copy that finds none waits.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use kilat_objects::{StoreError, Watch};

/// Parts in memory for a whole destination, whatever runs: 48 MiB.
const MAX_BUFFERS: usize = 6;
/// Longest wait before a copy looks whether it was cancelled.
const LOOK: Duration = Duration::from_millis(100);

/// Memory for parts, shared by all copies to one destination.
#[derive(Debug, Default)]
pub(crate) struct Buffers {
    state: Mutex<(Vec<Vec<u8>>, usize)>,
    freed: Condvar,
}

impl Buffers {
    /// Waits for memory for one part.
    pub(crate) fn take(&self, watch: &dyn Watch) -> Result<Vec<u8>, StoreError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(buffer) = state.0.pop() {
                return Ok(buffer);
            }
            if state.1 < MAX_BUFFERS {
                state.1 += 1;
                return Ok(Vec::new());
            }
            if watch.is_cancelled() {
                return Err(StoreError::Cancelled);
            }
            state = self.freed.wait_timeout(state, LOOK).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    pub(crate) fn give_back(&self, buffer: Vec<u8>) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).0.push(buffer);
        self.freed.notify_one();
    }
}
