//! The port, for a folder in Google Drive.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io::Read;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;

use kilat_core::{Clock, DESTINATION_MARK, MarkId, ObjectKey, ProofHash, ReadBack};
use kilat_objects::{Capability, Entry, Found, Item, MAX_MARK_BYTES, ObjectStore, Receipt, Space, StoreError, Watch};
use serde_json::json;

use super::calls::{About, Api, Ask, DriveFile, No, path_of};
use super::copy::Copy;
use super::folders::Folders;
use super::upload;
use crate::attached::{Attached, Marked};
use crate::http::{Http, Line, Nobody, hash};
use crate::names::Names;
use crate::placing::place;
use crate::probe_name::ProbeNames;
use crate::retry::again;
use crate::source::Source;
use crate::{ABANDONED_MS, DriveAddress, MAX_FILE_BYTES, OpenError, Options, PARTS, Secrets, seed_of};

/// The folder of everything, whose real id an application may not be told.
pub(super) const TOP: &str = "root";

/// A folder in Google Drive.
pub(crate) struct DriveStore {
    pub(super) api: Api,
    http: Http,
    pub(super) top: String,
    pub(super) root: Vec<String>,
    clock: Arc<dyn Clock>,
    attached: Attached,
    names: Names,
    probe: ProbeNames,
    pub(super) folders: Folders,
}

impl DriveStore {
    pub(crate) fn open(address: &DriveAddress, secrets: &Secrets, options: Options) -> Result<Self, OpenError> {
        let api = Api::new(address, secrets)?;
        let place = PathBuf::from(&address.text);
        let probe = ProbeNames::new(&options.known, &options.clock);
        Ok(Self {
            http: Http::new(place.clone(), api.is_tls(), options.patience, options.limit)?,
            api,
            top: address.top.clone(),
            root: address.path.clone(),
            clock: options.clock,
            attached: Attached::new(place, options.known),
            names: Names::default(),
            probe,
            folders: Folders::default(),
        })
    }

    /// A key's folder and name.
    pub(super) fn path(&self, key: &ObjectKey) -> (Vec<String>, String) {
        let mut path: Vec<String> =
            self.root.iter().map(String::as_str).chain(key.segments()).map(str::to_owned).collect();
        let name = path.pop().unwrap_or_default();
        (path, name)
    }

    fn parts_path(&self) -> Vec<String> {
        self.root.iter().cloned().chain([PARTS.to_owned()]).collect()
    }

    /// All that stands under a key, folders too, the oldest first.
    pub(super) fn standing(&self, line: Line<'_>, key: &ObjectKey) -> Result<Vec<DriveFile>, StoreError> {
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

    pub(super) fn download(
        &self,
        line: Line<'_>,
        id: &str,
        size_bytes: u64,
    ) -> Result<ureq::http::Response<ureq::Body>, No> {
        let url = self.api.url(&path_of(id), &[("alt", "media")]);
        let what = "read back from";
        let ask = Ask { what, method: "GET", url, headers: Vec::new(), body: None, answer_bytes: size_bytes };
        self.api.ask(line, &ask)
    }

    pub(super) fn proof(
        &self,
        line: Line<'_>,
        key: &ObjectKey,
        size: u64,
    ) -> Result<Option<(u64, ProofHash)>, StoreError> {
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
            let about = json!({ "name": format!("probe-{}", self.probe.next()), "parents": [parts] });
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
