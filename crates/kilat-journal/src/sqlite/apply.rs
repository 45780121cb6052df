//! What each fact does to the current tables; a fact that changes nothing is not recorded.
//!
//! Every function assumes that it was applied before and lost the answer: applying twice is applying once.

use kilat_core::{
    Destination, DestinationHealth, DestinationId, DestinationKind, Event, EventId, EventStatus, Fact, MarkId, Millis,
    Offset, Settings, Source, SourceHealth, SourceId,
};
use rusqlite::{Connection, params};

use super::access;
use super::backups;
use super::fail::Fail;
use super::read;
use super::rows::word;
use super::{arrivals, cameras, copies, ledger, restores};
use crate::Refusal;

/// Two decades of a busy studio.
pub const MAX_EVENTS: usize = 10_000;
/// Far above the cameras and folders of one venue.
pub const MAX_SOURCES: usize = 256;
/// Far above the places that one studio copies to.
pub const MAX_DESTINATIONS: usize = 64;
/// Sources, and destinations, that were ever named: each is one change of the settings by hand.
const MAX_PLACES_EVER: usize = 4_096;
/// Notices kept; the oldest go first. At 100 a day, a season.
pub const MAX_NOTICES: usize = 10_000;

/// Where and when a fact is being recorded.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stamp {
    pub(super) offset: Offset,
    pub(super) at: Millis,
}

/// Whether a fact changed anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    Changed,
    Nothing,
}

/// Applies `fact`, which is about to be recorded at `stamp`.
pub(super) fn apply(db: &Connection, fact: &Fact, stamp: Stamp) -> Result<Effect, Fail> {
    match fact {
        Fact::EventCreated { event } => create_event(db, event),
        Fact::EventUsed { event } => use_event(db, event),
        Fact::EventClosed { event } => close_event(db, event),
        Fact::SourceAdded { source } => add_source(db, source),
        Fact::SourceRemoved { source } => remove_source(db, source),
        Fact::SourceOnline { source } => source_online(db, source, stamp.at),
        Fact::SourceOffline { source, reason } => source_offline(db, source, reason, stamp.at),
        Fact::DestinationAdded { destination } => add_destination(db, destination, stamp.at),
        Fact::DestinationRemoved { destination } => remove_destination(db, destination, stamp.at),
        Fact::DestinationMarked { destination, mark } => mark_destination(db, destination, mark),
        Fact::DestinationUp { destination } => destination_up(db, destination, stamp.at),
        Fact::DestinationDown { destination, reason } => destination_down(db, destination, reason, stamp.at),
        Fact::ArrivalSeen { arrival } => arrivals::see(db, arrival),
        Fact::ArrivalFailed { arrival, failure, message } => arrivals::fail(db, arrival, *failure, message, stamp.at),
        Fact::ArrivalForgotten { arrival } => arrivals::forget(db, arrival),
        Fact::PhotoFiled { photo, arrival, due } => arrivals::file(db, photo, arrival, due),
        Fact::PhotoSeenAgain { photo, arrival } => arrivals::see_again(db, photo, arrival),
        Fact::CopyStored { photo, destination, key, read_back } => {
            let copy = copies::find(db, photo, destination)?;
            copies::store(db, &copy, key, *read_back, stamp)
        }
        Fact::CopyFailed { photo, destination, message, retry_at } => {
            let copy = copies::find(db, photo, destination)?;
            copies::fail(db, &copy, message, *retry_at, stamp.at)
        }
        Fact::RetryAsked { destination } => copies::retry(db, destination.as_ref(), stamp.at),
        Fact::UploadsPaused => set_paused(db, true),
        Fact::UploadsResumed => set_paused(db, false),
        Fact::SettingsChanged { settings } => change_settings(db, settings),
        Fact::NoticeRaised { notice } => ledger::insert(db, notice, stamp.offset),
        Fact::Notice { change, standing } => ledger::apply(db, change, standing.as_deref()),
        // Only the log holds it: no table shows what other programs said.
        Fact::Published { .. } => Ok(Effect::Changed),
        Fact::TokenCreated { token } => access::create_token(db, token),
        Fact::TokenRenewed { token, expires_at } => access::renew_token(db, token, *expires_at),
        Fact::TokenRevoked { token } => access::revoke_token(db, token),
        Fact::UserAdded { user } => access::add_user(db, user),
        Fact::PasswordSet { user, password } => access::set_password(db, user, password),
        Fact::UserRemoved { user } => access::remove_user(db, user),
        Fact::Backup(fact) => backups::apply(db, fact, stamp),
        Fact::Restore(fact) => restores::apply(db, fact, stamp),
        Fact::Camera(fact) => cameras::apply(db, fact, stamp),
    }
}

fn create_event(db: &Connection, event: &Event) -> Result<Effect, Fail> {
    if let Some(known) = read::event(db, &event.id)? {
        let same = known.name == event.name && known.date == event.date;
        return if same {
            Ok(Effect::Nothing)
        } else {
            contradicts("event", event.id.as_str(), "its name or date differs")
        };
    }
    bound(db, "events", "events", MAX_EVENTS)?;
    if event.status == EventStatus::Active {
        open_the_active(db)?;
    }
    db.prepare_cached("INSERT INTO events (id, name, date, status, created_at_ms) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![
            event.id.as_str(),
            event.name,
            event.date.to_string(),
            word(&event.status)?,
            event.created_at.0
        ])?;
    Ok(Effect::Changed)
}

fn use_event(db: &Connection, id: &EventId) -> Result<Effect, Fail> {
    let event = known_event(db, id)?;
    if event.status == EventStatus::Active {
        return Ok(Effect::Nothing);
    }
    // A closed event may be used again: a shoot that went on, or one closed by mistake.
    open_the_active(db)?;
    set_status(db, id, EventStatus::Active)
}

fn close_event(db: &Connection, id: &EventId) -> Result<Effect, Fail> {
    let event = known_event(db, id)?;
    if event.status == EventStatus::Closed {
        return Ok(Effect::Nothing);
    }
    set_status(db, id, EventStatus::Closed)
}

pub(super) fn known_event(db: &Connection, id: &EventId) -> Result<Event, Fail> {
    Ok(read::event(db, id)?.ok_or_else(|| Refusal::UnknownEvent(id.clone()))?)
}

fn open_the_active(db: &Connection) -> Result<(), Fail> {
    db.prepare_cached("UPDATE events SET status = 'open' WHERE status = 'active'")?.execute([])?;
    Ok(())
}

fn set_status(db: &Connection, id: &EventId, status: EventStatus) -> Result<Effect, Fail> {
    db.prepare_cached("UPDATE events SET status = ?2 WHERE id = ?1")?.execute((id.as_str(), word(&status)?))?;
    Ok(Effect::Changed)
}

fn add_source(db: &Connection, source: &Source) -> Result<Effect, Fail> {
    let is_used = is_used(db, "sources", source.id.as_str())?;
    match read::source(db, &source.id)? {
        // Health has facts of its own.
        Some(known) if is_used && known.kind == source.kind && known.root == source.root => return Ok(Effect::Nothing),
        Some(_) | None => {}
    }
    if !is_used {
        bound(db, "sources WHERE NOT is_removed", "sources", MAX_SOURCES)?;
        bound(db, "sources", "sources that were ever used", MAX_PLACES_EVER)?;
    }
    put_source(db, source)?;
    use_again(db, "sources", source.id.as_str())
}

fn remove_source(db: &Connection, id: &SourceId) -> Result<Effect, Fail> {
    known_source(db, id)?;
    put_out_of_use(db, "sources", id.as_str())
}

fn source_online(db: &Connection, id: &SourceId, at: Millis) -> Result<Effect, Fail> {
    let mut source = known_source(db, id)?;
    match source.health {
        SourceHealth::Online { .. } => return Ok(Effect::Nothing),
        SourceHealth::Offline { .. } => source.health = SourceHealth::Online { since: at },
    }
    put_source(db, &source)
}

fn source_offline(db: &Connection, id: &SourceId, reason: &str, at: Millis) -> Result<Effect, Fail> {
    let mut source = known_source(db, id)?;
    let since = match &source.health {
        SourceHealth::Offline { reason: known, .. } if known == reason => return Ok(Effect::Nothing),
        // Another reason for the same absence: it began when it began.
        SourceHealth::Offline { since, .. } => *since,
        SourceHealth::Online { .. } => at,
    };
    source.health = SourceHealth::Offline { since, reason: reason.to_owned() };
    put_source(db, &source)
}

pub(super) fn known_source(db: &Connection, id: &SourceId) -> Result<Source, Fail> {
    Ok(read::source(db, id)?.ok_or_else(|| Refusal::UnknownSource(id.clone()))?)
}

fn put_source(db: &Connection, source: &Source) -> Result<Effect, Fail> {
    db.prepare_cached(
        "INSERT INTO sources (id, body) VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET body = excluded.body",
    )?
    .execute((source.id.as_str(), serde_json::to_string(source)?))?;
    Ok(Effect::Changed)
}

fn add_destination(db: &Connection, destination: &Destination, at: Millis) -> Result<Effect, Fail> {
    let is_used = is_used(db, "destinations", destination.id.as_str())?;
    let known = read::destination(db, &destination.id)?;
    let mark = match known {
        Some(known) if is_used && is_as_named(&known, destination) => return Ok(Effect::Nothing),
        // It was away from the settings, not from the world: the same place has the same mark.
        Some(known) if known.root == destination.root => known.mark,
        Some(_) | None => destination.mark.clone(),
    };
    if !is_used {
        bound(db, "destinations WHERE NOT is_removed", "destinations", MAX_DESTINATIONS)?;
        bound(db, "destinations", "destinations that were ever used", MAX_PLACES_EVER)?;
    }
    put_destination(db, &Destination { mark, ..destination.clone() })?;
    if !is_used {
        use_again(db, "destinations", destination.id.as_str())?;
        if destination.kind == DestinationKind::Upload {
            copies::make_all_due(db, &destination.id, at)?;
        }
    }
    Ok(Effect::Changed)
}

/// Health and mark have facts of their own.
fn is_as_named(known: &Destination, named: &Destination) -> bool {
    known.root == named.root
        && known.kind == named.kind
        && known.named_by == named.named_by
        && known.is_off_site == named.is_off_site
}

fn remove_destination(db: &Connection, id: &DestinationId, at: Millis) -> Result<Effect, Fail> {
    known_destination(db, id)?;
    copies::set_aside(db, id, at)?;
    put_out_of_use(db, "destinations", id.as_str())
}

fn mark_destination(db: &Connection, id: &DestinationId, mark: &MarkId) -> Result<Effect, Fail> {
    let mut destination = known_destination(db, id)?;
    if destination.mark.as_ref() == Some(mark) {
        return Ok(Effect::Nothing);
    }
    destination.mark = Some(mark.clone());
    put_destination(db, &destination)
}

fn destination_up(db: &Connection, id: &DestinationId, at: Millis) -> Result<Effect, Fail> {
    let mut destination = known_destination(db, id)?;
    match destination.health {
        DestinationHealth::Up { .. } => return Ok(Effect::Nothing),
        DestinationHealth::Down { .. } => destination.health = DestinationHealth::Up { since: at },
    }
    put_destination(db, &destination)
}

fn destination_down(db: &Connection, id: &DestinationId, reason: &str, at: Millis) -> Result<Effect, Fail> {
    let mut destination = known_destination(db, id)?;
    let since = match &destination.health {
        DestinationHealth::Down { reason: known, .. } if known == reason => return Ok(Effect::Nothing),
        DestinationHealth::Down { since, .. } => *since,
        DestinationHealth::Up { .. } => at,
    };
    destination.health = DestinationHealth::Down { since, reason: reason.to_owned() };
    put_destination(db, &destination)
}

pub(super) fn known_destination(db: &Connection, id: &DestinationId) -> Result<Destination, Fail> {
    Ok(read::destination(db, id)?.ok_or_else(|| Refusal::UnknownDestination(id.clone()))?)
}

fn put_destination(db: &Connection, destination: &Destination) -> Result<Effect, Fail> {
    db.prepare_cached(
        "INSERT INTO destinations (id, body) VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET body = excluded.body",
    )?
    .execute((destination.id.as_str(), serde_json::to_string(destination)?))?;
    Ok(Effect::Changed)
}

fn set_paused(db: &Connection, paused: bool) -> Result<Effect, Fail> {
    if read::is_paused(db)? == paused {
        return Ok(Effect::Nothing);
    }
    put_meta(db, "paused", if paused { "yes" } else { "no" })
}

fn change_settings(db: &Connection, settings: &Settings) -> Result<Effect, Fail> {
    if read::settings(db)? == *settings {
        return Ok(Effect::Nothing);
    }
    put_meta(db, "settings", &serde_json::to_string(settings)?)
}

fn put_meta(db: &Connection, name: &str, value: &str) -> Result<Effect, Fail> {
    db.prepare_cached(
        "INSERT INTO meta (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    )?
    .execute((name, value))?;
    Ok(Effect::Changed)
}

pub(super) fn contradicts<T>(what: &'static str, id: &str, why: &'static str) -> Result<T, Fail> {
    Err(Refusal::Contradicts { what, id: id.to_owned(), why }.into())
}

/// Whether the settings named it when they were read last; what is unknown is not used.
pub(super) fn is_used(db: &Connection, table: &'static str, id: &str) -> Result<bool, Fail> {
    // The names are this file's own words, never data.
    let used = db
        .prepare_cached(&format!("SELECT EXISTS (SELECT 1 FROM {table} WHERE id = ?1 AND NOT is_removed)"))?
        .query_row([id], |row| row.get(0))?;
    Ok(used)
}

fn use_again(db: &Connection, table: &'static str, id: &str) -> Result<Effect, Fail> {
    db.prepare_cached(&format!("UPDATE {table} SET is_removed = 0 WHERE id = ?1"))?.execute([id])?;
    Ok(Effect::Changed)
}

fn put_out_of_use(db: &Connection, table: &'static str, id: &str) -> Result<Effect, Fail> {
    let changed = db
        .prepare_cached(&format!("UPDATE {table} SET is_removed = 1 WHERE id = ?1 AND NOT is_removed"))?
        .execute([id])?;
    Ok(if changed == 0 { Effect::Nothing } else { Effect::Changed })
}

pub(super) fn bound(db: &Connection, rows: &'static str, what: &'static str, most: usize) -> Result<(), Fail> {
    // The names are this file's own words, never data.
    let held: usize = db.query_row(&format!("SELECT COUNT(*) FROM {rows}"), [], |row| row.get(0))?;
    if held >= most { Err(Refusal::TooMany { what, most }.into()) } else { Ok(()) }
}
