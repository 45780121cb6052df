//! Is the folder there, and is it still the same one?
//!
//! Invariant: a missing folder, or the empty place where a disk was mounted, is "offline" and says
//! nothing about the files that were in it.

use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Which folder on which device: a folder that was deleted and made again has another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Identity {
    device: u64,
    inode: u64,
    is_mount: bool,
}

/// Looks at the root of a source. `before` is what stood there the last time it was online.
///
/// # Errors
/// Why it is offline, in words for a person.
pub(crate) fn identify(root: &Path, before: Option<Identity>) -> Result<Identity, String> {
    let meta = std::fs::metadata(root).map_err(|error| reason(&error))?;
    if !meta.is_dir() {
        return Err("it is no folder any more; put the folder back".to_owned());
    }
    let parent = root.join("..");
    let is_mount = std::fs::metadata(&parent).is_ok_and(|parent| parent.dev() != meta.dev());
    if before.is_some_and(|before| before.is_mount) && !is_mount {
        return Err("its disk or share is not mounted; mount it again".to_owned());
    }
    std::fs::read_dir(root).map_err(|error| reason(&error))?;
    Ok(Identity { device: meta.dev(), inode: meta.ino(), is_mount })
}

fn reason(error: &io::Error) -> String {
    #[expect(clippy::wildcard_enum_match_arm, reason = "the standard library's list is open")]
    match error.kind() {
        io::ErrorKind::NotFound => "it is gone; connect its disk or make the folder again".to_owned(),
        io::ErrorKind::PermissionDenied => "Kilat may not read it; give its user read access".to_owned(),
        _ => format!("it cannot be read ({error}); check its disk or share"),
    }
}

/// Whether the file system below a folder tells when its files change. None when it cannot be asked.
#[must_use]
pub fn gives_events(folder: &Path) -> Option<bool> {
    let answer = rustix::fs::statfs(folder).ok()?;
    // statfs(2): what other machines or user programs write there is never announced here.
    const SILENT: [i64; 9] = [
        0x6969,      // NFS
        0x517b,      // SMB
        0xfe53_4d42, // SMB 2
        0xff53_4d42, // CIFS
        0x6573_5546, // FUSE
        0x0102_1997, // 9p
        0x5346_414f, // AFS
        0x786f_4256, // VirtualBox shared folder
        0x00c3_6400, // Ceph
    ];
    #[allow(clippy::useless_conversion, reason = "the type's width differs by platform; the numbers have 32 bits")]
    let magic = i64::from(answer.f_type) & 0xffff_ffff;
    Some(!SILENT.contains(&magic))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_was_made_again_is_another_one() {
        let parent = tempfile::tempdir().expect("a folder");
        let root = parent.path().join("hot");
        let other = parent.path().join("other");
        std::fs::create_dir(&root).expect("a folder");
        let first = identify(&root, None).expect("online");
        assert_eq!(identify(&root, Some(first)), Ok(first));
        std::fs::rename(&root, &other).expect("moved away");
        assert!(identify(&root, Some(first)).expect_err("offline").contains("gone"));
        std::fs::create_dir(&root).expect("a folder");
        assert_ne!(identify(&root, Some(first)).expect("online"), first);
    }

    #[test]
    fn a_disk_that_was_unmounted_is_offline_and_not_empty() {
        let root = tempfile::tempdir().expect("a folder");
        let here = identify(root.path(), None).expect("online");
        let mounted = Identity { is_mount: true, ..here };
        assert!(identify(root.path(), Some(mounted)).expect_err("offline").contains("not mounted"));
    }
}
