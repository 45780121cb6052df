//! Folders of a disk destination: made below the folder that was checked, and durable before a copy counts.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::PoisonError;

use rustix::fs::{AtFlags, FileType, Mode, mkdirat, statat};
use rustix::io::Errno;

use super::{DiskStore, MAX_DURABLE};
use crate::StoreError;
use crate::direct::sync_folder;

impl DiskStore {
    /// Makes the folders around a copy, in the place that was checked: its path may lead to an empty mount
    /// point by now, where nothing may be made. None may be a link: it could lead out of the place.
    pub(super) fn make_folders(&self, root: &File, folder: &Path) -> Result<(), StoreError> {
        let inside: Vec<&Path> = folder.ancestors().take_while(|outer| *outer != self.root).collect();
        for folder in inside.into_iter().rev() {
            let below = folder.strip_prefix(&self.root).unwrap_or(folder);
            match mkdirat(root, below, Mode::from_raw_mode(0o777)) {
                Ok(()) => {
                    self.durable.lock().unwrap_or_else(PoisonError::into_inner).remove(folder);
                }
                Err(Errno::EXIST) => {
                    let stat = statat(root, below, AtFlags::SYMLINK_NOFOLLOW)
                        .map_err(|error| self.fault("look at", folder)(error.into()))?;
                    if !FileType::from_raw_mode(stat.st_mode).is_dir() {
                        return Err(self.fault("use", folder)(io::ErrorKind::NotADirectory.into()));
                    }
                }
                Err(error) => return Err(self.fault("make", folder)(error.into())),
            }
        }
        Ok(())
    }

    /// Makes a copy's name durable. The folders around it too, once: whoever made them may have died
    /// before, or may be about to sync them.
    pub(super) fn sync_folders(&self, folder: &Path) -> Result<(), StoreError> {
        let is_durable = self.durable.lock().unwrap_or_else(PoisonError::into_inner).contains(folder);
        let around = if is_durable { 1 } else { usize::MAX };
        for folder in folder.ancestors().take_while(|outer| outer.starts_with(&self.root)).take(around) {
            sync_folder(folder).map_err(self.fault("sync", folder))?;
        }
        let mut durable = self.durable.lock().unwrap_or_else(PoisonError::into_inner);
        if durable.len() >= MAX_DURABLE {
            durable.clear();
        }
        durable.insert(folder.to_owned());
        Ok(())
    }
}
