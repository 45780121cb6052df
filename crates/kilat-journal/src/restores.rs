//! What the journal answers about restores that the server does.

use kilat_core::{Millis, Restore, RestoreEnd, RestoreId, RestoreTotals};

use crate::sqlite;
use crate::{Journal, JournalError};

/// A restore, as its facts left it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestoreState {
    /// What was asked for.
    pub restore: Restore,
    /// When.
    pub asked_at: Millis,
    /// What there is to bring; none before that was found.
    pub totals: Option<RestoreTotals>,
    /// What is wrong with the lists of copies that it was found by, in words.
    pub warnings: Vec<String>,
    /// Whether an operator ended it, and it has not heard of it yet.
    pub is_cancelling: bool,
    /// When and how it ended.
    pub ended: Option<(Millis, RestoreEnd)>,
}

impl Journal {
    /// One restore.
    ///
    /// # Errors
    /// A read error, as for every read here.
    pub async fn restore(&self, id: &RestoreId) -> Result<Option<RestoreState>, JournalError> {
        self.readers().ask(|db| sqlite::restore(db, id))
    }

    /// Restores, newest first; at most [`MAX_RESTORES`](crate::MAX_RESTORES) are on record.
    ///
    /// # Errors
    /// A read error.
    pub async fn restores(&self, limit: usize) -> Result<Vec<RestoreState>, JournalError> {
        self.readers().ask(|db| sqlite::restores(db, limit))
    }

    /// The restore that has not ended.
    ///
    /// # Errors
    /// A read error.
    pub async fn restore_going(&self) -> Result<Option<RestoreState>, JournalError> {
        self.readers().ask(sqlite::restore_going)
    }
}
