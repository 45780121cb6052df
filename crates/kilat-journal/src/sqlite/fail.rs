//! What goes wrong inside the backend, before it is told with the journal's path.

use std::path::Path;
use std::sync::Arc;

use rusqlite::ErrorCode;

use crate::{JournalError, Refusal};

#[derive(Debug)]
pub(crate) enum Fail {
    Refused(Refusal),
    Sql(rusqlite::Error),
    Encode(serde_json::Error),
}

impl From<Refusal> for Fail {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<rusqlite::Error> for Fail {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<serde_json::Error> for Fail {
    fn from(error: serde_json::Error) -> Self {
        Self::Encode(error)
    }
}

impl Fail {
    /// The same for callers, naming the journal's file.
    pub(crate) fn at(self, path: &Path) -> JournalError {
        let error = match self {
            Self::Refused(refusal) => return JournalError::Refused(refusal),
            Self::Encode(error) => return JournalError::Encode(Arc::new(error)),
            Self::Sql(error) => error,
        };
        let path = path.to_owned();
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => JournalError::Full { path },
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => JournalError::ReadOnly { path },
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                JournalError::Corrupt { path, source: Arc::new(error) }
            }
            _ => JournalError::Storage { path, source: Arc::new(error) },
        }
    }
}
