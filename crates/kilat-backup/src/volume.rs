//! Which disk each destination lies on, so that two copies on one disk count as one.
//!
//! Recorded when it is seen: a disk in another building is not here to be asked.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use kilat_core::{BackupFact, DESTINATION_MARK, Destination, Fact};
use kilat_journal::{Journal, JournalError};

/// Records the disk of a destination that is here now.
pub(crate) async fn note(journal: &Journal, place: &Destination) -> Result<(), JournalError> {
    let Some(folder) = place.folder().map(Path::to_owned) else { return Ok(()) };
    let seen = match tokio::task::spawn_blocking(move || volume(&folder)).await {
        Ok(Some(volume)) => volume,
        Ok(None) => return Ok(()),
        Err(panic) => std::panic::resume_unwind(panic.into_panic()),
    };
    if journal.volumes().await?.get(&place.id) == Some(&seen) {
        return Ok(());
    }
    let fact = BackupFact::VolumeSeen { destination: place.id.clone(), volume: seen };
    journal.append(vec![Fact::Backup(fact)]).await.map(|_| ())
}

/// Names the file system that holds a destination; none while the destination is not there.
fn volume(folder: &Path) -> Option<String> {
    // An empty mount point is on another disk than what is mounted there on other days.
    let mark = std::fs::metadata(folder.join(DESTINATION_MARK)).ok()?;
    let system = rustix::fs::statvfs(folder).ok()?;
    // The same after a restart, where the file system has an id at all.
    Some(if system.f_fsid == 0 { format!("device-{:x}", mark.dev()) } else { format!("{:x}", system.f_fsid) })
}
