//! Bytes that go over the network are asked for before they move: the server has one limit for all its copies, and
//! changes it while they run.

use std::io;
use std::sync::{Condvar, Mutex, PoisonError};

use crate::lines::AnswerLine;
use crate::worker::Told;

/// Where bytes are asked for; free where the place is on no network.
#[derive(Debug)]
pub(crate) struct Toll {
    told: Option<Told>,
    /// Granted and not moved yet.
    granted: Mutex<u64>,
    changed: Condvar,
}

impl Toll {
    /// Asks through `told`; without it, nothing is asked for.
    pub(crate) fn new(told: Option<Told>) -> Self {
        Self { told, granted: Mutex::default(), changed: Condvar::new() }
    }

    /// Waits until so many bytes may move. Should whoever grants them be gone, the process ends.
    pub(crate) fn pay(&self, bytes: u64) -> io::Result<()> {
        let Some(told) = self.told.as_ref().filter(|_| bytes > 0) else { return Ok(()) };
        told.tell(&AnswerLine::Pay { bytes }).map_err(|fault| io::Error::other(fault.detail))?;
        let granted = self.granted.lock().unwrap_or_else(PoisonError::into_inner);
        // Whoever takes what another asked for leaves that one its own.
        let enough = self.changed.wait_while(granted, |granted| *granted < bytes);
        *enough.unwrap_or_else(PoisonError::into_inner) -= bytes;
        Ok(())
    }

    /// So many more bytes may move.
    pub(crate) fn grant(&self, bytes: u64) {
        *self.granted.lock().unwrap_or_else(PoisonError::into_inner) += bytes;
        self.changed.notify_all();
    }
}
