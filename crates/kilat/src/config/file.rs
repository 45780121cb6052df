//! `kilat.toml`: every key it may hold. An unknown key is an error, so that a typing mistake is never ignored.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::access::{FileAccess, FileLimits};
use super::backup::FileBackup;
use super::cameras::FileCameras;
use super::destinations::FileDestination;
use super::ftp::FileFtp;
use super::network::FileNetwork;
use super::notify::{FileNotifications, FileNotify};
use crate::fail::Fail;

/// Longest settings file that is read.
const MAX_FILE_BYTES: u64 = 1024 * 1024;

/// When to look for files by listing instead of waiting for the system's word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Poll {
    /// Where the file system gives no events.
    Auto,
    /// Everywhere.
    Always,
    /// Nowhere.
    Never,
}

/// The file.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileSettings {
    pub(super) data: Option<PathBuf>,
    pub(super) event: Option<String>,
    pub(super) watch: Option<Vec<PathBuf>>,
    pub(super) to: Option<Vec<String>>,
    pub(super) tether: Option<Vec<String>>,
    pub(super) destination: Option<Vec<FileDestination>>,
    pub(super) listen: Option<String>,
    pub(super) ws_listen: Option<String>,
    pub(super) allow_lan: Option<bool>,
    pub(super) log: Option<String>,
    pub(super) tls_cert: Option<PathBuf>,
    pub(super) tls_key: Option<PathBuf>,
    pub(super) access: Option<FileAccess>,
    pub(super) limits: Option<FileLimits>,
    pub(super) upload: Option<UploadSettings>,
    pub(super) ingest: Option<IngestSettings>,
    pub(super) backup: Option<FileBackup>,
    pub(super) ftp: Option<FileFtp>,
    pub(super) cameras: Option<FileCameras>,
    pub(super) network: Option<FileNetwork>,
    pub(super) notify: Option<Vec<FileNotify>>,
    pub(super) notifications: Option<FileNotifications>,
}

/// `[upload]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UploadSettings {
    pub(super) raw: Option<bool>,
    pub(super) video: Option<bool>,
    pub(super) max_file_mb: Option<u64>,
    pub(super) parallel: Option<u64>,
}

/// `[ingest]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct IngestSettings {
    pub(super) poll: Option<Poll>,
    pub(super) keep_free_mb: Option<u64>,
}

impl FileSettings {
    /// The file that was named, or `kilat.toml` in the data folder or here; empty when there is none.
    pub(super) fn find(named: Option<&Path>, data: Option<&Path>) -> Result<(PathBuf, Self), Fail> {
        if let Some(path) = named {
            return Self::read(path).map(|file| (path.to_owned(), file));
        }
        let candidates = [data.unwrap_or(Path::new("data")).join("kilat.toml"), PathBuf::from("kilat.toml")];
        match candidates.into_iter().find(|path| path.exists()) {
            Some(path) => Self::read(&path).map(|file| (path, file)),
            None => Ok((PathBuf::from("kilat.toml"), Self::default())),
        }
    }

    fn read(path: &Path) -> Result<Self, Fail> {
        let cannot =
            |why: String, remedy: &str| Fail::setting(format!("cannot read {}: {why}", path.display()), remedy);
        let size = std::fs::metadata(path)
            .map_err(|error| cannot(error.to_string(), "check --config and the file's permissions"))?
            .len();
        if size > MAX_FILE_BYTES {
            return Err(cannot(format!("it has {size} bytes"), "a settings file is small: is this the right file?"));
        }
        let text = std::fs::read_to_string(path)
            .map_err(|error| cannot(error.to_string(), "it must be UTF-8 text that you may read"))?;
        toml::from_str(&text).map_err(|error| {
            let line = error.span().map(|span| text[..span.start.min(text.len())].matches('\n').count() + 1);
            let at = line.map(|line| format!("line {line}: ")).unwrap_or_default();
            cannot(format!("{at}{}", error.message()), "mend that line; docs/settings.md lists every key")
        })
    }
}
