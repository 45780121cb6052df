//! Files that were cut off: kept under `<camera>/<way>/cut off/`, until the whole comes by whatever way.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use kilat_core::{Via, fold_name, safe_segment};

/// The folder of what was cut off, beside the days.
pub(super) const FOLDER: &str = "cut off";
/// Remembered by name; far above what one event loses. More stay on the disk and in the journal, as cut off.
const MOST: usize = 10_000;
/// Compared at once.
const BLOCK: usize = 256 * 1024;

/// What is kept of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cut {
    /// Below the root.
    pub(super) path: PathBuf,
    pub(super) size_bytes: u64,
}

/// All of them, by the name that they were sent under, folded.
#[derive(Debug, Default)]
pub(super) struct Cuts {
    known: Mutex<BTreeMap<String, Vec<Cut>>>,
    keeping: Mutex<()>,
}

/// Where what is cut off of this sender's file stands, below the root.
pub(super) fn place_of(via: &Via, name: &str) -> PathBuf {
    [via.camera.as_str(), via.way.as_str(), FOLDER, &safe_segment(name)].iter().collect()
}

impl Cuts {
    /// Those that stand below `root`.
    pub(super) fn find(root: &Path) -> io::Result<Self> {
        let cuts = Self::default();
        for camera in folders(root)? {
            for way in folders(&camera)? {
                let folder = way.join(FOLDER);
                let entries = match std::fs::read_dir(&folder) {
                    Ok(entries) => entries,
                    Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                    Err(error) => return Err(error),
                };
                for entry in entries {
                    let entry = entry?;
                    let size_bytes = entry.metadata()?.len();
                    let path = entry.path();
                    if let Ok(path) = path.strip_prefix(root) {
                        cuts.add(Cut { path: path.to_owned(), size_bytes });
                    }
                }
            }
        }
        Ok(cuts)
    }

    /// What this sender's file of this name was cut off at.
    pub(super) fn of(&self, via: &Via, name: &str) -> Option<Cut> {
        let place = place_of(via, name);
        let cuts = self.lock();
        cuts.get(&key(&place))?.iter().find(|cut| cut.path == place).cloned()
    }

    /// Those of this name, whoever sent them.
    pub(super) fn named(&self, name: &str) -> Vec<Cut> {
        self.lock().get(&key(Path::new(&safe_segment(name)))).cloned().unwrap_or_default()
    }

    pub(super) fn add(&self, cut: Cut) {
        let mut cuts = self.lock();
        if cuts.len() >= MOST && !cuts.contains_key(&key(&cut.path)) {
            tracing::warn!(most = MOST, "more files are cut off than are remembered by name");
            return;
        }
        let same = cuts.entry(key(&cut.path)).or_default();
        same.retain(|known| known.path != cut.path);
        same.push(cut);
    }

    /// All of them.
    pub(super) fn all(&self) -> Vec<Cut> {
        self.lock().values().flatten().cloned().collect()
    }

    /// Held while the files on the disk are compared and replaced.
    pub(super) fn keeping(&self) -> MutexGuard<'_, ()> {
        self.keeping.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Deletes one, unless more of it came since it was looked at.
    pub(super) fn delete(&self, root: &Path, cut: &Cut) -> io::Result<()> {
        let _held = self.keeping();
        self.delete_held(root, cut)
    }

    /// The same, while [`Cuts::keeping`] is held.
    pub(super) fn delete_held(&self, root: &Path, cut: &Cut) -> io::Result<()> {
        let path = root.join(&cut.path);
        match path.symlink_metadata() {
            Ok(meta) if meta.len() != cut.size_bytes => return Ok(()),
            Ok(_) => std::fs::remove_file(&path)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        self.remove(&cut.path);
        Ok(())
    }

    fn remove(&self, path: &Path) {
        let mut cuts = self.lock();
        if let Some(same) = cuts.get_mut(&key(path)) {
            same.retain(|known| known.path != path);
            if same.is_empty() {
                cuts.remove(&key(path));
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Vec<Cut>>> {
        // A list that a panic left behind is still a list.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a cut-off file is looked up by: files of one name that differ are numbered.
pub(super) fn key(path: &Path) -> String {
    unnumbered(&fold_name(&path.file_name().unwrap_or_default().to_string_lossy()))
}

/// `dsc_0001 (2).jpg` as `dsc_0001.jpg`. A name that was sent with a number loses it too, here and there alike: the
/// bytes decide.
pub(super) fn unnumbered(name: &str) -> String {
    let (stem, ext) = name.rsplit_once('.').map_or((name, None), |(stem, ext)| (stem, Some(ext)));
    let number = stem.strip_suffix(')').and_then(|rest| rest.rsplit_once(" ("));
    let stem = number.filter(|(_, n)| n.bytes().all(|b| b.is_ascii_alphanumeric())).map_or(stem, |(stem, _)| stem);
    ext.map_or_else(|| stem.to_owned(), |ext| format!("{stem}.{ext}"))
}

fn folders(path: &Path) -> io::Result<Vec<PathBuf>> {
    let mut folders = Vec::new();
    for entry in std::fs::read_dir(path)? {
        let entry = entry?;
        let is_hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
        if entry.file_type()?.is_dir() && !is_hidden {
            folders.push(entry.path());
        }
    }
    Ok(folders)
}

/// Whether `whole` begins with all of `part`.
pub(super) fn begins_with(whole: &Path, part: &Path) -> io::Result<bool> {
    let (mut whole, mut part) = (File::open(whole)?, File::open(part)?);
    if part.metadata()?.len() > whole.metadata()?.len() {
        return Ok(false);
    }
    let (mut a, mut b) = (vec![0; BLOCK], vec![0; BLOCK]);
    loop {
        let read = part.read(&mut a)?;
        if read == 0 {
            return Ok(true);
        }
        whole.read_exact(&mut b[..read])?;
        if a[..read] != b[..read] {
            return Ok(false);
        }
    }
}
