//! The data folder: made private, held by one process at a time.

use std::fs::{DirBuilder, File, OpenOptions};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use crate::fail::{Code, Fail};

/// A data folder that this process holds; another one is refused until it is dropped or the process dies.
#[derive(Debug)]
pub(crate) struct DataFolder {
    path: PathBuf,
    _lock: File,
}

impl DataFolder {
    /// Makes the folder if there is none (readable by its owner only) and takes hold of it.
    pub(crate) fn hold(path: &Path) -> Result<Self, Fail> {
        let cannot = |what: &str, error: std::io::Error| {
            Fail::new(
                Code::DataFolder,
                format!("cannot {what} the data folder {}: {error}", path.display()),
                "give another one with --data, or make it yours: chown and chmod 700",
            )
        };
        DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(|error| cannot("make", error))?;
        let path = path.canonicalize().map_err(|error| cannot("find", error))?;
        let mode = std::fs::metadata(&path).map_err(|error| cannot("look at", error))?.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            // Not changed: it is the operator's, and others may write into a hot folder inside it.
            tracing::warn!(folder = %path.display(), mode = format!("{mode:o}"), "others may look into the data folder: chmod 700");
        }
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path.join("lock"))
            .map_err(|error| cannot("write into", error))?;
        match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Self { path, _lock: lock }),
            Err(Errno::WOULDBLOCK) => Err(Fail::new(
                Code::AlreadyRunning,
                format!("another Kilat works with the data folder {}", path.display()),
                "use that one (kilat status), stop it, or give another folder with --data",
            )),
            Err(error) => Err(cannot("lock", error.into())),
        }
    }

    /// The folder, absolute.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The journal in a data folder.
    pub(crate) fn journal(data: &Path) -> PathBuf {
        data.join("journal.db")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_data_folder_is_private_and_held_once() {
        let parent = tempfile::tempdir().expect("a folder");
        let path = parent.path().join("a/b");
        let held = DataFolder::hold(&path).expect("free");
        let mode = std::fs::metadata(&path).expect("made").permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
        assert_eq!(DataFolder::hold(&path).expect_err("held").code, Code::AlreadyRunning);
        drop(held);
        DataFolder::hold(&path).expect("free again");
    }
}
