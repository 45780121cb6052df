//! The port over a WebDAV folder.

use std::collections::HashSet;
use std::io::Read;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use kilat_core::{Clock, DESTINATION_MARK, MarkId, ObjectKey, ProofHash, ReadBack};
use kilat_objects::{
    Capability, Entry, Found, Item, MAX_MARK_BYTES, ObjectStore, Receipt, Space, StoreError, Watch, short_hash,
};

use super::calls::{Ask, Dav, No};
use crate::attached::{Attached, Marked};
use crate::http::{Http, Line, Nobody, Payload};
use crate::names::Names;
use crate::placing::{Named, Placing, place};
use crate::probe_name::ProbeNames;
use crate::retry::again;
use crate::source::{Source, Told};
use crate::{ABANDONED_MS, MAX_FILE_BYTES, MAX_FOLDERS, OpenError, Options, PARTS, Secrets, WebDavAddress, seed_of};

/// A folder on a WebDAV server.
pub(crate) struct WebDavStore {
    dav: Dav,
    http: Http,
    root: Vec<String>,
    clock: Arc<dyn Clock>,
    attached: Attached,
    names: Names,
    probe: ProbeNames,
    /// Folders that are there.
    made: Mutex<HashSet<Vec<String>>>,
    /// Whether a move is refused where something stands; none before it was tried.
    refuses: Mutex<Option<bool>>,
}

impl WebDavStore {
    pub(crate) fn open(address: &WebDavAddress, secrets: &Secrets, options: Options) -> Result<Self, OpenError> {
        let dav = Dav::new(address, secrets);
        let place = PathBuf::from(&address.text);
        let probe = ProbeNames::new(&options.known, &options.clock);
        Ok(Self {
            http: Http::new(place.clone(), dav.is_tls(), options.patience, options.limit)?,
            dav,
            root: address.path.clone(),
            clock: options.clock,
            attached: Attached::new(place, options.known),
            names: Names::default(),
            probe,
            made: Mutex::default(),
            refuses: Mutex::default(),
        })
    }

    fn path(&self, key: &ObjectKey) -> Vec<String> {
        self.root.iter().map(String::as_str).chain(key.segments()).map(str::to_owned).collect()
    }

    fn own(&self, names: &[&str]) -> Vec<String> {
        self.root.iter().map(String::as_str).chain(names.iter().copied()).map(str::to_owned).collect()
    }

    /// Makes the folders around a path, as far as they are not known to be there.
    fn make_folders(&self, line: Line<'_>, path: &[String]) -> Result<(), StoreError> {
        for end in self.root.len() + 1..path.len() {
            let folder = &path[..end];
            if self.made.lock().unwrap_or_else(PoisonError::into_inner).contains(folder) {
                continue;
            }
            self.make_folder(line, folder)?;
            let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
            if made.len() >= MAX_FOLDERS {
                made.clear();
            }
            made.insert(folder.to_vec());
        }
        Ok(())
    }

    /// Makes a folder, unless it is there. Some servers lock what is being made (423): whoever else makes it is waited for.
    fn make_folder(&self, line: Line<'_>, folder: &[String]) -> Result<(), StoreError> {
        let what = "make a folder in";
        let make = || match self.dav.short(line, what, "MKCOL", folder) {
            Ok(()) | Err(No::Taken) => Ok(()),
            Err(No::Fault(busy @ StoreError::Busy { .. })) => match self.dav.standing(line, folder)? {
                Some(found) if found.is_folder => Ok(()),
                Some(_) | None => Err(busy),
            },
            Err(other) => Err(other.fault(line, what)),
        };
        match make() {
            Err(StoreError::Busy { .. }) => again(&Nobody, folder.len() as u64, |_| make()),
            made => made,
        }
    }

    fn forget_folders(&self) {
        self.made.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Sends bytes to a path and reads them back.
    fn write(&self, line: Line<'_>, path: &[String], bytes: &[u8]) -> Result<(), StoreError> {
        let what = "write to";
        let ask = Ask { what, method: "PUT", path, headers: Vec::new(), payload: Payload::Bytes(bytes) };
        self.dav.ask(line, ask, 0).map_err(|no| no.fault(line, what))?;
        if self.read_small(line, path, bytes.len() as u64 + 1)?.as_deref() == Some(bytes) {
            return Ok(());
        }
        Err(StoreError::Corrupt { place: line.place() })
    }

    fn read_small(&self, line: Line<'_>, path: &[String], most: u64) -> Result<Option<Vec<u8>>, StoreError> {
        let (what, mut bytes) = ("read from", Vec::new());
        match self.dav.get(line, what, path, 0) {
            Ok(answer) => {
                line.body(answer).take(most).read_to_end(&mut bytes).map_err(|error| line.cut(what, error))?;
                Ok(Some(bytes))
            }
            Err(No::NotThere) => Ok(None),
            Err(other) => Err(other.fault(line, what)),
        }
    }

    /// Moves one temporary over another under the condition that none is there.
    fn find_refusal(&self) -> Result<bool, StoreError> {
        let known = *self.refuses.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known {
            return Ok(known);
        }
        let name = self.probe.next();
        let [first, second] = ["a", "b"].map(|end| self.own(&[PARTS, &format!("probe-{name}-{end}")]));
        let refuses = self.http.brief(|line| {
            self.write(line, &first, b"first")?;
            self.write(line, &second, b"second")?;
            let moved = self.dav.rename(line, &first, &second, "F");
            for path in [&first, &second] {
                self.remove(line, path);
            }
            match moved {
                Ok(()) => Ok(false),
                Err(No::Taken) => Ok(true),
                Err(other) => Err(other.fault(line, "try")),
            }
        })?;
        tracing::info!(place = %self.http.place().display(), refuses, "found whether a move overwrites");
        *self.refuses.lock().unwrap_or_else(PoisonError::into_inner) = Some(refuses);
        Ok(refuses)
    }

    fn remove(&self, line: Line<'_>, path: &[String]) {
        match self.dav.short(line, "remove from", "DELETE", path) {
            Ok(()) | Err(No::NotThere) => {}
            Err(other) => {
                let error = other.fault(line, "remove from");
                tracing::debug!(%error, "a temporary stays until the next sweep");
            }
        }
    }

    fn space(&self, line: Line<'_>) -> Result<Option<Space>, StoreError> {
        let root = self.dav.standing(line, &self.root)?;
        let room = root.and_then(|root| root.free_bytes.zip(root.used_bytes));
        Ok(room.map(|(free_bytes, used)| Space { free_bytes, total_bytes: free_bytes.saturating_add(used) }))
    }
}

/// One copy on its way.
struct Copy<'a> {
    store: &'a WebDavStore,
    line: Line<'a>,
    item: &'a Item<'a>,
    part: Vec<String>,
}

impl Placing for Copy<'_> {
    fn size(&self, key: &ObjectKey) -> Result<Option<u64>, StoreError> {
        let path = self.store.path(key);
        let look = |_| self.store.dav.standing(self.line, &path);
        let found = again(self.line.watch, seed_of(self.item), look)?;
        Ok(found.filter(|found| !found.is_folder).map(|found| found.size_bytes.unwrap_or(u64::MAX)))
    }

    fn proof(&self, key: &ObjectKey, size_bytes: u64) -> Result<Option<(u64, ProofHash)>, StoreError> {
        let path = self.store.path(key);
        again(self.line.watch, seed_of(self.item), |_| self.store.dav.proof(self.line, &path, size_bytes))
    }

    fn fill(&self) -> Result<ReadBack, StoreError> {
        let (line, size, mut high) = (self.line, self.item.stamp.size_bytes, 0);
        again(line.watch, seed_of(self.item), |_| {
            let what = "store in";
            let mut source = Source::open(self.item)?;
            let mut told = Told::new(&mut source, line.watch, &mut high);
            let payload = Payload::Stream(&mut told, size);
            let ask = Ask { what, method: "PUT", path: &self.part, headers: Vec::new(), payload };
            let sent = self.store.dav.ask(line, ask, 0);
            source.after(sent.map_err(|no| no.fault(line, what)))?;
            // The whole is read back: a server may answer well and hold half of it.
            match self.store.dav.proof(line, &self.part, size)? {
                Some(found) if found == (size, self.item.proof) => Ok(ReadBack::Download),
                _ => Err(StoreError::Corrupt { place: line.place() }),
            }
        })
    }

    fn name(&self, key: &ObjectKey) -> Result<Named, StoreError> {
        let (line, path) = (self.line, self.store.path(key));
        let mut is_first = true;
        again(line.watch, seed_of(self.item), |_| {
            self.store.make_folders(line, &path)?;
            let was_first = std::mem::replace(&mut is_first, false);
            match self.store.dav.rename(line, &self.part, &path, "F") {
                Ok(()) => Ok(Named::Done),
                Err(No::Taken) if was_first => Ok(Named::Taken),
                Err(No::Taken) => Ok(Named::Unclear),
                // The folder was removed meanwhile, or the temporary is moved and the answer was lost.
                Err(No::NotThere) if was_first => {
                    self.store.forget_folders();
                    Err(No::NotThere.fault(line, "name a copy in"))
                }
                Err(No::NotThere) => Ok(Named::Unclear),
                Err(other) => Err(other.fault(line, "name a copy in")),
            }
        })
    }

    fn discard(&self) {
        self.store.remove(self.line, &self.part);
    }

    fn too_many(&self) -> StoreError {
        let source = std::io::Error::other("no name is left, or the copy vanished while it was named");
        StoreError::Io { what: "name a copy in", path: self.line.place(), source }
    }
}

impl Marked for WebDavStore {
    fn read_mark(&self) -> Result<Option<Vec<u8>>, StoreError> {
        let path = self.own(&[DESTINATION_MARK]);
        self.http.brief(|line| self.read_small(line, &path, MAX_MARK_BYTES))
    }

    fn write_mark(&self, text: &str) -> Result<(), StoreError> {
        let gone = || StoreError::Gone { place: self.http.place(), why: "the folder around it is missing" };
        self.http.brief(|line| {
            // Only its last part is made: a whole missing path is a mistake in the address.
            if !self.root.is_empty() {
                match self.dav.short(line, "make", "MKCOL", &self.root) {
                    Ok(()) | Err(No::Taken) => {}
                    Err(No::NotThere) => return Err(gone()),
                    Err(other) => return Err(other.fault(line, "make")),
                }
            }
            let (part, path) =
                (self.own(&[PARTS, &format!("mark-{}", self.probe.next())]), self.own(&[DESTINATION_MARK]));
            self.make_folders(line, &part)?;
            self.write(line, &part, text.as_bytes())?;
            match self.dav.rename(line, &part, &path, "F") {
                // Another Kilat was faster: its mark counts.
                Ok(()) | Err(No::Taken) => Ok(()),
                Err(other) => Err(other.fault(line, "mark")),
            }
        })
    }
}

impl ObjectStore for WebDavStore {
    fn attach(&self) -> Result<MarkId, StoreError> {
        self.forget_folders();
        let mark = self.attached.attach(self)?;
        self.http.brief(|line| self.make_folders(line, &self.own(&[PARTS, "part"])))?;
        self.find_refusal()?;
        Ok(mark)
    }

    fn probe(&self) -> Result<Option<Space>, StoreError> {
        self.attached.doubt();
        self.attached.check(self)?;
        let path = self.own(&[PARTS, &format!("probe-{}", self.probe.next())]);
        self.http.brief(|line| {
            self.write(line, &path, b"kilat")?;
            self.remove(line, &path);
            self.space(line)
        })
    }

    fn put(&self, item: &Item<'_>, watch: &dyn Watch) -> Result<Receipt, StoreError> {
        self.attached.check(self)?;
        let _name = self.names.hold(item.key, watch)?;
        drop(Source::open(item)?);
        let part = self.own(&[PARTS, item.part]);
        self.http.with(watch, |line| place(item, watch, &Copy { store: self, line, item, part }))
    }

    fn verify(&self, key: &ObjectKey, size_bytes: u64, proof: ProofHash) -> Result<ReadBack, StoreError> {
        let path = self.path(key);
        let found = self.http.brief(|line| again(&Nobody, 1, |_| self.dav.proof(line, &path, size_bytes)))?;
        let is_same = found == Some((size_bytes, proof));
        if is_same { Ok(ReadBack::Download) } else { Err(StoreError::Corrupt { place: self.http.place() }) }
    }

    fn look(&self, key: &ObjectKey) -> Result<Option<u64>, StoreError> {
        let path = self.path(key);
        let found = self.http.brief(|line| again(&Nobody, 1, |_| self.dav.standing(line, &path)))?;
        if found.is_none() {
            self.attached.check(self)?;
        }
        Ok(found.filter(|found| !found.is_folder).and_then(|found| found.size_bytes))
    }

    fn list(&self, folder: &ObjectKey, each: &mut dyn FnMut(Entry) -> ControlFlow<()>) -> Result<(), StoreError> {
        self.attached.check(self)?;
        let mut folders = vec![folder.clone()];
        while let Some(folder) = folders.pop() {
            let path = self.path(&folder);
            let (mut is_over, mut below) = (false, Vec::new());
            self.http.brief(|line| {
                self.dav.find(line, &path, "1", |found| {
                    // The folder itself stands in the answer too.
                    if is_over || found.path.len() <= path.len() {
                        return;
                    }
                    let Some(key) = folder.below(found.name()) else { return };
                    match (found.is_folder, found.size_bytes) {
                        (true, _) => below.push(key),
                        (false, Some(size_bytes)) => is_over = each(Entry { key, size_bytes }).is_break(),
                        (false, None) => {}
                    }
                })
            })?;
            if is_over {
                return Ok(());
            }
            folders.extend(below);
        }
        Ok(())
    }

    fn replace(&self, key: &ObjectKey, bytes: &[u8]) -> Result<(), StoreError> {
        self.attached.check(self)?;
        let _name = self.names.hold(key, &Nobody)?;
        let part = self.own(&[PARTS, &short_hash(key.as_str().as_bytes(), 32)]);
        let path = self.path(key);
        self.http.brief(|line| {
            again(&Nobody, bytes.len() as u64, |_| {
                self.make_folders(line, &path)?;
                self.write(line, &part, bytes)?;
                self.dav.rename(line, &part, &path, "T").map_err(|no| {
                    self.forget_folders();
                    no.fault(line, "name")
                })
            })
        })
    }

    fn open(&self, key: &ObjectKey) -> Result<Box<dyn Read + Send>, StoreError> {
        let (path, what) = (self.path(key), "open a copy in");
        self.http.brief(|line| {
            let answer = self.dav.get(line, what, &path, MAX_FILE_BYTES).map_err(|no| no.fault(line, what))?;
            Ok(line.owned_body(answer))
        })
    }

    fn capabilities(&self) -> Result<Vec<Capability>, StoreError> {
        let found = |is_so: bool| if is_so { Found::Yes } else { Found::No };
        let room = self.http.brief(|line| self.space(line))?;
        Ok(vec![
            Capability { name: "rename_no_replace", found: found(self.find_refusal()?) },
            Capability { name: "resume", found: Found::No },
            Capability { name: "free_room", found: found(room.is_some()) },
        ])
    }

    fn sweep(&self) -> Result<u64, StoreError> {
        self.attached.check(self)?;
        let (parts, old, mut swept) = (self.own(&[PARTS]), self.clock.now().0 - ABANDONED_MS, 0);
        self.http.brief(|line| {
            let mut abandoned = Vec::new();
            self.dav.find(line, &parts, "1", |found| {
                if !found.is_folder && found.changed.is_some_and(|at| at.0 < old) {
                    abandoned.push(self.own(&[PARTS, found.name()]));
                }
            })?;
            for path in abandoned {
                self.remove(line, &path);
                swept += 1;
            }
            Ok(swept)
        })
    }
}
