//! Folders of Drive by their paths: found, remembered, and made where they are missing.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use kilat_objects::StoreError;
use serde_json::json;

use super::calls::{DriveFile, FIELDS, FOLDER, No};
use super::store::DriveStore;
use crate::MAX_FOLDERS;
use crate::http::Line;

/// What is known of the folders below the topmost one.
#[derive(Debug, Default)]
pub(super) struct Folders {
    /// Ids by their paths from the top.
    known: Mutex<HashMap<Vec<String>, String>>,
    /// One at a time makes folders: two would make one twice.
    making: Mutex<()>,
}

impl DriveStore {
    pub(super) fn forget_folders(&self) {
        self.folders.known.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// A folder's id; none where it is not there. The oldest of one name counts.
    pub(super) fn folder(&self, line: Line<'_>, path: &[String]) -> Result<Option<String>, StoreError> {
        let mut at = self.top.clone();
        for end in 1..=path.len() {
            let known = self.folders.known.lock().unwrap_or_else(PoisonError::into_inner).get(&path[..end]).cloned();
            at = match known {
                Some(id) => id,
                None => {
                    let Some(id) = self.below(line, &at, &path[end - 1])? else { return Ok(None) };
                    self.remember(&path[..end], &id);
                    id
                }
            };
        }
        Ok(Some(at))
    }

    fn below(&self, line: Line<'_>, parent: &str, name: &str) -> Result<Option<String>, StoreError> {
        match self.api.named(line, parent, name) {
            Ok(found) => Ok(found.into_iter().find(DriveFile::is_folder).map(|folder| folder.id)),
            Err(No::NotThere) => Ok(None),
            Err(other) => Err(other.fault(line, "look into")),
        }
    }

    fn remember(&self, path: &[String], id: &str) {
        let mut folders = self.folders.known.lock().unwrap_or_else(PoisonError::into_inner);
        if folders.len() >= MAX_FOLDERS {
            folders.clear();
        }
        folders.insert(path.to_vec(), id.to_owned());
    }

    /// A folder's id; makes it and those around it that are missing below the first `standing`.
    pub(super) fn make_folder(&self, line: Line<'_>, path: &[String], standing: usize) -> Result<String, StoreError> {
        if let Some(id) = self.folder(line, path)? {
            return Ok(id);
        }
        let _one = self.folders.making.lock().unwrap_or_else(PoisonError::into_inner);
        let gone = || StoreError::Gone { place: line.place(), why: "the folder around it is missing" };
        let mut at = self.folder(line, &path[..standing])?.ok_or_else(gone)?;
        for end in standing + 1..=path.len() {
            at = match self.folder(line, &path[..end])? {
                Some(id) => id,
                None => self.make_one(line, &at, &path[end - 1])?,
            };
            self.remember(&path[..end], &at);
        }
        Ok(at)
    }

    fn make_one(&self, line: Line<'_>, parent: &str, name: &str) -> Result<String, StoreError> {
        let what = "make a folder in";
        let url = self.api.url("/drive/v3/files", &[("fields", FIELDS)]);
        let body = json!({ "name": name, "mimeType": FOLDER, "parents": [parent] });
        let made: DriveFile = match self.api.json(line, what, "POST", url, Some(&body)) {
            Ok(made) => made,
            Err(No::NotThere) => {
                self.forget_folders();
                return Err(StoreError::Gone { place: line.place(), why: "the folder around it is missing" });
            }
            Err(other) => return Err(other.fault(line, what)),
        };
        // Another Kilat may have made it too: all take the oldest, and the empty other one goes to the trash.
        let oldest = self.below(line, parent, name)?.unwrap_or_else(|| made.id.clone());
        if oldest != made.id {
            let mut is_empty = true;
            self.api
                .pages(line, &made.id, None, |files| {
                    is_empty &= files.is_empty();
                    is_empty
                })
                .map_err(|no| no.fault(line, what))?;
            if is_empty {
                self.api.trash(line, &made.id).map_err(|no| no.fault(line, what))?;
            }
        }
        Ok(oldest)
    }
}
