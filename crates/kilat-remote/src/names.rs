//! One copy at a time under one name: servers without a condition on writes could let two overwrite each other.

use std::collections::HashSet;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use kilat_core::ObjectKey;
use kilat_objects::{StoreError, Watch};

/// Longest wait before a copy looks whether it was cancelled.
const LOOK: Duration = Duration::from_millis(100);

/// Names that copies are being written under: as many as copies run at once.
#[derive(Debug, Default)]
pub(crate) struct Names {
    held: Mutex<HashSet<ObjectKey>>,
    freed: Condvar,
}

/// A name that is held until this is dropped.
#[derive(Debug)]
pub(crate) struct Held<'a> {
    names: &'a Names,
    key: ObjectKey,
}

impl Names {
    /// Waits until nobody writes under the name.
    pub(crate) fn hold(&self, key: &ObjectKey, watch: &dyn Watch) -> Result<Held<'_>, StoreError> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        while !held.insert(key.clone()) {
            if watch.is_cancelled() {
                return Err(StoreError::Cancelled);
            }
            held = self.freed.wait_timeout(held, LOOK).unwrap_or_else(PoisonError::into_inner).0;
        }
        Ok(Held { names: self, key: key.clone() })
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.names.held.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
        self.names.freed.notify_all();
    }
}
