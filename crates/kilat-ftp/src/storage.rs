//! What libunftp asks of a file system, answered from the intake and from what this connection sent.

use std::fmt::Debug;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use async_trait::async_trait;
use tokio::io::AsyncRead;
use unftp_core::storage::{Error, ErrorKind, FEATURE_RESTART, Fileinfo, Metadata, Result, StorageBackend};

use crate::Sender;
use crate::names::{MAX_PATH_BYTES, whole};
use crate::session::Session;

/// One connection's view.
#[derive(Debug)]
pub(crate) struct Storage(pub(crate) Arc<Session>);

/// What is told of a file or folder.
#[derive(Debug, Clone, Copy)]
pub(crate) struct About {
    pub(crate) size_bytes: u64,
    pub(crate) at: SystemTime,
    pub(crate) is_folder: bool,
}

impl Metadata for About {
    fn len(&self) -> u64 {
        self.size_bytes
    }

    fn is_dir(&self) -> bool {
        self.is_folder
    }

    fn is_file(&self) -> bool {
        !self.is_folder
    }

    fn is_symlink(&self) -> bool {
        false
    }

    fn modified(&self) -> Result<SystemTime> {
        Ok(self.at)
    }

    fn gid(&self) -> u32 {
        0
    }

    fn uid(&self) -> u32 {
        0
    }
}

#[async_trait]
impl StorageBackend<Sender> for Storage {
    type Metadata = About;

    fn supported_features(&self) -> u32 {
        FEATURE_RESTART
    }

    async fn metadata<P: AsRef<Path> + Send + Debug>(&self, user: &Sender, path: P) -> Result<About> {
        self.0.about(user, &whole(path.as_ref())).ok_or_else(|| ErrorKind::PermanentFileNotAvailable.into())
    }

    async fn list<P: AsRef<Path> + Send + Debug>(&self, _: &Sender, path: P) -> Result<Vec<Fileinfo<PathBuf, About>>> {
        let listed = self.0.list(&whole(path.as_ref()));
        Ok(listed.into_iter().map(|(path, metadata)| Fileinfo { path, metadata }).collect())
    }

    async fn get<P: AsRef<Path> + Send + Debug>(
        &self,
        _: &Sender,
        _: P,
        _: u64,
    ) -> Result<Box<dyn AsyncRead + Send + Sync + Unpin>> {
        Err(refused("photos are sent here, not fetched"))
    }

    async fn put<P, R>(&self, user: &Sender, input: R, path: P, start_pos: u64) -> Result<u64>
    where
        P: AsRef<Path> + Send + Debug,
        R: AsyncRead + Send + Sync + Unpin + 'static,
    {
        must_be_short(path.as_ref())?;
        self.0.put(user, whole(path.as_ref()), start_pos, input).await
    }

    async fn del<P: AsRef<Path> + Send + Debug>(&self, _: &Sender, _: P) -> Result<()> {
        Err(refused("nothing that was sent is deleted"))
    }

    async fn mkd<P: AsRef<Path> + Send + Debug>(&self, _: &Sender, path: P) -> Result<()> {
        let path = path.as_ref();
        must_be_short(path)?;
        self.0.make_folder(whole(path));
        Ok(())
    }

    async fn rename<P: AsRef<Path> + Send + Debug>(&self, user: &Sender, from: P, to: P) -> Result<()> {
        must_be_short(to.as_ref())?;
        self.0.rename(user, &whole(from.as_ref()), whole(to.as_ref())).await
    }

    async fn rmd<P: AsRef<Path> + Send + Debug>(&self, _: &Sender, path: P) -> Result<()> {
        self.0.forget_folder(&whole(path.as_ref()));
        Ok(())
    }

    async fn cwd<P: AsRef<Path> + Send + Debug>(&self, _: &Sender, path: P) -> Result<()> {
        must_be_short(path.as_ref())
    }
}

fn must_be_short(path: &Path) -> Result<()> {
    if path.as_os_str().len() > MAX_PATH_BYTES {
        return Err(Error::new(ErrorKind::FileNameNotAllowedError, "the path is too long"));
    }
    Ok(())
}

fn refused(why: &'static str) -> Error {
    Error::new(ErrorKind::PermissionDenied, io::Error::new(io::ErrorKind::PermissionDenied, why))
}
