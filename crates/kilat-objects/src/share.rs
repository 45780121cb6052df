//! Folders that are reached over the network though they look like disks: what moves there keeps to its limit.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use kilat_core::Mount;

use crate::mount::mounted_at;
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
        let is_share = || mounted_at(folder).is_ok_and(|mount| mount.is_some_and(|mount| is_share(&mount)));
        let is_meant = self.named.iter().any(|named| folder.starts_with(named)) || is_share();
        is_meant.then(|| Arc::clone(&self.limit))
    }
}

fn is_share(mount: &Mount) -> bool {
    server_of(mount).is_some()
}

/// The machine that serves what is mounted, as it was named; none for what no other machine serves.
#[must_use]
pub fn server_of(mount: &Mount) -> Option<String> {
    let source = mount.source.to_string_lossy();
    // `user@host:folder`, `remote:folder`, `https://host/folder`: of a file system whose kind is not known.
    let is_foreign = || mount.file_system.starts_with("fuse") && source.contains(':');
    if !KINDS.contains(&mount.file_system.as_str()) && !is_foreign() {
        return None;
    }
    let named = source.split_once("://").map_or(&*source, |(_, rest)| rest).trim_start_matches('/');
    let host = named.split('/').next().unwrap_or(named);
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    // `[fe80::1]:/photos`
    let host = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, _)) => address,
        None => host.split(':').next().unwrap_or(host),
    };
    Some(host.to_lowercase())
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

    fn server(kind: &str, source: &str) -> Option<String> {
        let (point, number) = ("/media/x".into(), (0, 50));
        server_of(&Mount { point, number, file_system: kind.to_owned(), source: source.into() })
    }

    #[test]
    fn shares_are_told_from_disks_by_how_they_are_mounted_and_name_their_server() {
        for (kind, source) in [
            ("cifs", "//nas/photos"),
            ("nfs4", "NAS:/photos"),
            ("fuse.sshfs", "ayu@nas:photos"),
            ("fuse", "https://nas/dav"),
        ] {
            assert_eq!(server(kind, source).as_deref(), Some("nas"), "{kind}");
        }
        assert_eq!(server("nfs4", "[fe80::1]:/photos").as_deref(), Some("fe80::1"));
        for (kind, source) in
            [("ext4", "/dev/sda1"), ("fuseblk", "/dev/sdb1"), ("fuse.mergerfs", "a"), ("tmpfs", "tmpfs")]
        {
            assert_eq!(server(kind, source), None, "{kind}");
        }
    }

    #[test]
    fn a_folder_that_the_operator_named_is_one_too() {
        let shares = Shares { limit: Arc::new(RateLimit::new(None)), named: [PathBuf::from("/media/nas")].into() };
        assert!(shares.limit_of(Path::new("/media/nas/photos")).is_some());
        assert!(shares.limit_of(Path::new("/")).is_none());
    }
}
