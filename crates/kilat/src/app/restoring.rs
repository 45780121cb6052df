//! Where a restore reads: a folder or an address that lists itself, or the destinations that a journal names.
//!
//! Nothing is written there, the journal is only looked at, and a server that holds it goes on undisturbed.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use kilat_auth::Secrets;
use kilat_core::{
    Clock, Destination, DestinationHealth, DestinationId, Event, IdSource, Medium, Millis, ObjectKey, SystemClock,
    fold_name,
};
use kilat_mhl::{
    FileHash, Folder, FoundEvent, History, HistoryError, Listed, Place, RelPath, Source, Stored, events_at,
};
use kilat_objects::{Known, ObjectStore, RateLimit};
use kilat_places::{Open, Opener, Places};
use tokio::runtime::Runtime;

use super::destinations;
use super::setup::journal_fail;
use super::stores::Stores;
use crate::data::DataFolder;
use crate::fail::{Code, Fail};

/// Photos asked for at once.
const PAGE: usize = 1_000;

/// One folder of an event, and who has it.
pub(crate) struct Copies {
    /// The first is asked first.
    pub(crate) sources: Vec<Source>,
    /// What the folder is called.
    pub(crate) folder: ObjectKey,
    /// What is wrong with the lists, in words.
    pub(crate) flaws: Vec<String>,
}

/// What a folder holds: it is an event, or events stand right below it.
pub(crate) fn of_folder(path: &Path, event: Option<&str>) -> Result<Copies, Fail> {
    let found = choose(path, events(path)?, event)?;
    let place = Folder::open(&found.path).map_err(|error| unreadable(&found.path, &error))?;
    let folder = ObjectKey::from_names([found.folder.as_str()]);
    listed(Box::new(place), folder)
}

/// The events at a path.
pub(crate) fn events(path: &Path) -> Result<Vec<FoundEvent>, Fail> {
    events_at(path).map_err(|error| unreadable(path, &error))
}

/// What an address holds that no journal names. The event is named as its folder is there.
pub(crate) fn of_address(address: PathBuf, secrets: &Secrets, event: Option<&str>, to: &Path) -> Result<Copies, Fail> {
    let name = address.display().to_string();
    let Some(event) = event else {
        return Err(Fail::setting(
            format!("it is not known which event to restore from {name}"),
            "give the name of its folder there, for example \"2026-11-21 Ayu & Bima\"",
        ));
    };
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let fresh = IdSource::new(Arc::clone(&clock)).mark();
    // Kept where a restore keeps its temporaries, and gone with them.
    let scratch = to.join(".kilat-restore");
    let stores = Stores { clock, uplink: Arc::new(RateLimit::new(None)), scratch };
    let id: DestinationId = "from".parse().map_err(|_why| cannot_use(&name, "it has no name"))?;
    let destination = Destination::new(id, address, DestinationHealth::Up { since: Millis(0) });
    // Never attached, so never marked: reading is all that is done there.
    let store = stores.open(&destination, secrets, Known::Nothing { fresh }).map_err(|why| cannot_use(&name, &why))?;
    let folder = ObjectKey::try_from(event.to_owned())
        .map_err(|_why| Fail::setting(format!("no folder is called {event:?}"), "write it as it stands there"))?;
    listed(Box::new(Stored::new(store, folder.clone(), name)), folder)
}

fn listed(place: Box<dyn Place>, folder: ObjectKey) -> Result<Copies, Fail> {
    let history = History::read(place.as_ref()).map_err(|error| no_history(&place.name(), &folder, &error))?;
    let flaws = flaws_of(&history);
    Ok(Copies { sources: vec![Source { place, files: history.into_expected() }], folder, flaws })
}

/// What is wrong with the manifests, in words.
pub(crate) fn flaws_of(history: &History) -> Vec<String> {
    let mut flaws: Vec<String> = history.flaws().iter().map(ToString::to_string).collect();
    if history.flaws_left_out() > 0 {
        flaws.push(format!("and {} more flaws of the manifests", history.flaws_left_out()));
    }
    flaws
}

fn choose(path: &Path, mut found: Vec<FoundEvent>, event: Option<&str>) -> Result<FoundEvent, Fail> {
    let names: Vec<String> = found.iter().map(|event| event.folder.clone()).collect();
    if let Some(event) = event {
        found.retain(|found| is_called(found, event));
    }
    let what = match (found.len(), event) {
        (1, _) => return Ok(found.remove(0)),
        _ if names.is_empty() => {
            let what = format!("{} has no event with manifests in it", path.display());
            let remedy = "name the folder of the event, or the one around it; each event has a folder ascmhl";
            return Err(Fail::new(Code::Restore, what, remedy));
        }
        (0, Some(event)) => format!("no event in {} is called {event:?}", path.display()),
        (_, Some(event)) => format!("several events in {} are called {event:?}", path.display()),
        (_, None) => format!("there are several events in {}", path.display()),
    };
    Err(Fail::new(Code::UnknownEvent, what, format!("name one of: {}", names.join(", "))))
}

/// By the folder's name, as it was or is, or by the event's alone, in letters of either case.
fn is_called(found: &FoundEvent, event: &str) -> bool {
    let now = found.path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let without_date = found.folder.split_once(' ').map_or("", |(_date, name)| name);
    [found.folder.as_str(), now, without_date].iter().any(|name| fold_name(name) == fold_name(event))
}

fn unreadable(path: &Path, error: &io::Error) -> Fail {
    let what = format!("cannot read {}: {error}", path.display());
    Fail::new(
        Code::Restore,
        what,
        "name a folder, the URL of a destination, or a destination of kilat destination list",
    )
}

fn cannot_use(place: &str, why: &str) -> Fail {
    Fail::new(
        Code::Restore,
        format!("{place} cannot be used: {why}"),
        "docs/destinations.md shows an address of each kind",
    )
}

/// What is wrong where no list can be had.
pub(crate) fn no_history(place: &str, folder: &ObjectKey, error: &HistoryError) -> Fail {
    let what = format!("{place}, {folder}: {error}");
    let remedy = match error {
        HistoryError::NoHistory => "is that the folder's name there? A destination of the data folder needs no list",
        HistoryError::TooMuch(_) => "docs/manifests.md says how much is read",
        HistoryError::Place(_) => "mend that, then try again; what was restored stays",
    };
    Fail::new(Code::Restore, what, remedy)
}

/// The journal of a data folder, also while a server holds it.
pub(crate) struct Record {
    runtime: Runtime,
    journal: kilat_journal::Journal,
    places: Places,
}

impl Record {
    /// The journal, where the data folder has one.
    pub(crate) fn look(data: &Path) -> Result<Option<Self>, Fail> {
        let path = DataFolder::journal(data);
        if !path.exists() {
            return Ok(None);
        }
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let ids = Arc::new(IdSource::new(Arc::clone(&clock)));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| {
            Fail::new(Code::Journal, format!("cannot start: {error}"), "is this machine out of memory?")
        })?;
        let journal = kilat_journal::Journal::look(&path, Arc::clone(&clock)).map_err(|e| journal_fail(&e))?;
        let uplink = Arc::new(RateLimit::new(None));
        let places = runtime.block_on(destinations::open(&journal, &ids, &clock, data, &uplink))?;
        Ok(Some(Self { runtime, journal, places }))
    }

    /// Whether a destination has that name.
    pub(crate) fn has(&self, name: &str) -> Result<bool, Fail> {
        Ok(self.destinations()?.iter().any(|destination| destination.id.as_str() == name))
    }

    fn destinations(&self) -> Result<Vec<Destination>, Fail> {
        self.runtime.block_on(self.journal.destinations()).map_err(|error| journal_fail(&error))
    }

    /// An event's folders at a destination. The other destinations help out where that one is damaged.
    pub(crate) fn copies(&self, from: &str, event: &str) -> Result<Vec<Copies>, Fail> {
        let event = self.event(event)?;
        let folders = self.runtime.block_on(self.journal.event_folders(&event.id)).map_err(|e| journal_fail(&e))?;
        let mut copies = Vec::new();
        for folder in folders {
            copies.push(self.folder(from, &event, folder)?);
        }
        Ok(copies)
    }

    fn event(&self, id_or_name: &str) -> Result<Event, Fail> {
        let all = self.runtime.block_on(self.journal.events()).map_err(|error| journal_fail(&error))?;
        let by_id = all.iter().find(|event| event.id.as_str() == id_or_name);
        let found = by_id.or_else(|| all.iter().find(|event| event.name == id_or_name));
        found.cloned().ok_or_else(|| {
            let what = format!("there is no event {id_or_name:?}");
            Fail::new(Code::UnknownEvent, what, "kilat event list names them all")
        })
    }

    fn folder(&self, from: &str, event: &Event, folder: ObjectKey) -> Result<Copies, Fail> {
        let (mut sources, mut flaws) = (Vec::new(), Vec::new());
        for destination in self.destinations()? {
            let is_meant = destination.id.as_str() == from;
            let Some(open) = self.places.get(&destination.id) else { continue };
            let mut files = self.proven(event, &destination.id, &folder)?;
            if files.is_empty() && !is_meant {
                continue;
            }
            let place = match place_of(&open, &folder) {
                Ok(place) => place,
                Err(error) if is_meant => return Err(unreadable(&destination.root, &error)),
                Err(error) => {
                    tracing::warn!(destination = %destination.id, %error, "a destination cannot help out");
                    continue;
                }
            };
            if !is_meant {
                sources.push(Source { place, files });
                continue;
            }
            match History::read(place.as_ref()) {
                Ok(history) => {
                    flaws = flaws_of(&history);
                    files.extend(history.into_expected());
                }
                // Those of uploads have none. The journal knows what stands there.
                Err(HistoryError::NoHistory) if !files.is_empty() => {}
                Err(error) => return Err(no_history(from, &folder, &error)),
            }
            sources.insert(0, Source { place, files });
        }
        Ok(Copies { sources, folder, flaws })
    }

    /// The copies that the journal knows to stand in a folder of a destination.
    fn proven(
        &self,
        event: &Event,
        destination: &DestinationId,
        folder: &ObjectKey,
    ) -> Result<BTreeMap<RelPath, Listed>, Fail> {
        let (mut files, mut after) = (BTreeMap::new(), 0);
        loop {
            let asking = self.journal.copies_to_read((&event.id, destination), after, PAGE);
            let page = self.runtime.block_on(asking).map_err(|error| journal_fail(&error))?;
            let Some(last) = page.last() else { return Ok(files) };
            after = last.no;
            for work in page {
                if let Some(path) = RelPath::of_key(folder, &work.photo.key) {
                    let listed = Listed::known(work.photo.size_bytes, FileHash::Xxh128(work.photo.proof));
                    files.insert(path, listed);
                }
            }
        }
    }
}

/// The folder at an open destination. One on this machine is read without the port: it may have lost its mark.
fn place_of(open: &Open, folder: &ObjectKey) -> io::Result<Box<dyn Place>> {
    match open.destination.medium() {
        Medium::Disk => Ok(Box::new(Folder::open(&open.destination.root.join(folder.as_str()))?)),
        Medium::S3 | Medium::WebDav | Medium::Sftp | Medium::Drive | Medium::Vault => {
            let store: Arc<dyn ObjectStore> = Arc::clone(&open.store);
            Ok(Box::new(Stored::new(store, folder.clone(), open.destination.id.to_string())))
        }
    }
}
