//! Folders that are reached over the network though they look like disks: what moves there keeps to its limit.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::mount::{Mounted, mounted_at};
use crate::rate::RateLimit;
use crate::{StoreError, Watch};

/// Kinds of file systems that other machines serve.
const KINDS: [&str; 15] = [
    "nfs",
    "nfs4",
    "cifs",
    "smb3",
    "smbfs",
    "ceph",
    "afs",
    "9p",
    "davfs",
    "fuse.sshfs",
    "fuse.rclone",
    "fuse.s3fs",
    "fuse.gcsfuse",
    "fuse.glusterfs",
    "fuse.smbnetfs",
];

/// The network's limit, and the folders that count as reached over it.
#[derive(Debug, Clone)]
pub struct Shares {
    /// Shared by all that moves over the network.
    pub limit: Arc<RateLimit>,
    /// Named by the operator, besides those that the system shows to be shares.
    pub named: Arc<[PathBuf]>,
}

impl Shares {
    /// The limit that holds for a folder: asked when something is about to move, for what is mounted may change.
    #[must_use]
    pub fn limit_of(&self, folder: &Path) -> Option<Arc<RateLimit>> {
        // What cannot be looked at cannot be copied to either, and says so itself.
        let is_share = || mounted_at(folder).is_ok_and(|mounted| mounted.is_some_and(|mounted| is_share(&mounted)));
        let is_meant = self.named.iter().any(|named| folder.starts_with(named)) || is_share();
        is_meant.then(|| Arc::clone(&self.limit))
    }
}

fn is_share(mounted: &Mounted) -> bool {
    // `user@host:folder`, `remote:folder`, `https://host/folder`: of a file system whose kind is not known.
    let is_foreign = || mounted.kind.starts_with("fuse") && mounted.source.to_string_lossy().contains(':');
    KINDS.contains(&mounted.kind.as_str()) || is_foreign()
}

/// Follows nothing and ends nothing.
pub(crate) struct Nobody;

impl Watch for Nobody {
    fn sent(&self, _bytes: u64) {}

    fn is_cancelled(&self) -> bool {
        false
    }
}

/// Waits until so many bytes may move, where a limit holds.
pub(crate) fn pay(limit: Option<&RateLimit>, bytes: u64, watch: &dyn Watch) -> Result<(), StoreError> {
    limit.map_or(Ok(()), |limit| limit.take(bytes, watch))
}

/// A reader that keeps to the limit.
pub(crate) struct Metered<R> {
    pub(crate) inner: R,
    pub(crate) limit: Arc<RateLimit>,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.limit.take(read as u64, &Nobody).map_err(io::Error::other)?;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mounted(kind: &str, source: &str) -> Mounted {
        let (point, device) = (PathBuf::from("/media/x"), "0:50".to_owned());
        Mounted { point, device, kind: kind.to_owned(), source: source.into() }
    }

    #[test]
    fn shares_are_told_from_disks_by_how_they_are_mounted() {
        for (kind, source) in [
            ("cifs", "//nas/photos"),
            ("nfs4", "nas:/photos"),
            ("fuse.sshfs", "ayu@nas:photos"),
            ("fuse", "https://cloud.example/dav"),
        ] {
            assert!(is_share(&mounted(kind, source)), "{kind}");
        }
        for (kind, source) in
            [("ext4", "/dev/sda1"), ("fuseblk", "/dev/sdb1"), ("fuse.mergerfs", "a"), ("tmpfs", "tmpfs")]
        {
            assert!(!is_share(&mounted(kind, source)), "{kind}");
        }
    }

    #[test]
    fn a_folder_that_the_operator_named_is_one_too() {
        let shares = Shares { limit: Arc::new(RateLimit::new(None)), named: [PathBuf::from("/media/nas")].into() };
        assert!(shares.limit_of(Path::new("/media/nas/photos")).is_some());
        assert!(shares.limit_of(Path::new("/")).is_none());
    }
}
