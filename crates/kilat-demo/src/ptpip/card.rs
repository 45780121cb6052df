//! What is on the card: a folder of this machine, read once; what is shot later is added.
//!
//! A handle is an object's place in the list, from 1; objects never go, so handles stay.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Folders in folders: `DCIM/100NCZ_9` is two.
const MAX_DEPTH: usize = 4;
/// Objects of one card: four times a very full one.
const MAX_OBJECTS: usize = 40_000;
/// What the card holds when it is empty: 64 GB, as printed on it.
const CAPACITY_BYTES: u64 = 64_000_000_000;
/// By what the camera reckons the shots that are left.
const SHOT_BYTES: u64 = 25_000_000;

/// The objects of one card.
#[derive(Debug)]
pub(super) struct Objects {
    root: PathBuf,
    list: Vec<Object>,
    used_bytes: u64,
}

/// A file or a folder.
#[derive(Debug, Clone)]
pub(super) struct Object {
    /// Handle of the folder it is in; 0 at the top.
    pub(super) parent: u32,
    pub(super) name: String,
    pub(super) what: What,
}

#[derive(Debug, Clone)]
pub(super) enum What {
    Folder,
    /// When by the file's own time.
    File {
        path: PathBuf,
        size_bytes: u64,
        modified: jiff::Timestamp,
    },
}

impl Objects {
    /// Reads the folder.
    pub(super) fn read(root: &Path) -> io::Result<Self> {
        let mut objects = Self { root: root.to_owned(), list: Vec::new(), used_bytes: 0 };
        objects.add_folder(root, 0, MAX_DEPTH)?;
        Ok(objects)
    }

    fn add_folder(&mut self, folder: &Path, parent: u32, depth: usize) -> io::Result<()> {
        let mut entries = fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let kind = entry.file_type()?;
            if kind.is_dir() && depth > 0 {
                let handle = self.add(Object { parent, name: name_of(&entry.path()), what: What::Folder })?;
                self.add_folder(&entry.path(), handle, depth - 1)?;
            } else if kind.is_file() {
                self.add_file(parent, &entry.path())?;
            }
        }
        Ok(())
    }

    fn add(&mut self, object: Object) -> io::Result<u32> {
        if self.list.len() >= MAX_OBJECTS {
            return Err(io::Error::other(format!("more than {MAX_OBJECTS} files and folders on one card")));
        }
        self.list.push(object);
        Ok(self.list.len() as u32)
    }

    fn add_file(&mut self, parent: u32, path: &Path) -> io::Result<u32> {
        let found = fs::metadata(path)?;
        let modified = found.modified()?.try_into().map_err(io::Error::other)?;
        let size_bytes = found.len();
        self.used_bytes += size_bytes;
        self.add(Object {
            parent,
            name: name_of(path),
            what: What::File { path: path.to_owned(), size_bytes, modified },
        })
    }

    /// Takes in a file that was written below the folder; returns the handles that are new, folders first.
    pub(super) fn take_in(&mut self, below: &Path) -> io::Result<Vec<u32>> {
        let mut new = Vec::new();
        let mut parent = 0;
        let folders: Vec<String> =
            below.parent().into_iter().flatten().map(|part| part.to_string_lossy().into()).collect();
        for folder in folders {
            let found = self.list.iter().position(|object| object.parent == parent && object.name == folder);
            parent = match found {
                Some(index) => index as u32 + 1,
                None => {
                    let handle = self.add(Object { parent, name: folder, what: What::Folder })?;
                    new.push(handle);
                    handle
                }
            };
        }
        new.push(self.add_file(parent, &self.root.join(below))?);
        Ok(new)
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    pub(super) fn get(&self, handle: u32) -> Option<&Object> {
        self.list.get((handle as usize).checked_sub(1)?)
    }

    /// Handles of a folder's entries; of all objects where none is named.
    pub(super) fn handles(&self, folder: Option<u32>) -> Vec<u32> {
        let all = self.list.iter().zip(1..);
        all.filter(|(object, _)| folder.is_none_or(|folder| object.parent == folder))
            .map(|(_, handle)| handle)
            .collect()
    }

    /// Bytes in all, free bytes, and how many shots that may be.
    pub(super) fn space(&self) -> (u64, u64, u32) {
        let free = CAPACITY_BYTES.saturating_sub(self.used_bytes);
        (CAPACITY_BYTES, free, (free / SHOT_BYTES) as u32)
    }
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
