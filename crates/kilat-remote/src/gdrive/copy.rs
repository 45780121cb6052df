//! One copy on its way to Drive: a temporary that is sent, compared, and then given its folder and name.

use std::cell::RefCell;
use std::io;

use kilat_core::{ObjectKey, ProofHash, ReadBack};
use kilat_objects::{Item, StoreError};
use serde_json::json;

use super::calls::{DriveFile, FIELDS, No, path_of};
use super::store::{DriveStore, TOP};
use super::upload;
use crate::http::{Line, hash};
use crate::placing::{Named, Placing};
use crate::retry::again;
use crate::seed_of;

/// One copy on its way.
pub(super) struct Copy<'a> {
    pub(super) store: &'a DriveStore,
    pub(super) line: Line<'a>,
    pub(super) item: &'a Item<'a>,
    pub(super) parts: String,
    /// The temporary's id.
    pub(super) part: RefCell<Option<String>>,
}

impl Copy<'_> {
    /// Gives the file another folder and a name.
    fn move_to(&self, file: &DriveFile, name: &str, to: &str) -> Result<DriveFile, No> {
        let api = &self.store.api;
        // A file has one folder: without leaving the old one it is refused the new one.
        let from = if file.parents.is_empty() { TOP.to_owned() } else { file.parents.join(",") };
        let url = api.url(&path_of(&file.id), &[("addParents", to), ("removeParents", &from), ("fields", FIELDS)]);
        api.json(self.line, "name a copy in", "PATCH", url, Some(&json!({ "name": name })))
    }

    /// Whether it stands in a folder. The topmost one is told by another id than it is asked for, or by none.
    fn is_in(&self, file: &DriveFile, folder: &str) -> bool {
        file.parents.iter().any(|parent| parent == folder) || (folder == TOP && !file.parents.contains(&self.parts))
    }

    fn name_once(&self, id: &str, path: &[String], name: &str) -> Result<Named, StoreError> {
        let (what, line, api) = ("name a copy in", self.line, &self.store.api);
        let folder = self.store.make_folder(line, path, self.store.root.len())?;
        let fault = |no: No| {
            self.store.forget_folders();
            no.fault(line, what)
        };
        // An answer may have been lost: it may be named already.
        let mut file = match api.file(line, id) {
            Ok(file) if !file.trashed => file,
            Ok(_) | Err(No::NotThere) => {
                // The folder of temporaries may lie in the trash too.
                self.store.forget_folders();
                return Ok(Named::Unclear);
            }
            Err(other) => return Err(fault(other)),
        };
        let others = |found: Vec<DriveFile>| found.into_iter().any(|other| other.id != id);
        if file.name != name || !self.is_in(&file, &folder) {
            if others(api.named(line, &folder, name).map_err(fault)?) {
                return Ok(Named::Taken);
            }
            file = self.move_to(&file, name, &folder).map_err(fault)?;
            if file.trashed || !self.is_in(&file, &folder) {
                // The folder lies in the trash: back, and into a new one.
                self.move_to(&file, self.item.part, &self.parts).map_err(fault)?;
                return Err(fault(No::NotThere));
            }
        }
        // Drive refuses no name: whoever came in between was first, and ours takes another.
        if others(api.named(line, &folder, name).map_err(fault)?) {
            self.move_to(&file, self.item.part, &self.parts).map_err(fault)?;
            return Ok(Named::Taken);
        }
        Ok(Named::Done)
    }
}

impl Placing for Copy<'_> {
    fn size(&self, key: &ObjectKey) -> Result<Option<u64>, StoreError> {
        let found = again(self.line.watch, seed_of(self.item), |_| self.store.standing(self.line, key))?;
        // A folder or a document of Google's takes the name too.
        Ok(found.first().map(|file| file.size_bytes().unwrap_or(u64::MAX)))
    }

    fn proof(&self, key: &ObjectKey, size_bytes: u64) -> Result<Option<(u64, ProofHash)>, StoreError> {
        again(self.line.watch, seed_of(self.item), |_| self.store.proof(self.line, key, size_bytes))
    }

    fn fill(&self) -> Result<ReadBack, StoreError> {
        let (line, size) = (self.line, self.item.stamp.size_bytes);
        let about = json!({ "name": self.item.part, "parents": [self.parts] });
        let sent = upload::whole(&self.store.api, line, self.item, &about);
        // The folder of temporaries may be gone: the next attempt looks for it.
        let (file, sum) = sent.inspect_err(|_why| self.store.forget_folders())?;
        *self.part.borrow_mut() = Some(file.id.clone());
        let proven = match (&file.sha256_checksum, file.size_bytes()) {
            (Some(theirs), Some(length)) if *theirs == sum && length == size => Ok(ReadBack::Checksum),
            (None, Some(length)) if length == size => again(line.watch, seed_of(self.item), |_| {
                let what = "read back from";
                let answer = self.store.download(line, &file.id, size).map_err(|no| no.fault(line, what))?;
                if hash(line, what, line.body(answer))? == (size, self.item.proof) {
                    return Ok(ReadBack::Download);
                }
                Err(StoreError::Corrupt { place: line.place() })
            }),
            _ => Err(StoreError::Corrupt { place: line.place() }),
        };
        if matches!(proven, Err(StoreError::Corrupt { .. })) {
            // Its session would bring the damaged file again.
            line.watch.keep("");
            self.discard();
        }
        proven
    }

    fn name(&self, key: &ObjectKey) -> Result<Named, StoreError> {
        let id = self.part.borrow().clone();
        let Some(id) = id else { return Ok(Named::Unclear) };
        let (path, name) = self.store.path(key);
        again(self.line.watch, seed_of(self.item), |_| self.name_once(&id, &path, &name))
    }

    fn discard(&self) {
        if let Some(id) = self.part.borrow_mut().take() {
            self.store.api.remove(self.line, &id);
        }
    }

    fn too_many(&self) -> StoreError {
        let source = io::Error::other("no name is left, or the copy vanished while it was named");
        StoreError::Io { what: "name a copy in", path: self.line.place(), source }
    }
}
