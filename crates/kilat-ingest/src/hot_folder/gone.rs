//! Files that are gone from the folder. An arrival that failed is no problem any more without its file.
//!
//! Invariant: forgotten is only what the folder itself, there and the same as before, no longer has. A
//! folder that cannot be read, or is empty as the place is where a disk was mounted, says nothing about
//! files; nor is a file forgotten that vanished before it was read: that is what a person must know.
//! A file that comes back is a new arrival, and a problem again.

use std::io;
use std::path::Path;
use std::time::Duration;

use kilat_core::{Arrival, ArrivalFailure, ArrivalStatus, Fact};

use super::folder::{HotFolder, Mode};
use super::root;

impl HotFolder {
    /// A file or folder was removed or renamed away.
    pub(super) fn gone(&mut self, path: &Path, now: Duration) {
        if *path == *self.root {
            self.next_check = now;
            return;
        }
        let was_folder = match &mut self.mode {
            Some(Mode::Events(watch)) => watch.remove(path),
            Some(Mode::Looking) | None => false,
        };
        if was_folder {
            self.settle.forget_below(path);
            self.forget_gone();
        } else {
            self.settle.forget(path);
            self.known.remove(path);
            self.forget_if_failed(path);
        }
    }

    /// The system said that this file is gone: believed even when the folder is empty now.
    fn forget_if_failed(&mut self, path: &Path) {
        let Ok(below) = path.strip_prefix(&self.root) else { return };
        match self.outside.journal.arrival_at_blocking(&self.source, below) {
            Ok(Some((arrival, ArrivalStatus::Failed(failure)))) if ends_with_its_file(failure) && is_missing(path) => {
                self.forget(vec![arrival]);
            }
            Ok(_) => {}
            Err(error) => tracing::debug!(%error, "the journal was not asked about a file that is gone"),
        }
    }

    /// Looks for the file of every arrival that failed.
    pub(super) fn forget_gone(&mut self) {
        match self.outside.journal.failed_arrivals_blocking(&self.source) {
            Ok(failed) => {
                let gone = failed.into_iter().filter(|(arrival, failure)| {
                    ends_with_its_file(*failure) && is_gone(&self.root, &self.root.join(&arrival.path))
                });
                self.forget(gone.map(|(arrival, _)| arrival).collect());
            }
            Err(error) => tracing::debug!(%error, "the journal was not asked for files that failed"),
        }
    }

    /// What cannot be recorded now is found again by the next listing.
    fn forget(&mut self, gone: Vec<Arrival>) {
        // Asked after the looks: a disk that went meanwhile took the files with it.
        let is_same = self.identity.is_some_and(|same| root::identify(&self.root, Some(same)) == Ok(same));
        if gone.is_empty() || !is_same {
            return;
        }
        let facts = gone.iter().map(|arrival| Fact::ArrivalForgotten { arrival: arrival.id.clone() }).collect();
        match self.outside.runtime.block_on(self.outside.journal.append(facts)) {
            Ok(_) => gone.iter().for_each(|arrival| self.known.remove(&self.root.join(&arrival.path))),
            Err(error) => tracing::warn!(%error, "files that failed and are gone stay reported"),
        }
    }
}

/// Whether nothing is left to be done about the failure once its file is gone.
fn ends_with_its_file(failure: ArrivalFailure) -> bool {
    match failure {
        ArrivalFailure::Incomplete | ArrivalFailure::Unreadable | ArrivalFailure::TooLarge => true,
        ArrivalFailure::Vanished => false,
    }
}

/// Whether nothing stands there; any other error is no answer.
fn is_missing(path: &Path) -> bool {
    path.symlink_metadata().is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
}

/// Whether it is missing from a folder that still has other things in it: the nearest above it that is there.
fn is_gone(root: &Path, file: &Path) -> bool {
    if !is_missing(file) {
        return false;
    }
    let above = file.ancestors().skip(1).take_while(|folder| folder.starts_with(root));
    let mut there = above.filter(|folder| !is_missing(folder));
    there.next().is_some_and(|folder| {
        folder.read_dir().is_ok_and(|mut entries| entries.next().is_some_and(|entry| entry.is_ok()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_gone_only_from_a_folder_that_has_something_else() {
        let root = tempfile::tempdir().expect("a folder");
        let at = |path: &str| root.path().join(path);
        std::fs::create_dir_all(at("card/DCIM")).expect("made");
        assert!(!is_gone(root.path(), &at("card/DCIM/a.jpg")), "an empty folder may be a card that was pulled");
        assert!(is_gone(root.path(), &at("ftp/a.jpg")), "its folder is gone from one that is not empty");
        std::fs::write(at("card/DCIM/b.jpg"), "b").expect("written");
        assert!(is_gone(root.path(), &at("card/DCIM/a.jpg")));
        assert!(!is_gone(root.path(), &at("card/DCIM/b.jpg")));
        let other = tempfile::tempdir().expect("a folder");
        assert!(!is_gone(&other.path().join("unmounted"), &other.path().join("unmounted/a.jpg")));
        assert!(!is_gone(other.path(), &other.path().join("a.jpg")), "an empty mount point");
    }
}
