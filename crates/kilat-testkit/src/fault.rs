//! Disks that fill, vanish and turn read-only: mounts that end with their guard.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Why there is no mount: most likely the right to make one is missing.
#[derive(Debug, thiserror::Error)]
pub enum MountError {
    /// A program could not be run.
    #[error("cannot run {program}: {source}")]
    Run {
        /// Which.
        program: String,
        /// Why.
        source: io::Error,
    },
    /// It answered badly.
    #[error("{program} refused: {answer}")]
    Refused {
        /// Which.
        program: String,
        /// What it said.
        answer: String,
    },
}

/// A mounted file system; ends when dropped.
#[derive(Debug)]
pub struct Mount {
    at: PathBuf,
    is_mounted: bool,
}

impl Mount {
    /// A file system in memory of so many megabytes.
    ///
    /// # Errors
    /// Where mounts are not permitted.
    pub fn memory(at: &Path, megabytes: u32) -> Result<Self, MountError> {
        run("mount", &["-t", "tmpfs", "-o", &format!("size={megabytes}m"), "tmpfs"], at)?;
        Ok(Self { at: at.to_owned(), is_mounted: true })
    }

    /// An ext4 file system of so many megabytes in the file `image`, made anew.
    ///
    /// # Errors
    /// Where mounts are not permitted.
    pub fn ext4(at: &Path, image: &Path, megabytes: u32) -> Result<Self, MountError> {
        run("truncate", &["-s", &format!("{megabytes}M")], image)?;
        run("mkfs.ext4", &["-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0"], image)?;
        Self::of_image(at, image)
    }

    /// The file system that `image` holds.
    ///
    /// # Errors
    /// Where mounts are not permitted, or the image is damaged.
    pub fn of_image(at: &Path, image: &Path) -> Result<Self, MountError> {
        let image = image.to_string_lossy().into_owned();
        run("mount", &["-o", "loop", &image], at)?;
        Ok(Self { at: at.to_owned(), is_mounted: true })
    }

    /// Mounts it again with other options, for example `ro`.
    ///
    /// # Errors
    /// The system's.
    pub fn remount(&self, options: &str) -> Result<(), MountError> {
        run("mount", &["-o", &format!("remount,{options}")], &self.at)
    }

    /// Takes it away although files on it are open, as a pulled cable does.
    ///
    /// # Errors
    /// The system's.
    pub fn pull(&mut self) -> Result<(), MountError> {
        self.is_mounted = false;
        run("umount", &["--lazy"], &self.at)
    }

    /// Unmounts it.
    ///
    /// # Errors
    /// When files on it are open.
    pub fn end(mut self) -> Result<(), MountError> {
        self.is_mounted = false;
        run("umount", &[], &self.at)
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        if self.is_mounted {
            // A test that failed may have left files open.
            run("umount", &["--lazy"], &self.at).unwrap_or(());
        }
    }
}

/// Whether a program can be run.
#[must_use]
pub fn has_program(program: &str) -> bool {
    Command::new(program).arg("-V").output().is_ok()
}

fn run(program: &str, arguments: &[&str], last: impl AsRef<OsStr>) -> Result<(), MountError> {
    let output = Command::new(program).args(arguments).arg(last).output();
    let output = output.map_err(|source| MountError::Run { program: program.to_owned(), source })?;
    if output.status.success() {
        return Ok(());
    }
    let answer = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(MountError::Refused { program: program.to_owned(), answer })
}
