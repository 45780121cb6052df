//! The port over an SSH server's folder.

use std::io::{self, Read};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use kilat_core::{Clock, DESTINATION_MARK, MarkId, ObjectKey, ProofHash, ReadBack};
use kilat_objects::{
    Capability, Entry, Found, Item, MAX_MARK_BYTES, ObjectStore, Receipt, Space, StoreError, Watch, short_hash,
};
use russh::keys::decode_secret_key;
use russh_sftp::client::fs::File;
use tokio::io::AsyncReadExt;
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::session::{Login, is_missing};
use super::work::{BLOCK, Inner, Work};
use crate::attached::{Attached, Marked};
use crate::http::Nobody;
use crate::names::Names;
use crate::placing::{Named, Placing, place};
use crate::probe_name::ProbeNames;
use crate::retry::again;
use crate::source::Source;
use crate::{ABANDONED_MS, OpenError, Options, PARTS, Secrets, SftpAddress, seed_of};

/// A folder on an SSH server.
pub(crate) struct SftpStore {
    inner: Arc<Inner>,
    attached: Attached,
    names: Names,
    clock: Arc<dyn Clock>,
    probe: ProbeNames,
    /// Whether a rename is refused where something stands; none before it was tried.
    refuses: Mutex<Option<bool>>,
}

impl SftpStore {
    pub(crate) fn open(address: &SftpAddress, secrets: &Secrets, options: Options) -> Result<Self, OpenError> {
        let place = PathBuf::from(&address.text);
        let key = match secrets.get("key") {
            Some(text) => {
                let decoded = decode_secret_key(text, secrets.get("passphrase"));
                let wrong = |why: russh::keys::Error| OpenError::BadSecret { name: "key", why: why.to_string() };
                Some(Arc::new(decoded.map_err(wrong)?))
            }
            None => None,
        };
        let password = secrets.get("password").map(|text| Zeroizing::new(text.to_owned()));
        if key.is_none() && password.is_none() {
            return Err(OpenError::Secret { name: "key", says: "a private key, or password instead" });
        }
        let runtime = Builder::new_multi_thread().worker_threads(1).thread_name("kilat-sftp").enable_all().build();
        let runtime = runtime.map_err(|error| OpenError::NoThread { why: error.to_string() })?;
        let probe = ProbeNames::new(&options.known, &options.clock);
        let inner = Inner {
            login: Login {
                place: place.clone(),
                address: address.clone(),
                patience: options.patience,
                password,
                key,
                host_key: Arc::new(Mutex::new(options.host_key)),
            },
            root: address.path.trim_end_matches('/').to_owned(),
            limit: options.limit,
            patience: options.patience,
            idle: Mutex::default(),
            runtime: Some(runtime),
        };
        Ok(Self {
            inner: Arc::new(inner),
            attached: Attached::new(place, options.known),
            names: Names::default(),
            clock: options.clock,
            probe,
            refuses: Mutex::default(),
        })
    }

    fn part(&self, name: &str) -> String {
        self.inner.own(&format!("{PARTS}/{name}"))
    }

    /// Renames one temporary over another.
    fn find_refusal(&self) -> Result<bool, StoreError> {
        let known = *self.refuses.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known {
            return Ok(known);
        }
        let name = self.probe.next();
        let [first, second] = ["a", "b"].map(|end| self.part(&format!("probe-{name}-{end}")));
        let refuses = self.inner.with(&Nobody, 0, async move |work: Work<'_>| {
            work.write_small(&first, b"first").await?;
            work.write_small(&second, b"second").await?;
            let refused = work.session.sftp.rename(first.as_str(), second.as_str()).await.is_err();
            work.remove(&first).await?;
            work.remove(&second).await?;
            Ok(refused)
        })?;
        tracing::info!(place = %self.inner.login.place.display(), refuses, "found whether a rename overwrites");
        *self.refuses.lock().unwrap_or_else(PoisonError::into_inner) = Some(refuses);
        Ok(refuses)
    }
}

/// One copy on its way.
struct Copy<'a> {
    store: &'a SftpStore,
    item: &'a Item<'a>,
    watch: &'a dyn Watch,
    part: String,
}

impl Placing for Copy<'_> {
    fn size(&self, key: &ObjectKey) -> Result<Option<u64>, StoreError> {
        let path = self.store.inner.path(key);
        again(self.watch, seed_of(self.item), |_| {
            self.store.inner.with(self.watch, 0, async |work: Work<'_>| work.size(&path).await)
        })
    }

    fn proof(&self, key: &ObjectKey, size_bytes: u64) -> Result<Option<(u64, ProofHash)>, StoreError> {
        let path = self.store.inner.path(key);
        again(self.watch, seed_of(self.item), |_| {
            self.store.inner.with(self.watch, size_bytes, async |work: Work<'_>| work.proof(&path).await)
        })
    }

    fn fill(&self) -> Result<ReadBack, StoreError> {
        let (size, mut high) = (self.item.stamp.size_bytes, 0);
        again(self.watch, seed_of(self.item), |_| {
            let mut source = Source::open(self.item)?;
            let high = &mut high;
            self.store.inner.with(self.watch, size.saturating_mul(2), async move |work: Work<'_>| {
                // Its own word for a full disk is the same as for anything else.
                if work.space().await?.is_some_and(|space| space.free_bytes < size) {
                    return Err(StoreError::Full { place: work.inner.login.place.clone() });
                }
                work.send(&mut source, &self.part, high).await?;
                match work.proof(&self.part).await? {
                    Some(found) if found == (size, self.item.proof) => Ok(ReadBack::Download),
                    _ => Err(StoreError::Corrupt { place: work.inner.login.place.clone() }),
                }
            })
        })
    }

    fn name(&self, key: &ObjectKey) -> Result<Named, StoreError> {
        let path = self.store.inner.path(key);
        again(self.watch, seed_of(self.item), |attempt| {
            self.store.inner.with(self.watch, 0, async |work: Work<'_>| {
                work.make_folders(&path).await?;
                // Of version 3 of the protocol: refused where something stands.
                let Err(error) = work.session.sftp.rename(self.part.as_str(), path.as_str()).await else {
                    return Ok(Named::Done);
                };
                match (work.size(&self.part).await?, work.size(&path).await?) {
                    (None, _) if attempt > 1 => Ok(Named::Unclear),
                    (_, Some(_)) => Ok(Named::Taken),
                    (_, None) => Err(work.fault("name a copy in")(error)),
                }
            })
        })
    }

    fn discard(&self) {
        let removed = self.store.inner.with(&Nobody, 0, async |work: Work<'_>| work.remove(&self.part).await);
        if let Err(error) = removed {
            tracing::debug!(%error, "a temporary stays until the next sweep");
        }
    }

    fn too_many(&self) -> StoreError {
        let source = io::Error::other("no name is left, or the copy vanished while it was named");
        self.store.inner.io("name a copy in", source)
    }
}

impl Marked for SftpStore {
    fn read_mark(&self) -> Result<Option<Vec<u8>>, StoreError> {
        let path = self.inner.own(DESTINATION_MARK);
        self.inner.with(&Nobody, 0, async |work: Work<'_>| work.read_small(&path, MAX_MARK_BYTES).await)
    }

    fn write_mark(&self, text: &str) -> Result<(), StoreError> {
        let (part, path) = (self.part(&format!("mark-{}", self.probe.next())), self.inner.own(DESTINATION_MARK));
        self.inner.with(&Nobody, 0, async |work: Work<'_>| {
            let root = if self.inner.root.is_empty() { "/" } else { self.inner.root.as_str() };
            // Only its last part is made: a whole missing path is a mistake in the address.
            if work.session.sftp.metadata(root).await.is_err()
                && let Err(error) = work.session.sftp.create_dir(root).await
            {
                if is_missing(&error) {
                    let why = "the folder around it is missing";
                    return Err(StoreError::Gone { place: self.inner.login.place.clone(), why });
                }
                return Err(work.fault("make")(error));
            }
            work.make_folders(&part).await?;
            work.write_small(&part, text.as_bytes()).await?;
            if work.session.sftp.rename(part.as_str(), path.as_str()).await.is_ok() {
                return Ok(());
            }
            // Another Kilat was faster, and its mark counts; else the look that follows finds none.
            work.remove(&part).await
        })
    }
}

impl ObjectStore for SftpStore {
    fn attach(&self) -> Result<MarkId, StoreError> {
        let mark = self.attached.attach(self)?;
        let part = self.part("part");
        self.inner.with(&Nobody, 0, async |work: Work<'_>| work.make_folders(&part).await)?;
        self.find_refusal()?;
        Ok(mark)
    }

    fn probe(&self) -> Result<Option<Space>, StoreError> {
        self.attached.doubt();
        self.attached.check(self)?;
        let path = self.part(&format!("probe-{}", self.probe.next()));
        self.inner.with(&Nobody, 0, async |work: Work<'_>| {
            work.write_small(&path, b"kilat").await?;
            work.remove(&path).await?;
            work.space().await
        })
    }

    fn put(&self, item: &Item<'_>, watch: &dyn Watch) -> Result<Receipt, StoreError> {
        self.attached.check(self)?;
        let _name = self.names.hold(item.key, watch)?;
        drop(Source::open(item)?);
        place(item, watch, &Copy { store: self, item, watch, part: self.part(item.part) })
    }

    fn verify(&self, key: &ObjectKey, size_bytes: u64, proof: ProofHash) -> Result<ReadBack, StoreError> {
        let path = self.inner.path(key);
        let found = again(&Nobody, 1, |_| {
            self.inner.with(&Nobody, size_bytes, async |work: Work<'_>| work.proof(&path).await)
        })?;
        let is_same = found == Some((size_bytes, proof));
        if is_same {
            Ok(ReadBack::Download)
        } else {
            Err(StoreError::Corrupt { place: self.inner.login.place.clone() })
        }
    }

    fn look(&self, key: &ObjectKey) -> Result<Option<u64>, StoreError> {
        let path = self.inner.path(key);
        let found = again(&Nobody, 1, |_| self.inner.with(&Nobody, 0, async |work: Work<'_>| work.size(&path).await))?;
        if found.is_none() {
            self.attached.check(self)?;
        }
        Ok(found)
    }

    fn list(&self, folder: &ObjectKey, each: &mut dyn FnMut(Entry) -> ControlFlow<()>) -> Result<(), StoreError> {
        self.attached.check(self)?;
        let mut folders = vec![folder.clone()];
        while let Some(folder) = folders.pop() {
            let path = self.inner.path(&folder);
            let entries = self.inner.with(&Nobody, 0, async |work: Work<'_>| {
                match work.session.sftp.read_dir(path.as_str()).await {
                    Ok(entries) => Ok(Some(entries)),
                    Err(error) if is_missing(&error) => Ok(None),
                    Err(error) => Err(work.fault("list")(error)),
                }
            })?;
            for entry in entries.into_iter().flatten() {
                let Some(key) = folder.below(&entry.file_name()) else { continue };
                let found = entry.metadata();
                if found.is_dir() {
                    folders.push(key);
                } else if let (true, Some(size_bytes)) = (found.is_regular(), found.size)
                    && each(Entry { key, size_bytes }).is_break()
                {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    fn replace(&self, key: &ObjectKey, bytes: &[u8]) -> Result<(), StoreError> {
        self.attached.check(self)?;
        let _name = self.names.hold(key, &Nobody)?;
        let (part, path) = (self.part(&short_hash(key.as_str().as_bytes(), 32)), self.inner.path(key));
        again(&Nobody, bytes.len() as u64, |_| {
            self.inner.with(&Nobody, bytes.len() as u64, async |work: Work<'_>| {
                work.make_folders(&path).await?;
                work.write_small(&part, bytes).await?;
                if work.session.sftp.rename(part.as_str(), path.as_str()).await.is_ok() {
                    return Ok(());
                }
                // Version 3 cannot replace: the new one stays whole under its temporary name in between.
                work.remove(&path).await?;
                let renamed = work.session.sftp.rename(part.as_str(), path.as_str()).await;
                renamed.map_err(work.fault("name"))
            })
        })
    }

    fn open(&self, key: &ObjectKey) -> Result<Box<dyn Read + Send>, StoreError> {
        let path = self.inner.path(key);
        let file = self.inner.with(&Nobody, 0, async |work: Work<'_>| {
            work.session.sftp.open(path.as_str()).await.map_err(work.fault("open a copy in"))
        })?;
        Ok(Box::new(Reading { file: Some(file), inner: Arc::clone(&self.inner) }))
    }

    fn capabilities(&self) -> Result<Vec<Capability>, StoreError> {
        let found = |is_so: bool| if is_so { Found::Yes } else { Found::No };
        let room = self.inner.with(&Nobody, 0, async move |work: Work<'_>| work.space().await)?;
        Ok(vec![
            Capability { name: "rename_no_replace", found: found(self.find_refusal()?) },
            Capability { name: "resume", found: Found::No },
            Capability { name: "free_room", found: found(room.is_some()) },
        ])
    }

    fn host_key(&self) -> Option<String> {
        self.inner.login.host_key.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn sweep(&self) -> Result<u64, StoreError> {
        self.attached.check(self)?;
        let (folder, old) = (self.inner.own(PARTS), (self.clock.now().0 - ABANDONED_MS) / 1_000);
        self.inner.with(&Nobody, 0, async move |work: Work<'_>| {
            let mut swept = 0;
            for entry in work.session.sftp.read_dir(folder.as_str()).await.map_err(work.fault("list"))? {
                let found = entry.metadata();
                if found.is_regular() && found.mtime.is_some_and(|at| i64::from(at) < old) {
                    work.remove(&format!("{folder}/{}", entry.file_name())).await?;
                    swept += 1;
                }
            }
            Ok(swept)
        })
    }
}

/// A copy that somebody reads.
struct Reading {
    file: Option<File>,
    inner: Arc<Inner>,
}

impl Drop for Reading {
    fn drop(&mut self) {
        // The file closes itself by a task, which needs to know where it runs.
        let _inside = self.inner.runtime.as_ref().map(Runtime::enter);
        self.file = None;
    }
}

impl Read for Reading {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let runtime = self.inner.runtime.as_ref().ok_or(io::ErrorKind::NotConnected)?;
        let most = buffer.len().min(BLOCK);
        let file = self.file.as_mut().ok_or(io::ErrorKind::NotConnected)?;
        let idle = self.inner.patience.idle;
        let read = runtime.block_on(async { timeout(idle, file.read(&mut buffer[..most])).await });
        let read = read.map_err(|_elapsed| io::ErrorKind::TimedOut)??;
        self.inner.limit.take(read as u64, &Nobody).map_err(io::Error::other)?;
        Ok(read)
    }
}
