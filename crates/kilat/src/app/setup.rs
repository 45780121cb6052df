//! What must be in the journal before the engines start: an active event, the sources, the destinations.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use kilat_core::{
    Clock, Destination, DestinationHealth, DestinationId, Event, EventStatus, Fact, IdSource, NewEvent, Source,
    SourceHealth, SourceId, SourceKind, today,
};
use kilat_journal::Journal;
use kilat_objects::Known;
use tracing::warn;

use crate::fail::{Code, Fail};

/// Hexadecimal digits of a folder's id: sources and destinations are few.
const ID_DIGITS: usize = 8;

/// The error of a journal that cannot be used.
pub(crate) fn journal_fail(error: &kilat_journal::JournalError) -> Fail {
    Fail::new(
        Code::Journal,
        format!("cannot {error}"),
        "kilat doctor tells more; the photos themselves are not touched",
    )
}

/// Makes sure that one event is active: the one that was named, else the one that was, else a new one.
pub(crate) async fn event(
    journal: &Journal,
    ids: &IdSource,
    clock: &dyn Clock,
    named: Option<&str>,
) -> Result<Event, Fail> {
    let events = journal.events().await.map_err(|error| journal_fail(&error))?;
    let active = events.iter().find(|event| event.status == EventStatus::Active);
    let is_open = |event: &&Event| event.status != EventStatus::Closed;
    let found = match named {
        Some(name) => events.iter().filter(is_open).find(|event| event.id.as_str() == name || event.name == name),
        None => active,
    };
    if let Some(event) = found.filter(|event| event.status == EventStatus::Active) {
        return Ok(event.clone());
    }
    let (event, mut facts) = match found {
        Some(event) => (event.clone(), Vec::new()),
        None => {
            let name = named.map_or_else(|| format!("Event {}", today(clock.now())), str::to_owned);
            let event = NewEvent { name, date: None }
                .plan(&events, ids, clock.now())
                .map_err(|error| Fail::setting(format!("the event cannot be: {error}"), error.remedy()))?;
            (event.clone(), vec![Fact::EventCreated { event }])
        }
    };
    facts.push(Fact::EventUsed { event: event.id.clone() });
    journal.append(facts).await.map_err(|error| journal_fail(&error))?;
    Ok(Event { status: EventStatus::Active, ..event })
}

/// Records the hot folders; made if there are none. Answers their ids.
pub(crate) async fn sources(
    journal: &Journal,
    clock: &dyn Clock,
    folders: &[PathBuf],
) -> Result<BTreeMap<SourceId, PathBuf>, Fail> {
    let mut roots = BTreeMap::new();
    let mut facts = Vec::new();
    for folder in folders {
        let root = ready_folder(folder, "hot folder", "--watch")?;
        let id: SourceId = named_id("hot", &root)?;
        let health = SourceHealth::Online { since: clock.now() };
        let source = Source { id: id.clone(), kind: SourceKind::HotFolder, root: root.clone(), health };
        facts.push(Fact::SourceAdded { source });
        roots.insert(id, root);
    }
    for known in journal.sources().await.map_err(|error| journal_fail(&error))? {
        if !roots.contains_key(&known.id) {
            let folder = known.root.display();
            warn!(%folder, "the settings do not name this hot folder any more");
            facts.push(Fact::SourceRemoved { source: known.id });
        }
    }
    journal.append(facts).await.map_err(|error| journal_fail(&error))?;
    Ok(roots)
}

/// Records the destinations, and what is known of each.
pub(crate) async fn destinations(
    journal: &Journal,
    clock: &dyn Clock,
    ids: &IdSource,
    folders: &[PathBuf],
) -> Result<BTreeMap<DestinationId, (PathBuf, Known)>, Fail> {
    let mut roots: BTreeMap<DestinationId, PathBuf> = BTreeMap::new();
    for folder in folders {
        let root = std::path::absolute(folder).map_err(|error| {
            Fail::setting(format!("the destination {} cannot be: {error}", folder.display()), "give a folder with --to")
        })?;
        roots.insert(named_id("disk", &root)?, root);
    }
    let before = journal.counts(None).await.map_err(|error| journal_fail(&error))?.destinations;
    let mut facts = Vec::new();
    for known in journal.destinations().await.map_err(|error| journal_fail(&error))? {
        if !roots.contains_key(&known.id) {
            let at = before.get(&known.id).copied().unwrap_or_default();
            let (folder, missing) = (known.root.display(), at.pending + at.failed);
            warn!(%folder, missing, "the settings do not name this destination any more: nothing is copied there");
            facts.push(Fact::DestinationRemoved { destination: known.id });
        }
    }
    for (id, root) in &roots {
        let health = DestinationHealth::Up { since: clock.now() };
        let destination = Destination::new(id.clone(), root.clone(), health);
        facts.push(Fact::DestinationAdded { destination });
    }
    journal.append(facts).await.map_err(|error| journal_fail(&error))?;

    let mut places = BTreeMap::new();
    for destination in journal.destinations().await.map_err(|error| journal_fail(&error))? {
        let known = destination.mark.map_or_else(|| Known::Nothing { fresh: ids.mark() }, Known::Place);
        places.insert(destination.id, (destination.root, known));
    }
    Ok(places)
}

fn ready_folder(folder: &Path, what: &str, flag: &str) -> Result<PathBuf, Fail> {
    let cannot = |error: std::io::Error| {
        let remedy = format!("make it, or give another folder with {flag}");
        Fail::setting(format!("the {what} {} cannot be used: {error}", folder.display()), remedy)
    };
    let root = std::path::absolute(folder).map_err(cannot)?;
    // Only its last part is made: a whole missing path is a disk that is not mounted.
    if !root.exists() && root.parent().is_some_and(Path::is_dir) {
        std::fs::create_dir(&root).map_err(cannot)?;
    }
    Ok(root)
}

/// An id that stays the same as long as the folder does: its name and a hash of its path.
fn named_id<T: std::str::FromStr<Err = kilat_core::ParseIdError>>(kind: &str, root: &Path) -> Result<T, Fail> {
    let digits = kilat_objects::short_hash(root.as_os_str().as_encoded_bytes(), ID_DIGITS);
    format!("{kind}-{digits}")
        .parse()
        .map_err(|error| Fail::setting(format!("a folder's id cannot be: {error}"), "please report this"))
}
