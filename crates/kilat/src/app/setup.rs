//! What must be in the journal before the engines start: an active event, the sources, the destinations.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use kilat_core::{
    Clock, Destination, DestinationHealth, Event, EventStatus, Fact, IdSource, NamedBy, NewEvent, Source, SourceHealth,
    SourceId, SourceKind, today,
};
use kilat_journal::Journal;
use tracing::warn;

use crate::config::{Wanted, named_id};
use crate::fail::{Code, Fail};

/// The source of what Kilat receives and fetches itself; hot folders have other ids.
const INTAKE: &str = "intake";

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
    let known = journal.sources().await.map_err(|error| journal_fail(&error))?;
    for known in known.into_iter().filter(|known| known.kind == SourceKind::HotFolder) {
        if !roots.contains_key(&known.id) {
            let folder = known.root.display();
            warn!(%folder, "the settings do not name this hot folder any more");
            facts.push(Fact::SourceRemoved { source: known.id });
        }
    }
    journal.append(facts).await.map_err(|error| journal_fail(&error))?;
    Ok(roots)
}

/// Records Kilat's own folder, for what it receives and fetches itself. Answers its id.
pub(crate) async fn intake(journal: &Journal, clock: &dyn Clock, root: &Path) -> Result<SourceId, Fail> {
    let cannot = |why: &dyn std::fmt::Display| {
        Fail::new(Code::DataFolder, format!("cannot use {}: {why}", root.display()), "make the data folder yours")
    };
    let id: SourceId = INTAKE.parse().map_err(|error: kilat_core::ParseIdError| cannot(&error))?;
    let root = std::path::absolute(root).map_err(|error| cannot(&error))?;
    let health = SourceHealth::Online { since: clock.now() };
    let source = Source { id: id.clone(), kind: SourceKind::Intake, root, health };
    journal.append(vec![Fact::SourceAdded { source }]).await.map_err(|error| journal_fail(&error))?;
    Ok(id)
}

/// Records the destinations that the settings name, and takes those out of use that they do not name any more.
pub(crate) async fn destinations(journal: &Journal, clock: &dyn Clock, wanted: &[Wanted]) -> Result<(), Fail> {
    let fail = |error| journal_fail(&error);
    let known = journal.destinations().await.map_err(fail)?;
    for place in known.iter().filter(|known| known.named_by == NamedBy::Operator) {
        if let Some(wanted) = wanted.iter().find(|wanted| wanted.id == place.id) {
            return Err(Fail::setting(
                format!("the settings name a destination {}, and an operator has added one of that name", wanted.id),
                format!("give it another name, or remove the other: kilat destination remove {}", wanted.id),
            ));
        }
    }
    let before = journal.counts(None).await.map_err(fail)?.destinations;
    let mut facts = Vec::new();
    for known in known.into_iter().filter(|known| known.named_by == NamedBy::Settings) {
        if !wanted.iter().any(|wanted| wanted.id == known.id) {
            let at = before.get(&known.id).copied().unwrap_or_default();
            let (folder, missing) = (known.root.display(), at.pending + at.failed);
            warn!(%folder, missing, "the settings do not name this destination any more: nothing is copied there");
            facts.push(Fact::DestinationRemoved { destination: known.id });
        }
    }
    for Wanted { id, root, kind, is_off_site } in wanted.iter().cloned() {
        let named = Destination::new(id, root, DestinationHealth::Up { since: clock.now() });
        facts.push(Fact::DestinationAdded { destination: Destination { kind, is_off_site, ..named } });
    }
    journal.append(facts).await.map_err(fail)?;
    Ok(())
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
