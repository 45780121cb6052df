//! The vault as a store like any other: engines back up to it, verify it and restore from it without knowing.
//!
//! Copies that are made at the same time are stored together; each is answered when it was read back. A
//! photo that is opened is first written to a file of ours, compared, and unlinked.

use std::fs::{self, File};
use std::io::{self, Read};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use kilat_core::{FileStamp, MarkId, ObjectKey, ProofHash, ReadBack, path_text};
use kilat_objects::{Entry, Hashing, Item, ObjectStore, Receipt, Space, StoreError, Watch};

use crate::VaultError;
use crate::lines::{Ask, FaultLine, PhotoLine, PhotoOutcome};
use crate::session::{Reply, Request, Want, serve};
use crate::vault::Vault;

/// Requests that wait: more than any engine has under way at one destination.
const REQUESTS: usize = 256;
/// Answers that wait for whoever asked.
const REPLIES: usize = 16;
/// How often whoever waits is asked whether it still wants to.
const LOOK: Duration = Duration::from_millis(100);
/// Before the names of files that photos are written to when they are opened.
const SCRATCH: &str = "vault-";

/// A repository in restic's format as a store.
#[derive(Debug)]
pub struct VaultStore {
    vault: Arc<Vault>,
    scratch: PathBuf,
    opened: AtomicU64,
    requests: Mutex<Option<SyncSender<Request>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl VaultStore {
    /// The store; its process starts when it is first asked something. Photos that are opened are written to
    /// the folder `scratch` for as long as they are read, unencrypted.
    ///
    /// # Errors
    /// When the folder cannot be used or no thread can be had.
    pub fn new(vault: Vault, scratch: PathBuf) -> io::Result<Self> {
        fs::create_dir_all(&scratch)?;
        for entry in fs::read_dir(&scratch)? {
            let entry = entry?;
            // Of a process that was killed between writing and unlinking.
            if entry.file_name().to_str().is_some_and(is_left) {
                fs::remove_file(entry.path())?;
            }
        }
        let vault = Arc::new(vault);
        let (requests, asked) = sync_channel(REQUESTS);
        let served = Arc::clone(&vault);
        let thread = thread::Builder::new().name("vault".to_owned()).spawn(move || serve(served, &asked))?;
        Ok(Self {
            vault,
            scratch,
            opened: AtomicU64::new(0),
            requests: Mutex::new(Some(requests)),
            thread: Mutex::new(Some(thread)),
        })
    }

    fn request(&self, want: Want) -> Result<Receiver<Reply>, StoreError> {
        let (reply, replies) = sync_channel(REPLIES);
        let requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let sent = requests.is_some_and(|requests| requests.send(Request { want, reply }).is_ok());
        if sent { Ok(replies) } else { Err(self.broke()) }
    }

    fn broke(&self) -> StoreError {
        let source = io::Error::other("the thread that works on the repository is gone");
        StoreError::Io { what: "use", path: self.vault.place().to_owned(), source }
    }

    /// Asks, and hears the answers out.
    fn ask(&self, ask: Ask, photos: Vec<PhotoLine>, each: &mut dyn FnMut(Reply)) -> Result<(), StoreError> {
        let replies = self.request(Want::Ask(ask, photos))?;
        loop {
            match replies.recv() {
                Ok(Reply::End(ended)) => return ended.map_err(|fault| self.fault(fault, None)),
                Ok(reply) => each(reply),
                Err(_) => return Err(self.broke()),
            }
        }
    }

    fn fault(&self, fault: FaultLine, file: Option<&Path>) -> StoreError {
        VaultError::of(fault, self.vault.place(), file).into()
    }
}

fn is_left(name: &str) -> bool {
    let pid = name.strip_prefix(SCRATCH).and_then(|rest| rest.split_once('-')).and_then(|(pid, _)| pid.parse().ok());
    let pid = pid.and_then(rustix::process::Pid::from_raw);
    pid.is_some_and(|pid| rustix::process::test_kill_process(pid) == Err(rustix::io::Errno::SRCH))
}

fn photo(key: &ObjectKey, size_bytes: u64, proof: ProofHash) -> PhotoLine {
    PhotoLine { key: key.clone(), file: String::new(), size_bytes, mtime_ns: 0, content: None, proof, is_proven: false }
}

impl Drop for VaultStore {
    /// Waits for the last snapshot: what was stored is named in it.
    fn drop(&mut self) {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take()
            && thread.join().is_err()
        {
            tracing::error!("the thread that works on a repository broke off");
        }
    }
}

impl ObjectStore for VaultStore {
    fn attach(&self) -> Result<MarkId, StoreError> {
        self.vault.attach().map_err(StoreError::from)
    }

    fn probe(&self) -> Result<Option<Space>, StoreError> {
        self.vault.probe().map_err(StoreError::from)
    }

    fn put(&self, item: &Item<'_>, watch: &dyn Watch) -> Result<Receipt, StoreError> {
        let FileStamp { size_bytes, mtime_ns, ino: _ } = item.stamp;
        let line =
            PhotoLine { file: path_text::encode(item.file), mtime_ns, ..photo(item.key, size_bytes, item.proof) };
        let replies = self.request(Want::Put(line))?;
        let mut receipt = None;
        loop {
            match replies.recv_timeout(LOOK) {
                Ok(Reply::Photo(Ok(PhotoOutcome::Kept { was_there, stands_as }))) => {
                    let key = stands_as.and_then(|key| ObjectKey::try_from(key).ok());
                    let key = key.unwrap_or_else(|| item.key.clone());
                    watch.sent(size_bytes);
                    receipt = Some(Receipt { key, read_back: ReadBack::Cache, was_there });
                }
                Ok(Reply::Photo(Err(fault))) => return Err(self.fault(fault, Some(item.file))),
                Ok(Reply::Sent(_)) if watch.is_cancelled() => return Err(StoreError::Cancelled),
                Ok(Reply::Sent(bytes)) => watch.sent(bytes),
                Ok(Reply::Photo(Ok(_)) | Reply::Entry { .. }) => {}
                // Its own answer counts, however the rest of the batch ended.
                Ok(Reply::End(ended)) => {
                    let ended = ended.map_err(|fault| self.fault(fault, None));
                    return receipt.map_or_else(|| Err(ended.err().unwrap_or_else(|| self.broke())), Ok);
                }
                Err(RecvTimeoutError::Timeout) if watch.is_cancelled() => return Err(StoreError::Cancelled),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Err(self.broke()),
            }
        }
    }

    fn verify(&self, key: &ObjectKey, size_bytes: u64, proof: ProofHash) -> Result<ReadBack, StoreError> {
        let mut outcome = Err(self.broke());
        self.ask(Ask::Verify, vec![photo(key, size_bytes, proof)], &mut |reply| match reply {
            Reply::Photo(Ok(_)) => outcome = Ok(ReadBack::Cache),
            Reply::Photo(Err(fault)) => outcome = Err(self.fault(fault, None)),
            Reply::Sent(_) | Reply::Entry { .. } | Reply::End(_) => {}
        })?;
        outcome
    }

    fn look(&self, key: &ObjectKey) -> Result<Option<u64>, StoreError> {
        let mut found = None;
        self.ask(Ask::Look { key: key.clone() }, Vec::new(), &mut |reply| {
            if let Reply::Entry { key: _, size_bytes } = reply {
                found = Some(size_bytes);
            }
        })?;
        Ok(found)
    }

    fn list(&self, folder: &ObjectKey, each: &mut dyn FnMut(Entry) -> ControlFlow<()>) -> Result<(), StoreError> {
        // Told when all are here, as the process has them anyway: `each` may ask this store something.
        let mut entries = Vec::new();
        self.ask(Ask::Entries { folder: folder.clone() }, Vec::new(), &mut |reply| {
            // Names that are none of ours are another program's.
            if let Reply::Entry { key, size_bytes } = reply
                && let Ok(key) = ObjectKey::try_from(key)
            {
                entries.push(Entry { key, size_bytes });
            }
        })?;
        match entries.into_iter().try_for_each(each) {
            ControlFlow::Continue(()) | ControlFlow::Break(()) => Ok(()),
        }
    }

    fn replace(&self, key: &ObjectKey, bytes: &[u8]) -> Result<(), StoreError> {
        let file = self.scratch_file();
        let written = fs::write(&file, bytes);
        written.map_err(|source| StoreError::Io { what: "write", path: file.clone(), source })?;
        let _removed = Unlinked(&file);
        let mut hashing = Hashing::default();
        hashing.update(bytes);
        let hashed = hashing.hashed();
        let line = PhotoLine { file: path_text::encode(&file), ..photo(key, hashed.size_bytes, hashed.proof) };
        let mut outcome = Err(self.broke());
        self.ask(Ask::Replace, vec![line], &mut |reply| match reply {
            Reply::Photo(Ok(_)) => outcome = Ok(()),
            Reply::Photo(Err(fault)) => outcome = Err(self.fault(fault, None)),
            Reply::Sent(_) | Reply::Entry { .. } | Reply::End(_) => {}
        })?;
        outcome
    }

    fn open(&self, key: &ObjectKey) -> Result<Box<dyn Read + Send>, StoreError> {
        let file = self.scratch_file();
        let _removed = Unlinked(&file);
        let mut outcome = Err(self.broke());
        self.ask(
            Ask::Fetch { key: key.clone(), into: path_text::encode(&file) },
            Vec::new(),
            &mut |reply| match reply {
                Reply::Photo(Ok(_)) => outcome = Ok(()),
                Reply::Photo(Err(fault)) => outcome = Err(self.fault(fault, None)),
                Reply::Sent(_) | Reply::Entry { .. } | Reply::End(_) => {}
            },
        )?;
        outcome?;
        let opened = File::open(&file).map_err(|source| StoreError::Io { what: "open", path: file.clone(), source })?;
        Ok(Box::new(opened))
    }

    fn sweep(&self) -> Result<u64, StoreError> {
        // The process sweeps when it starts.
        Ok(0)
    }
}

impl VaultStore {
    fn scratch_file(&self) -> PathBuf {
        let number = self.opened.fetch_add(1, Ordering::Relaxed);
        self.scratch.join(format!("{SCRATCH}{}-{number}", std::process::id()))
    }
}

/// A file without a name, once this is dropped; whoever holds it open reads on.
struct Unlinked<'a>(&'a Path);

impl Drop for Unlinked<'_> {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_file(self.0)
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(file = %self.0.display(), %error, "a photo stays until the next start");
        }
    }
}
