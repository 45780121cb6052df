//! Finding the events on a backup disk by nothing but what stands on it.

use std::io;
use std::path::{Path, PathBuf};

use crate::chain::{FOLDER, folder_of, manifest_name};

/// Events of one disk: what Kilat keeps at most.
const MAX_EVENTS: usize = 10_000;

/// A folder that lists itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundEvent {
    /// Where.
    pub path: PathBuf,
    /// What it was called when it was first backed up, whatever a copy of it is called now.
    pub folder: String,
}

/// The events at a path: the folder itself, or those right below it; by path.
///
/// # Errors
/// When it is no folder that may be read.
pub fn events_at(path: &Path) -> io::Result<Vec<FoundEvent>> {
    if let Some(event) = event_at(path)? {
        return Ok(vec![event]);
    }
    let mut events = Vec::new();
    for entry in std::fs::read_dir(path)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() && events.len() < MAX_EVENTS {
            events.extend(event_at(&entry.path())?);
        }
    }
    events.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(events)
}

fn event_at(path: &Path) -> io::Result<Option<FoundEvent>> {
    let entries = match std::fs::read_dir(path.join(FOLDER)) {
        Ok(entries) => entries,
        // Also a folder that only others may look into: of the disk's system, mostly.
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::PermissionDenied
            ) =>
        {
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    let mut oldest: Option<String> = None;
    for entry in entries {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if manifest_name(&name).is_some() && oldest.as_ref().is_none_or(|oldest| name < *oldest) {
            oldest = Some(name);
        }
    }
    let called = path.file_name().map(|name| name.to_string_lossy().into_owned());
    let folder = oldest.as_deref().and_then(folder_of).map(str::to_owned).or(called).unwrap_or_default();
    Ok(Some(FoundEvent { path: path.to_owned(), folder }))
}
