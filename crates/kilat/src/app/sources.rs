//! Where an event can be restored from: destinations that the journal names, a backup disk on a bare path, an address.
//!
//! Nothing is written to any of them, and a running server is not disturbed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use kilat_auth::Secrets;
use kilat_core::{Clock, Destination, DestinationHealth, Event, IdSource, Millis, ObjectKey, SystemClock};
use kilat_journal::Glance;
use kilat_mhl::{Folder, FoundEvent, Listed, RelPath, Sources, Stored, events_at, known_copy};
use kilat_objects::{Known, ObjectStore, RateLimit, Shares};
use kilat_places::{Opener, about};
use zeroize::Zeroizing;

use super::destinations::sealer_of;
use super::setup::journal_fail;
use super::stores::Stores;
use crate::config::environment_secret;
use crate::data::DataFolder;
use crate::fail::{Code, Fail};

/// Copies asked of the journal at once.
const PAGE: usize = 1_000;

/// Reads what places say of an event.
pub(crate) struct Reader<'a> {
    data: &'a Path,
    event: &'a str,
    stores: Stores,
    ids: IdSource,
    found: Sources,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(data: &'a Path, event: &'a str) -> Self {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let shares = Shares { limit: Arc::new(RateLimit::new(None)), named: Arc::default() };
        let stores = Stores { clock: Arc::clone(&clock), shares, scratch: std::env::temp_dir() };
        Self { data, event, stores, ids: IdSource::new(clock), found: Sources::default() }
    }

    /// What was found.
    ///
    /// # Errors
    /// When none of the places has the event.
    pub(crate) fn end(self) -> Result<Sources, Fail> {
        if !self.found.is_empty() {
            return Ok(self.found);
        }
        let why = self.found.warnings.join("; ");
        let what =
            format!("nothing of {:?} is listed there{}{why}", self.event, if why.is_empty() { "" } else { ": " });
        Err(Fail::new(Code::Restore, what, "name the place with --from: a destination, a backup disk's folder"))
    }

    /// Below a bare path: a backup disk, the folder of one event on it, a copy of either. No journal is needed.
    pub(crate) fn path(&mut self, path: &Path) -> Result<(), Fail> {
        let cannot = |error: std::io::Error| {
            let what = format!("cannot read {}: {error}", path.display());
            Fail::new(Code::Restore, what, "plug the disk in, or name another place with --from")
        };
        let events = events_at(path).map_err(cannot)?;
        let is_meant = |found: &&FoundEvent| {
            let called = found.path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
            [found.folder.as_str(), &called].iter().any(|name| is_called(name, self.event))
        };
        let meant: Vec<&FoundEvent> = match events.as_slice() {
            // Whatever it is called now: it was named by its path.
            [one] if one.path == path => vec![one],
            events => events.iter().filter(is_meant).collect(),
        };
        if meant.is_empty() {
            let there: Vec<&str> = events.iter().map(|found| found.folder.as_str()).collect();
            let what = format!("no event {:?} lists itself below {}", self.event, path.display());
            let remedy = match there.as_slice() {
                [] => "no folder there has manifests: name the backup disk's folder".to_owned(),
                there => format!("there are: {}", there.join(", ")),
            };
            return Err(Fail::new(Code::Restore, what, remedy));
        }
        if let [one, other, ..] = meant.as_slice() {
            let what = format!("{:?} and {:?} are both called {:?}", one.folder, other.folder, self.event);
            return Err(Fail::new(Code::UnknownEvent, what, "name the folder with its date"));
        }
        for FoundEvent { path, folder } in meant {
            let place = Folder::open(path).map_err(cannot)?;
            self.found.add(ObjectKey::from_names([folder.as_str()]), Box::new(place), BTreeMap::new());
        }
        Ok(())
    }

    /// At an address that no journal names; the event is meant by its folder's name there.
    pub(crate) fn address(&mut self, root: PathBuf, given: BTreeMap<String, String>) -> Result<(), Fail> {
        let name = root.display().to_string();
        let id = "restore".parse().map_err(|_why| unusable(&name, "it cannot be named"))?;
        let destination = Destination::new(id, root, DestinationHealth::Up { since: Millis(0) });
        let secrets = given.into_iter().map(|(name, value)| (name, Zeroizing::new(value))).collect();
        let store = self.open(&destination, &secrets)?;
        let folder = ObjectKey::from_names([self.event]);
        self.found.add(folder.clone(), Box::new(Stored::new(store, folder, name)), BTreeMap::new());
        Ok(())
    }

    /// At a destination that the journal names.
    pub(crate) fn destination(&mut self, name: &str) -> Result<(), Fail> {
        let path = DataFolder::journal(self.data);
        if !path.exists() {
            let what = format!("{name:?} is no path, and there is no journal in {} that names it", self.data.display());
            return Err(Fail::new(Code::Restore, what, "name the backup disk's folder: --from ./NAME; or --data"));
        }
        let failed = |error| journal_fail(&error);
        let glance = Glance::open(&path).map_err(failed)?;
        let event = self.event_of(&glance)?;
        let all = glance.destinations().map_err(failed)?;
        let Some(destination) = all.iter().find(|destination| destination.id.as_str() == name) else {
            let names: Vec<&str> = all.iter().map(|destination| destination.id.as_str()).collect();
            let what = format!("there is no destination {name:?}");
            return Err(Fail::new(Code::Restore, what, format!("there are: {}", names.join(", "))));
        };
        let sealed = glance.secrets().map_err(failed)?.remove(&about(&destination.id));
        // Without the key, the environment may have them.
        let mut secrets = match sealed.zip(sealer_of(self.data)?) {
            Some((sealed, sealer)) => {
                sealer.open(&about(&destination.id), &sealed).map_err(|error| unusable(name, &error.to_string()))?
            }
            None => Secrets::default(),
        };
        for field in self.stores.fields(destination.medium()) {
            let from_outside = environment_secret(&kilat_places::environment_name(&destination.id, field.name));
            secrets.extend(from_outside.map(|value| (field.name.to_owned(), value)));
        }
        let store = self.open(destination, &secrets)?;
        let mut files = copies(&glance, &event, destination)?;
        for folder in glance.event_folders(&event.id).map_err(failed)? {
            let place = Stored::new(Arc::clone(&store), folder.clone(), name.to_owned());
            let known = files.remove(&folder).unwrap_or_default();
            self.found.add(folder, Box::new(place), known);
        }
        Ok(())
    }

    fn event_of(&self, glance: &Glance) -> Result<Event, Fail> {
        let events = glance.events().map_err(|error| journal_fail(&error))?;
        let mut meant = events
            .into_iter()
            .filter(|event| event.id.as_str() == self.event || event.name.to_lowercase() == self.event.to_lowercase());
        match (meant.next(), meant.next()) {
            (Some(event), None) => Ok(event),
            (Some(event), Some(other)) => {
                let what = format!("{} and {} are both called {:?}", event.id, other.id, self.event);
                Err(Fail::new(Code::UnknownEvent, what, "name the event by its id"))
            }
            (None, _) => {
                let what = format!("there is no event {:?}", self.event);
                Err(Fail::new(Code::UnknownEvent, what, "kilat event list names them all"))
            }
        }
    }

    fn open(&self, destination: &Destination, secrets: &Secrets) -> Result<Arc<dyn ObjectStore>, Fail> {
        // Never attached: a place that has no mark gets none from a restore.
        let known = destination.mark.clone().map_or_else(|| Known::Nothing { fresh: self.ids.mark() }, Known::Place);
        self.stores.open(destination, secrets, known).map_err(|why| unusable(destination.id.as_str(), &why))
    }
}

/// The event's proven copies at a destination as the journal knows them, by folder.
fn copies(
    glance: &Glance,
    event: &Event,
    destination: &Destination,
) -> Result<BTreeMap<ObjectKey, BTreeMap<RelPath, Listed>>, Fail> {
    let mut files: BTreeMap<ObjectKey, BTreeMap<RelPath, Listed>> = BTreeMap::new();
    let mut after = 0;
    loop {
        let page = glance.copies((&event.id, &destination.id), after, PAGE).map_err(|error| journal_fail(&error))?;
        let Some(last) = page.last() else { return Ok(files) };
        after = last.no;
        for work in page {
            if let Some((folder, path, listed)) = known_copy(&work.photo) {
                files.entry(folder).or_default().insert(path, listed);
            }
        }
    }
}

/// Whether a person who says `asked` means the folder of that name, with or without the date before it.
fn is_called(name: &str, asked: &str) -> bool {
    let (name, asked) = (plain(name), plain(asked));
    let is_date = |text: &str| text.len() == 10 && text.chars().all(|c| c.is_ascii_digit() || c == '-');
    let undated =
        name.split_at_checked(10).filter(|(date, _)| is_date(date)).map(|(_, rest)| &rest[1.min(rest.len())..]);
    name == asked || undated.is_some_and(|undated| undated == asked)
}

/// Letters and digits in lower case, with one dash for all else: what ids are made of.
fn plain(text: &str) -> String {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect::<Vec<_>>().join("-")
}

fn unusable(name: &str, why: &str) -> Fail {
    Fail::new(Code::Restore, format!("{name} cannot be used: {why}"), "docs/destinations.md tells what each kind needs")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_meant_by_its_name_with_or_without_its_date() {
        for asked in ["ayu-bima", "Ayu & Bima", "2026-11-21 Ayu & Bima", "2026-11-21-ayu-bima"] {
            assert!(is_called("2026-11-21 Ayu & Bima", asked), "{asked}");
        }
        for asked in ["ayu", "2026-11-21", "2026-11-22 Ayu & Bima", ""] {
            assert!(!is_called("2026-11-21 Ayu & Bima", asked), "{asked}");
        }
        assert!(is_called("A001", "a001") && !is_called("2026-11-21", "x") && is_called("日本", "日本"));
    }
}
