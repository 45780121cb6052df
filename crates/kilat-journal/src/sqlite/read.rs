//! Questions about single things and lists. Each is answered from an index.

use std::path::Path;

use kilat_core::{
    Arrival, ArrivalFailure, ArrivalId, ArrivalStatus, ContentHash, CopyState, Destination, DestinationId,
    DestinationKind, Event, EventId, Fact, Millis, Offset, Photo, PhotoId, Recorded, Settings, Source, SourceId, Token,
    TokenId, User, UserName, path_text,
};
use rusqlite::{Connection, OptionalExtension, Params, Row, params};
use serde::de::DeserializeOwned;

use super::copies::MAX_WAIT;
use super::fail::Fail;
use super::rows;
use crate::Refusal;

/// Most rows of one answer; ask again with a cursor for more. About 1 MB of photos.
pub const MAX_LIMIT: usize = 1_000;

pub(crate) fn events(db: &Connection) -> Result<Vec<Event>, Fail> {
    list(db, &format!("{} ORDER BY created_at_ms DESC, id", rows::EVENT), [], rows::event)
}

pub(crate) fn event(db: &Connection, id: &EventId) -> Result<Option<Event>, Fail> {
    one(db, &format!("{} WHERE id = ?1", rows::EVENT), [id.as_str()], rows::event)
}

pub(crate) fn active_event(db: &Connection) -> Result<Option<Event>, Fail> {
    one(db, &format!("{} WHERE status = 'active'", rows::EVENT), [], rows::event)
}

pub(crate) fn sources(db: &Connection) -> Result<Vec<Source>, Fail> {
    list(db, "SELECT body FROM sources WHERE NOT is_removed ORDER BY id", [], body)
}

pub(super) fn source(db: &Connection, id: &SourceId) -> Result<Option<Source>, Fail> {
    one(db, "SELECT body FROM sources WHERE id = ?1", [id.as_str()], body)
}

pub(crate) fn destinations(db: &Connection) -> Result<Vec<Destination>, Fail> {
    list(db, "SELECT body FROM destinations WHERE NOT is_removed ORDER BY id", [], body)
}

/// Where every photo is due, by id.
pub(super) fn upload_destinations(db: &Connection) -> Result<Vec<DestinationId>, Fail> {
    let all = destinations(db)?.into_iter();
    Ok(all.filter(|place| place.kind == DestinationKind::Upload).map(|place| place.id).collect())
}

pub(super) fn destination(db: &Connection, id: &DestinationId) -> Result<Option<Destination>, Fail> {
    one(db, "SELECT body FROM destinations WHERE id = ?1", [id.as_str()], body)
}

pub(crate) fn settings(db: &Connection) -> Result<Settings, Fail> {
    let settings = one(db, "SELECT value AS body FROM meta WHERE name = 'settings'", [], body)?;
    // Nothing recorded means that nobody changed them.
    Ok(settings.unwrap_or_default())
}

pub(crate) fn is_paused(db: &Connection) -> Result<bool, Fail> {
    let paused =
        one(db, "SELECT value = 'yes' AS paused FROM meta WHERE name = 'paused'", [], |row| row.get("paused"))?;
    Ok(paused.unwrap_or(false))
}

pub(super) fn token(db: &Connection, id: &TokenId) -> Result<Option<Token>, Fail> {
    one(db, "SELECT body FROM tokens WHERE id = ?1", [id.as_str()], body)
}

pub(super) fn tokens(db: &Connection) -> Result<Vec<Token>, Fail> {
    list(db, "SELECT body FROM tokens ORDER BY no", [], body)
}

pub(super) fn user(db: &Connection, name: &UserName) -> Result<Option<User>, Fail> {
    one(db, "SELECT body FROM users WHERE name = ?1", [name.as_str()], body)
}

pub(super) fn users(db: &Connection) -> Result<Vec<User>, Fail> {
    list(db, "SELECT body FROM users ORDER BY name", [], body)
}

pub(crate) fn photo(db: &Connection, id: &PhotoId) -> Result<Option<Photo>, Fail> {
    one(db, &format!("{} WHERE photos.id = ?1", rows::PHOTO), [id.as_str()], rows::photo)
}

pub(super) fn photo_no(db: &Connection, id: &PhotoId) -> Result<Option<i64>, Fail> {
    one(db, "SELECT no FROM photos WHERE id = ?1", [id.as_str()], |row| row.get(0))
}

pub(crate) fn photo_with_hash(db: &Connection, event: &EventId, hash: &ContentHash) -> Result<Option<PhotoId>, Fail> {
    one(db, "SELECT id FROM photos WHERE event = ?1 AND hash = ?2", (event.as_str(), hash.0), |row| {
        rows::parsed(row, "id")
    })
}

pub(crate) fn photos(
    db: &Connection,
    event: &EventId,
    before: Option<&PhotoId>,
    limit: usize,
) -> Result<Vec<Photo>, Fail> {
    let (order_ms, no) = match before {
        None => (i64::MAX, i64::MAX),
        Some(id) => one(db, "SELECT order_ms, no FROM photos WHERE id = ?1", [id.as_str()], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?
        .ok_or_else(|| Refusal::UnknownPhoto(id.clone()))?,
    };
    let sql = format!(
        "{} WHERE event = ?1 AND (order_ms, photos.no) < (?2, ?3) ORDER BY order_ms DESC, photos.no DESC LIMIT ?4",
        rows::PHOTO
    );
    list(db, &sql, params![event.as_str(), order_ms, no, limit.min(MAX_LIMIT)], rows::photo)
}

/// The photo of `event` that was filed last.
pub(super) fn last_photo(db: &Connection, event: &EventId) -> Result<Option<Photo>, Fail> {
    let sql = format!("{} WHERE photos.no = (SELECT last_photo_no FROM events WHERE id = ?1)", rows::PHOTO);
    one(db, &sql, [event.as_str()], rows::photo)
}

pub(crate) fn copies_of(db: &Connection, photo: &PhotoId) -> Result<Vec<(DestinationId, CopyState)>, Fail> {
    let no = photo_no(db, photo)?.ok_or_else(|| Refusal::UnknownPhoto(photo.clone()))?;
    list(db, &format!("{} WHERE photo_no = ?1 AND state <> 'aside' ORDER BY destination", rows::COPY), [no], |row| {
        Ok((rows::parsed(row, "destination")?, rows::copy_state(row)?))
    })
}

pub(crate) fn arrival_at(
    db: &Connection,
    source: &SourceId,
    path: &Path,
) -> Result<Option<(Arrival, ArrivalStatus)>, Fail> {
    let sql = format!(
        "{} WHERE arrivals.source = ?1 AND arrivals.path = ?2 ORDER BY arrivals.no DESC LIMIT 1",
        rows::ARRIVAL
    );
    one(db, &sql, (source.as_str(), path_text::encode(path)), |row| {
        Ok((rows::arrival(row)?, rows::arrival_status(row)?))
    })
}

pub(crate) fn arrival(db: &Connection, id: &ArrivalId) -> Result<Option<Arrival>, Fail> {
    one(db, &format!("{} WHERE arrivals.id = ?1", rows::ARRIVAL), [id.as_str()], rows::arrival)
}

pub(crate) fn unfinished_arrivals(db: &Connection) -> Result<Vec<Arrival>, Fail> {
    let sql = format!("{} WHERE status = 'seen' ORDER BY arrivals.no", rows::ARRIVAL);
    list(db, &sql, [], rows::arrival)
}

/// Arrivals of a source that failed and still are a problem, the newest first.
pub(crate) fn failed_arrivals(db: &Connection, source: &SourceId) -> Result<Vec<(Arrival, ArrivalFailure)>, Fail> {
    let sql = format!(
        "{} WHERE status = 'failed' AND is_superseded = 0 AND arrivals.source = ?1
         ORDER BY failed_at_ms DESC LIMIT {MAX_LIMIT}",
        rows::ARRIVAL
    );
    list(db, &sql, [source.as_str()], |row| Ok((rows::arrival(row)?, rows::from_word(row, "failure")?)))
}

pub(crate) fn next_due(db: &Connection, destination: &DestinationId, now: Millis) -> Result<Option<Millis>, Fail> {
    let first: Option<i64> = db
        .prepare_cached("SELECT MIN(not_before_ms) FROM copies WHERE state = 'waiting' AND destination = ?1")?
        .query_row([destination.as_str()], |row| row.get(0))?;
    // A wait beyond the longest is a clock that jumped back: due now.
    Ok(first.map(|first| if first > now.plus(MAX_WAIT).0 { now } else { Millis(first) }))
}

pub(super) fn head(db: &Connection) -> Result<Offset, Fail> {
    Ok(Offset(db.prepare_cached("SELECT COALESCE(MAX(offset), 0) FROM log")?.query_row([], |row| row.get(0))?))
}

/// Up to `limit` records after `after`, in order.
pub(crate) fn log_after(db: &Connection, after: Offset, limit: usize) -> Result<Vec<Recorded>, Fail> {
    list(
        db,
        "SELECT offset, at_ms, fact AS body FROM log WHERE offset > ?1 ORDER BY offset LIMIT ?2",
        (after.0, limit),
        |row| {
            Ok(Recorded { offset: Offset(row.get("offset")?), at: Millis(row.get("at_ms")?), fact: body::<Fact>(row)? })
        },
    )
}

fn body<T: DeserializeOwned>(row: &Row<'_>) -> rusqlite::Result<T> {
    rows::from_json(row, "body")
}

pub(super) fn one<T>(
    db: &Connection,
    sql: &str,
    params: impl Params,
    read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Option<T>, Fail> {
    Ok(db.prepare_cached(sql)?.query_row(params, read).optional()?)
}

pub(super) fn list<T>(
    db: &Connection,
    sql: &str,
    params: impl Params,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>, Fail> {
    Ok(db.prepare_cached(sql)?.query_map(params, read)?.collect::<Result<_, _>>()?)
}
