//! `ready.json`: where the running server answers, for commands, scripts and tests.
//!
//! Written whole (temporary and rename) once everything answers, removed at the start and at a clean end.

use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// The file's name in the data folder.
const NAME: &str = "ready.json";

/// Where the server answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ready {
    pub(crate) http: String,
    pub(crate) ws: String,
    /// Where photos are handed in; absent in what an older server wrote.
    #[serde(default)]
    pub(crate) intake: String,
    /// Where cameras send to by FTP, as `HOST:PORT`; absent where it is off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ftp: Option<String>,
    pub(crate) pid: u32,
}

impl Ready {
    /// Writes it.
    pub(crate) fn write(&self, data: &Path) -> std::io::Result<()> {
        let temporary = data.join("ready.json.new");
        let mut file = std::fs::File::create(&temporary)?;
        serde_json::to_writer(&mut file, self)?;
        file.write_all(b"\n")?;
        file.sync_all()?;
        std::fs::rename(&temporary, path(data))
    }

    /// What a server that may have died wrote last.
    pub(crate) fn read(data: &Path) -> Option<Self> {
        serde_json::from_slice(&std::fs::read(path(data)).ok()?).ok()
    }

    /// Removes it; there may be none.
    pub(crate) fn remove(data: &Path) -> std::io::Result<()> {
        match std::fs::remove_file(path(data)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

fn path(data: &Path) -> PathBuf {
    data.join(NAME)
}
