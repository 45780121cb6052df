//! Read-only connections for questions. In WAL mode they never wait for the writer, nor it for them.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError, TryLockError};

use rusqlite::{Connection, OpenFlags};

use super::fail::Fail;
use super::open::connect;
use crate::JournalError;

/// One for the ingest thread's rescans, one for everybody else; answers take microseconds.
const READERS: usize = 2;

#[derive(Debug)]
pub(crate) struct Readers {
    path: PathBuf,
    connections: [Mutex<Connection>; READERS],
}

impl Readers {
    pub(crate) fn open(path: &Path) -> Result<Self, JournalError> {
        let one = || {
            let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
            // KiB. The system's page cache holds the rest.
            connection.pragma_update(None, "cache_size", -4_096)?;
            Ok(Mutex::new(connection))
        };
        let at = |error: rusqlite::Error| Fail::from(error).at(path);
        Ok(Self { path: path.to_owned(), connections: [one().map_err(at)?, one().map_err(at)?] })
    }

    /// Asks one question on a free connection, or waits for one.
    pub(crate) fn ask<T>(&self, question: impl FnOnce(&Connection) -> Result<T, Fail>) -> Result<T, JournalError> {
        for connection in &self.connections {
            match connection.try_lock() {
                Ok(connection) => return question(&connection).map_err(|fail| fail.at(&self.path)),
                Err(TryLockError::WouldBlock | TryLockError::Poisoned(_)) => {}
            }
        }
        // A connection holds no state between questions, so one whose asker panicked is as good.
        let connection = self.connections[0].lock().unwrap_or_else(PoisonError::into_inner);
        question(&connection).map_err(|fail| fail.at(&self.path))
    }
}
