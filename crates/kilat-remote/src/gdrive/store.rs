//! The port, for a folder in Google Drive.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io::{self, Read};
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use kilat_core::{Clock, DESTINATION_MARK, MarkId, ObjectKey, ProofHash, ReadBack};
use kilat_objects::{
    Capability, Entry, Found, Item, Known, MAX_MARK_BYTES, ObjectStore, Receipt, Space, StoreError, Watch,
};
use serde_json::json;

use super::calls::{About, Api, Ask, DriveFile, FIELDS, FOLDER, No, path_of};
use super::upload;
use crate::attached::{Attached, Marked};
use crate::http::{Http, Line, Nobody, hash};
use crate::names::Names;
use crate::placing::{Named, Placing, place};
use crate::retry::again;
use crate::source::Source;
use crate::{ABANDONED_MS, DriveAddress, MAX_FILE_BYTES, MAX_FOLDERS, OpenError, Options, PARTS, Secrets, seed_of};

/// The folder of everything, whose real id an application may not be told.
const TOP: &str = "root";

/// A folder in Google Drive.
pub(crate) struct DriveStore {
    api: Api,
    http: Http,
    top: String,
    root: Vec<String>,
    clock: Arc<dyn Clock>,
    attached: Attached,
    names: Names,
    probe: String,
    /// Ids of folders by their paths from the top.
    folders: Mutex<HashMap<Vec<String>, String>>,
    /// One at a time makes folders: two would make one twice.
    making: Mutex<()>,
}

impl DriveStore {
    pub(crate) fn open(address: &DriveAddress, secrets: &Secrets, options: Options) -> Result<Self, OpenError> {
        let api = Api::new(address, secrets)?;
        let place = PathBuf::from(&address.text);
        let probe = match &options.known {
            Known::Place(mark) | Known::Nothing { fresh: mark } => mark.as_str().to_owned(),
        };
        Ok(Self {
            http: Http::new(place.clone(), api.is_tls(), options.patience, options.limit)?,
            api,
            top: address.top.clone(),
            root: address.path.clone(),
            clock: options.clock,
            attached: Attached::new(place, options.known),
            names: Names::default(),
            probe,
            folders: Mutex::default(),
            making: Mutex::default(),
        })
    }

    /// A key's folder and name.
    fn path(&self, key: &ObjectKey) -> (Vec<String>, String) {
        let mut path: Vec<String> =
            self.root.iter().map(String::as_str).chain(key.segments()).map(str::to_owned).collect();
        let name = path.pop().unwrap_or_default();
        (path, name)
    }

    fn parts_path(&self) -> Vec<String> {
        self.root.iter().cloned().chain([PARTS.to_owned()]).collect()
    }

    fn forget_folders(&self) {
        self.folders.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// A folder's id; none where it is not there. The oldest of one name counts.
    fn folder(&self, line: Line<'_>, path: &[String]) -> Result<Option<String>, StoreError> {
        let mut at = self.top.clone();
        for end in 1..=path.len() {
            let known = self.folders.lock().unwrap_or_else(PoisonError::into_inner).get(&path[..end]).cloned();
            at = match known {
                Some(id) => id,
                None => {
                    let Some(id) = self.below(line, &at, &path[end - 1])? else { return Ok(None) };
                    self.remember(&path[..end], &id);
                    id
                }
            };
        }
        Ok(Some(at))
    }

    fn below(&self, line: Line<'_>, parent: &str, name: &str) -> Result<Option<String>, StoreError> {
        match self.api.named(line, parent, name) {
            Ok(found) => Ok(found.into_iter().find(DriveFile::is_folder).map(|folder| folder.id)),
            Err(No::NotThere) => Ok(None),
            Err(other) => Err(other.fault(line, "look into")),
        }
    }

    fn remember(&self, path: &[String], id: &str) {
        let mut folders = self.folders.lock().unwrap_or_else(PoisonError::into_inner);
        if folders.len() >= MAX_FOLDERS {
            folders.clear();
        }
        folders.insert(path.to_vec(), id.to_owned());
    }

    /// A folder's id; makes it and those around it that are missing below the first `standing`.
    fn make_folder(&self, line: Line<'_>, path: &[String], standing: usize) -> Result<String, StoreError> {
        if let Some(id) = self.folder(line, path)? {
            return Ok(id);
        }
        let _one = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        let gone = || StoreError::Gone { place: line.place(), why: "the folder around it is missing" };
        let mut at = self.folder(line, &path[..standing])?.ok_or_else(gone)?;
        for end in standing + 1..=path.len() {
            at = match self.folder(line, &path[..end])? {
                Some(id) => id,
                None => self.make_one(line, &at, &path[end - 1])?,
            };
            self.remember(&path[..end], &at);
        }
        Ok(at)
    }

    fn make_one(&self, line: Line<'_>, parent: &str, name: &str) -> Result<String, StoreError> {
        let what = "make a folder in";
        let url = self.api.url("/drive/v3/files", &[("fields", FIELDS)]);
        let body = json!({ "name": name, "mimeType": FOLDER, "parents": [parent] });
        let made: DriveFile = match self.api.json(line, what, "POST", url, Some(&body)) {
            Ok(made) => made,
            Err(No::NotThere) => {
                self.forget_folders();
                return Err(StoreError::Gone { place: line.place(), why: "the folder around it is missing" });
            }
            Err(other) => return Err(other.fault(line, what)),
        };
        // Another Kilat may have made it too: all take the oldest, and the empty other one goes to the trash.
        let oldest = self.below(line, parent, name)?.unwrap_or_else(|| made.id.clone());
        if oldest != made.id {
            let mut is_empty = true;
            self.api
                .pages(line, &made.id, None, |files| {
                    is_empty &= files.is_empty();
                    is_empty
                })
                .map_err(|no| no.fault(line, what))?;
            if is_empty {
                self.api.trash(line, &made.id).map_err(|no| no.fault(line, what))?;
            }
        }
        Ok(oldest)
    }

    /// All that stands under a key, folders too, the oldest first.
    fn standing(&self, line: Line<'_>, key: &ObjectKey) -> Result<Vec<DriveFile>, StoreError> {
        let (path, name) = self.path(key);
        let Some(folder) = self.folder(line, &path)? else { return Ok(Vec::new()) };
        match self.api.named(line, &folder, &name) {
            Ok(found) => Ok(found),
            Err(No::NotThere) => {
                self.forget_folders();
                Ok(Vec::new())
            }
            Err(other) => Err(other.fault(line, "look at")),
        }
    }

    /// The file that counts under a key.
    fn first(&self, line: Line<'_>, key: &ObjectKey) -> Result<Option<DriveFile>, StoreError> {
        let found = self.standing(line, key)?;
        if found.len() > 1 {
            tracing::warn!(%key, count = found.len(), "one name stands more than once in Drive: the oldest counts");
        }
        Ok(found.into_iter().find(|file| file.size_bytes().is_some()))
    }

    fn download(&self, line: Line<'_>, id: &str, size_bytes: u64) -> Result<ureq::http::Response<ureq::Body>, No> {
        let url = self.api.url(&path_of(id), &[("alt", "media")]);
        let what = "read back from";
        let ask = Ask { what, method: "GET", url, headers: Vec::new(), body: None, answer_bytes: size_bytes };
        self.api.ask(line, &ask)
    }

    fn proof(&self, line: Line<'_>, key: &ObjectKey, size: u64) -> Result<Option<(u64, ProofHash)>, StoreError> {
        let Some(file) = self.first(line, key)? else { return Ok(None) };
        match self.download(line, &file.id, size) {
            Ok(answer) => hash(line, "read back from", line.body(answer)).map(Some),
            Err(No::NotThere) => Ok(None),
            Err(other) => Err(other.fault(line, "read back from")),
        }
    }

    /// Room, where it is the account's: a shared drive has none of its own.
    fn space(&self, line: Line<'_>) -> Result<Option<Space>, StoreError> {
        let what = "ask for the room of";
        if self.top != TOP {
            let top = self.api.file(line, &self.top).map_err(|no| no.fault(line, what))?;
            if top.drive_id.is_some() {
                return Ok(None);
            }
        }
        let url = self.api.url("/drive/v3/about", &[("fields", "storageQuota")]);
        let about: About = self.api.json(line, what, "GET", url, None).map_err(|no| no.fault(line, what))?;
        let number = |text: Option<String>| text.and_then(|text| text.parse::<u64>().ok());
        let quota = about.storage_quota;
        Ok(number(quota.limit)
            .zip(number(quota.usage))
            .map(|(total_bytes, used)| Space { free_bytes: total_bytes.saturating_sub(used), total_bytes }))
    }
}

/// One copy on its way.
struct Copy<'a> {
    store: &'a DriveStore,
    line: Line<'a>,
    item: &'a Item<'a>,
    parts: String,
    /// The temporary's id.
    part: RefCell<Option<String>>,
}

impl Copy<'_> {
    /// Gives the file another folder and a name.
    fn move_to(&self, file: &DriveFile, name: &str, to: &str) -> Result<DriveFile, No> {
        let api = &self.store.api;
        // A file has one folder: without leaving the old one it is refused the new one.
        let from = if file.parents.is_empty() { TOP.to_owned() } else { file.parents.join(",") };
        let url = api.url(&path_of(&file.id), &[("addParents", to), ("removeParents", &from), ("fields", FIELDS)]);
        api.json(self.line, "name a copy in", "PATCH", url, Some(&json!({ "name": name })))
    }

    /// Whether it stands in a folder. The topmost one is told by another id than it is asked for, or by none.
    fn is_in(&self, file: &DriveFile, folder: &str) -> bool {
        file.parents.iter().any(|parent| parent == folder) || (folder == TOP && !file.parents.contains(&self.parts))
    }

    fn name_once(&self, id: &str, path: &[String], name: &str) -> Result<Named, StoreError> {
        let (what, line, api) = ("name a copy in", self.line, &self.store.api);
        let folder = self.store.make_folder(line, path, self.store.root.len())?;
        let fault = |no: No| {
            self.store.forget_folders();
            no.fault(line, what)
        };
        // An answer may have been lost: it may be named already.
        let mut file = match api.file(line, id) {
            Ok(file) if !file.trashed => file,
            Ok(_) | Err(No::NotThere) => return Ok(Named::Unclear),
            Err(other) => return Err(fault(other)),
        };
        let others = |found: Vec<DriveFile>| found.into_iter().any(|other| other.id != id);
        if file.name != name || !self.is_in(&file, &folder) {
            if others(api.named(line, &folder, name).map_err(fault)?) {
                return Ok(Named::Taken);
            }
            file = self.move_to(&file, name, &folder).map_err(fault)?;
            if file.trashed || !self.is_in(&file, &folder) {
                // The folder lies in the trash: back, and into a new one.
                self.move_to(&file, self.item.part, &self.parts).map_err(fault)?;
                return Err(fault(No::NotThere));
            }
        }
        // Drive refuses no name: whoever came in between was first, and ours takes another.
        if others(api.named(line, &folder, name).map_err(fault)?) {
            self.move_to(&file, self.item.part, &self.parts).map_err(fault)?;
            return Ok(Named::Taken);
        }
        Ok(Named::Done)
    }
}

impl Placing for Copy<'_> {
    fn size(&self, key: &ObjectKey) -> Result<Option<u64>, StoreError> {
        let found = again(self.line.watch, seed_of(self.item), |_| self.store.standing(self.line, key))?;
        // A folder or a document of Google's takes the name too.
        Ok(found.first().map(|file| file.size_bytes().unwrap_or(u64::MAX)))
    }

    fn proof(&self, key: &ObjectKey, size_bytes: u64) -> Result<Option<(u64, ProofHash)>, StoreError> {
        again(self.line.watch, seed_of(self.item), |_| self.store.proof(self.line, key, size_bytes))
    }

    fn fill(&self) -> Result<ReadBack, StoreError> {
        let (line, size) = (self.line, self.item.stamp.size_bytes);
        let about = json!({ "name": self.item.part, "parents": [self.parts] });
        let (file, sum) = upload::whole(&self.store.api, line, self.item, &about)?;
        *self.part.borrow_mut() = Some(file.id.clone());
        let proven = match (&file.sha256_checksum, file.size_bytes()) {
            (Some(theirs), Some(length)) if *theirs == sum && length == size => Ok(ReadBack::Checksum),
            (None, Some(length)) if length == size => again(line.watch, seed_of(self.item), |_| {
                let what = "read back from";
                let answer = self.store.download(line, &file.id, size).map_err(|no| no.fault(line, what))?;
                if hash(line, what, line.body(answer))? == (size, self.item.proof) {
                    return Ok(ReadBack::Download);
                }
                Err(StoreError::Corrupt { place: line.place() })
            }),
            _ => Err(StoreError::Corrupt { place: line.place() }),
        };
        if matches!(proven, Err(StoreError::Corrupt { .. })) {
            // Its session would bring the damaged file again.
            line.watch.keep("");
            self.discard();
        }
        proven
    }

    fn name(&self, key: &ObjectKey) -> Result<Named, StoreError> {
        let id = self.part.borrow().clone();
        let Some(id) = id else { return Ok(Named::Unclear) };
        let (path, name) = self.store.path(key);
        again(self.line.watch, seed_of(self.item), |_| self.name_once(&id, &path, &name))
    }

    fn discard(&self) {
        if let Some(id) = self.part.borrow_mut().take() {
            self.store.api.remove(self.line, &id);
        }
    }

    fn too_many(&self) -> StoreError {
        let source = io::Error::other("no name is left, or the copy vanished while it was named");
        StoreError::Io { what: "name a copy in", path: self.line.place(), source }
    }
}

impl Marked for DriveStore {
    fn read_mark(&self) -> Result<Option<Vec<u8>>, StoreError> {
        self.http.brief(|line| {
            again(&Nobody, 1, |_| {
                let what = "read from";
                let Some(folder) = self.folder(line, &self.root)? else { return Ok(None) };
                let found = match self.api.named(line, &folder, DESTINATION_MARK) {
                    Ok(found) => found,
                    Err(No::NotThere) => {
                        self.forget_folders();
                        return Ok(None);
                    }
                    Err(other) => return Err(other.fault(line, what)),
                };
                let Some(mark) = found.first() else { return Ok(None) };
                let answer = self.download(line, &mark.id, 0).map_err(|no| no.fault(line, what))?;
                let mut bytes = Vec::new();
                let read = line.body(answer).take(MAX_MARK_BYTES).read_to_end(&mut bytes);
                read.map_err(|error| line.cut(what, error))?;
                Ok(Some(bytes))
            })
        })
    }

    fn write_mark(&self, text: &str) -> Result<(), StoreError> {
        self.http.brief(|line| {
            // Only its last part is made: a whole missing path is a mistake in the address.
            let folder = self.make_folder(line, &self.root, self.root.len().saturating_sub(1))?;
            let about = json!({ "name": DESTINATION_MARK, "parents": [folder] });
            let to = ("POST", upload::NEW);
            let mark = upload::small(&self.api, line, to, &about, text.as_bytes())?;
            // Another Kilat was faster: its mark counts.
            let found = self.api.named(line, &folder, DESTINATION_MARK).map_err(|no| no.fault(line, "mark"))?;
            if found.first().is_some_and(|first| first.id != mark.id) {
                self.api.remove(line, &mark.id);
            }
            Ok(())
        })
    }
}

impl ObjectStore for DriveStore {
    fn attach(&self) -> Result<MarkId, StoreError> {
        self.forget_folders();
        let mark = self.attached.attach(self)?;
        self.http.brief(|line| self.make_folder(line, &self.parts_path(), self.root.len()))?;
        Ok(mark)
    }

    fn probe(&self) -> Result<Option<Space>, StoreError> {
        self.attached.doubt();
        self.attached.check(self)?;
        self.http.brief(|line| {
            let parts = self.make_folder(line, &self.parts_path(), self.root.len())?;
            let about = json!({ "name": format!("probe-{}", self.probe), "parents": [parts] });
            let written = upload::small(&self.api, line, ("POST", upload::NEW), &about, b"kilat")?;
            self.api.remove(line, &written.id);
            self.space(line)
        })
    }

    fn put(&self, item: &Item<'_>, watch: &dyn Watch) -> Result<Receipt, StoreError> {
        self.attached.check(self)?;
        let _name = self.names.hold(item.key, watch)?;
        drop(Source::open(item)?);
        self.http.with(watch, |line| {
            let making = |_| self.make_folder(line, &self.parts_path(), self.root.len());
            let parts = again(watch, seed_of(item), making)?;
            place(item, watch, &Copy { store: self, line, item, parts, part: RefCell::default() })
        })
    }

    fn verify(&self, key: &ObjectKey, size_bytes: u64, proof: ProofHash) -> Result<ReadBack, StoreError> {
        let found = self.http.brief(|line| again(&Nobody, 1, |_| self.proof(line, key, size_bytes)))?;
        let is_same = found == Some((size_bytes, proof));
        if is_same { Ok(ReadBack::Download) } else { Err(StoreError::Corrupt { place: self.http.place() }) }
    }

    fn look(&self, key: &ObjectKey) -> Result<Option<u64>, StoreError> {
        let found = self.http.brief(|line| again(&Nobody, 1, |_| self.first(line, key)))?;
        if found.is_none() {
            self.attached.check(self)?;
        }
        Ok(found.and_then(|found| found.size_bytes()))
    }

    fn list(&self, folder: &ObjectKey, each: &mut dyn FnMut(Entry) -> ControlFlow<()>) -> Result<(), StoreError> {
        self.attached.check(self)?;
        let start: Vec<String> =
            self.root.iter().map(String::as_str).chain(folder.segments()).map(str::to_owned).collect();
        let what = "look into";
        self.http.brief(|line| {
            let Some(id) = self.folder(line, &start)? else { return Ok(()) };
            let mut folders = vec![(folder.clone(), id)];
            while let Some((folder, id)) = folders.pop() {
                // One folder's entries, so that a name that stands twice is told once, as its oldest.
                let mut entries: HashMap<String, DriveFile> = HashMap::new();
                let listed = self.api.pages(line, &id, None, |files| {
                    for file in files.into_iter().filter(|file| file.is_folder() || file.size_bytes().is_some()) {
                        match entries.get(&file.name) {
                            Some(old) if (&old.created_time, &old.id) <= (&file.created_time, &file.id) => {}
                            Some(_) | None => drop(entries.insert(file.name.clone(), file)),
                        }
                    }
                    true
                });
                match listed {
                    Ok(()) => {}
                    Err(No::NotThere) => self.forget_folders(),
                    Err(other) => return Err(other.fault(line, what)),
                }
                for (name, file) in entries {
                    let Some(key) = folder.below(&name) else { continue };
                    match file.size_bytes() {
                        Some(size_bytes) => {
                            if each(Entry { key, size_bytes }).is_break() {
                                return Ok(());
                            }
                        }
                        None => folders.push((key, file.id)),
                    }
                }
            }
            Ok(())
        })
    }

    fn replace(&self, key: &ObjectKey, bytes: &[u8]) -> Result<(), StoreError> {
        self.attached.check(self)?;
        let _name = self.names.hold(key, &Nobody)?;
        let (path, name) = self.path(key);
        self.http.brief(|line| {
            let folder = again(&Nobody, 1, |_| self.make_folder(line, &path, self.root.len()))?;
            // The bytes of a file that stands there change all at once, when the last of them has arrived.
            match again(&Nobody, 1, |_| self.first(line, key))? {
                Some(old) => {
                    let path = format!("/upload{}", path_of(&old.id));
                    upload::small(&self.api, line, ("PATCH", &path), &json!({}), bytes)
                }
                None => {
                    let about = json!({ "name": name, "parents": [folder] });
                    upload::small(&self.api, line, ("POST", upload::NEW), &about, bytes)
                }
            }
            .map(drop)
        })
    }

    fn open(&self, key: &ObjectKey) -> Result<Box<dyn Read + Send>, StoreError> {
        let what = "open a copy in";
        self.http.brief(|line| {
            let file = self.first(line, key)?.ok_or_else(|| No::NotThere.fault(line, what))?;
            let answer = self.download(line, &file.id, MAX_FILE_BYTES).map_err(|no| no.fault(line, what))?;
            Ok(line.owned_body(answer))
        })
    }

    fn capabilities(&self) -> Result<Vec<Capability>, StoreError> {
        let room = self.http.brief(|line| self.space(line))?;
        Ok(vec![
            Capability { name: "rename_no_replace", found: Found::No },
            Capability { name: "resume", found: Found::Yes },
            Capability { name: "free_room", found: if room.is_some() { Found::Yes } else { Found::No } },
        ])
    }

    fn sweep(&self) -> Result<u64, StoreError> {
        self.attached.check(self)?;
        let old = self.clock.now().0 - ABANDONED_MS;
        self.http.brief(|line| {
            let Some(parts) = self.folder(line, &self.parts_path())? else { return Ok(0) };
            let mut abandoned = Vec::new();
            let is_old = |file: &DriveFile| {
                let at = file.modified_time.as_ref().and_then(|at| at.parse::<jiff::Timestamp>().ok());
                !file.is_folder() && at.is_some_and(|at| at.as_millisecond() < old)
            };
            self.api
                .pages(line, &parts, None, |files| {
                    abandoned.extend(files.into_iter().filter(is_old).map(|file| file.id));
                    true
                })
                .map_err(|no| no.fault(line, "look into"))?;
            for id in &abandoned {
                self.api.remove(line, id);
            }
            Ok(abandoned.len() as u64)
        })
    }
}
