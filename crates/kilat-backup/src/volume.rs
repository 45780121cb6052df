//! Which disks each destination lies on, so that copies that fail together count as one.
//!
//! Recorded when it is seen: a disk in another building is not here to be asked.

use std::path::{Path, PathBuf};

use kilat_core::{BackupFact, DESTINATION_MARK, Destination, Fact, Mount, UNKNOWN_VOLUME, VOLUME_PARTS};
use kilat_journal::{Journal, JournalError};
use kilat_objects::{mounted_at, server_of};

use crate::disks::System;

/// Records the disks of a destination that is here now.
pub(crate) async fn note(journal: &Journal, place: &Destination) -> Result<(), JournalError> {
    let Some(folder) = place.disk_folder().map(Path::to_owned) else { return Ok(()) };
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

/// Names what holds a destination; none while the destination is not there.
fn volume(folder: &Path) -> Option<String> {
    // An empty mount point is on another disk than what is mounted there on other days.
    std::fs::metadata(folder.join(DESTINATION_MARK)).ok()?;
    Some(name(&System::default(), mounted_at(folder).ok().flatten(), folder))
}

fn name(system: &System, mount: Option<Mount>, folder: &Path) -> String {
    let unknown = |why: &str| format!("{UNKNOWN_VOLUME}{why}");
    let Some(mount) = mount else { return unknown(&folder.display().to_string()) };
    if let Some(server) = server_of(&mount) {
        return format!("server {server}");
    }
    if ["tmpfs", "ramfs"].contains(&mount.file_system.as_str()) {
        return "memory".to_owned();
    }
    let on = |file: &Path| mounted_at(&PathBuf::from(file)).ok().flatten();
    match system.disks(&mount, &on) {
        Ok(disks) => disks.into_iter().collect::<Vec<_>>().join(VOLUME_PARTS),
        Err(why) => unknown(&why),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(number: (u32, u32), file_system: &str, source: &str) -> String {
        let mount = Mount { point: "/x".into(), number, file_system: file_system.into(), source: source.into() };
        let nothing = System { sys: "/no/such/sys".into(), udev: "/no/such/udev".into() };
        name(&nothing, Some(mount), Path::new("/x/photos"))
    }

    #[test]
    fn shares_of_one_server_are_one_and_what_cannot_be_told_says_so() {
        assert_eq!(named((0, 50), "cifs", "//nas/photos"), named((0, 51), "nfs4", "nas:/films"));
        assert_eq!(named((0, 52), "tmpfs", "tmpfs"), "memory");
        assert_eq!(named((0, 53), "zfs", "tank"), "?zfs tank");
        assert_eq!(named((8, 1), "ext4", "/dev/sda1"), "?ext4 /dev/sda1", "without /sys");
    }
}
