//! Values as columns and back. Words of enums are those of the facts' JSON, so each is written once.
//!
//! A column that does not parse is an error of the journal, never a default.

use std::error::Error;
use std::str::FromStr;

use kilat_core::{
    Arrival, ArrivalStatus, Camera, ContentHash, CopyState, Event, FileStamp, Millis, ObjectKey, Photo, PhotoKind,
    ProofHash, TakenAt, Via, path_text,
};
use rusqlite::types::Type;
use rusqlite::{Error as SqlError, Result, Row};
use serde::Serialize;
use serde::de::value::{Error as ValueError, StrDeserializer};
use serde::de::{DeserializeOwned, Error as _, IntoDeserializer};

/// The word of a plain enum's variant.
pub(super) fn word(value: &impl Serialize) -> Result<String> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => Ok(word),
        Ok(other) => Err(SqlError::ToSqlConversionFailure(format!("{other} is no word").into())),
        Err(error) => Err(SqlError::ToSqlConversionFailure(error.into())),
    }
}

/// The variant of a plain enum that a column's word names.
pub(super) fn from_word<T: DeserializeOwned>(row: &Row<'_>, column: &str) -> Result<T> {
    let text = row.get_ref(column)?.as_str()?;
    let words: StrDeserializer<'_, ValueError> = text.into_deserializer();
    T::deserialize(words).map_err(|error| unreadable(column, error))
}

/// A value in JSON.
pub(super) fn from_json<T: DeserializeOwned>(row: &Row<'_>, column: &str) -> Result<T> {
    serde_json::from_str(row.get_ref(column)?.as_str()?).map_err(|error| unreadable(column, error))
}

/// A value that parses from text, such as an id.
pub(super) fn parsed<T>(row: &Row<'_>, column: &str) -> Result<T>
where
    T: FromStr,
    T::Err: Error + Send + Sync + 'static,
{
    row.get_ref(column)?.as_str()?.parse().map_err(|error| unreadable(column, error))
}

/// An optional value that parses from text.
pub(super) fn parsed_or_none<T>(row: &Row<'_>, column: &str) -> Result<Option<T>>
where
    T: FromStr,
    T::Err: Error + Send + Sync + 'static,
{
    match row.get_ref(column)?.as_str_or_null()? {
        Some(text) => text.parse().map(Some).map_err(|error| unreadable(column, error)),
        None => Ok(None),
    }
}

pub(super) fn unreadable(column: &str, error: impl Error + Send + Sync + 'static) -> SqlError {
    SqlError::FromSqlConversionFailure(0, Type::Text, format!("column {column}: {error}").into())
}

pub(super) fn key(row: &Row<'_>) -> Result<ObjectKey> {
    ObjectKey::try_from(row.get::<_, String>("key")?).map_err(|error| unreadable("key", error))
}

pub(super) fn key_or_none(row: &Row<'_>, column: &str) -> Result<Option<ObjectKey>> {
    let text = row.get::<_, Option<String>>(column)?;
    text.map(|text| ObjectKey::try_from(text).map_err(|error| unreadable(column, error))).transpose()
}

/// Columns of `events` that [`event`] reads.
pub(super) const EVENT: &str = "SELECT id, name, date, status, created_at_ms FROM events";

pub(super) fn event(row: &Row<'_>) -> Result<Event> {
    Ok(Event {
        id: parsed(row, "id")?,
        name: row.get("name")?,
        date: parsed(row, "date")?,
        status: from_word(row, "status")?,
        created_at: Millis(row.get("created_at_ms")?),
    })
}

/// Columns of `photos` that [`photo`] reads; joins go after it.
pub(super) const PHOTO: &str =
    "SELECT photos.no, photos.id, photos.event, groups.id AS group_id, hash, proof, size_bytes, kind, name,
    photos.key, make, model, serial, taken, taken_offset_minutes, orientation, width, height, filed_at_ms, source, path
    FROM photos JOIN groups ON groups.no = photos.group_no";

pub(super) fn photo(row: &Row<'_>) -> Result<Photo> {
    let camera = match row.get::<_, Option<String>>("make")? {
        Some(make) => Some(Camera { make, model: row.get("model")?, serial: row.get("serial")? }),
        None => None,
    };
    let taken = match parsed_or_none(row, "taken")? {
        Some(civil) => Some(TakenAt { civil, offset_minutes: row.get("taken_offset_minutes")? }),
        None => None,
    };
    Ok(Photo {
        id: parsed(row, "id")?,
        event: parsed(row, "event")?,
        group: parsed(row, "group_id")?,
        hash: ContentHash(row.get("hash")?),
        proof: ProofHash(row.get("proof")?),
        size_bytes: row.get::<_, i64>("size_bytes")?.cast_unsigned(),
        kind: from_word::<PhotoKind>(row, "kind")?,
        name: row.get("name")?,
        key: key(row)?,
        camera,
        taken,
        orientation: row.get("orientation")?,
        pixels: row.get::<_, Option<u32>>("width")?.zip(row.get("height")?),
        filed_at: Millis(row.get("filed_at_ms")?),
        source: parsed(row, "source")?,
        path: path_text::decode(row.get_ref("path")?.as_str()?),
    })
}

/// Columns of `arrivals` that [`arrival`] and [`arrival_status`] read.
pub(super) const ARRIVAL: &str =
    "SELECT arrivals.no, arrivals.id, arrivals.source, arrivals.path, arrivals.size_bytes, mtime_ns, ino,
    arrivals.event, at_ms, status, photos.id AS photo_id, failure, message, failed_at_ms, way, via
    FROM arrivals LEFT JOIN photos ON photos.no = arrivals.photo_no";

pub(super) fn arrival(row: &Row<'_>) -> Result<Arrival> {
    Ok(Arrival {
        id: parsed(row, "id")?,
        source: parsed(row, "source")?,
        path: path_text::decode(row.get_ref("path")?.as_str()?),
        stamp: FileStamp {
            size_bytes: row.get::<_, i64>("size_bytes")?.cast_unsigned(),
            mtime_ns: row.get("mtime_ns")?,
            ino: row.get::<_, i64>("ino")?.cast_unsigned(),
        },
        event: parsed(row, "event")?,
        at: Millis(row.get("at_ms")?),
        via: via(row)?,
    })
}

fn via(row: &Row<'_>) -> Result<Option<Via>> {
    let Some(camera) = parsed_or_none(row, "via")? else { return Ok(None) };
    Ok(Some(Via { way: from_word(row, "way")?, camera }))
}

pub(super) fn arrival_status(row: &Row<'_>) -> Result<ArrivalStatus> {
    match row.get_ref("status")?.as_str()? {
        "seen" => Ok(ArrivalStatus::Seen),
        "filed" => Ok(ArrivalStatus::Filed(parsed(row, "photo_id")?)),
        "again" => Ok(ArrivalStatus::Again(parsed(row, "photo_id")?)),
        "failed" => Ok(ArrivalStatus::Failed(from_word(row, "failure")?)),
        "forgotten" => Ok(ArrivalStatus::Forgotten),
        other => Err(unreadable("status", ValueError::custom(other))),
    }
}

/// Columns of `copies` that [`copy_state`] reads.
pub(super) const COPY: &str =
    "SELECT destination, state, attempts, not_before_ms, message, changed_at_ms, key, read_back FROM copies";

pub(super) fn copy_state(row: &Row<'_>) -> Result<CopyState> {
    match row.get_ref("state")?.as_str()? {
        "ready" | "waiting" => Ok(CopyState::Pending {
            attempts: row.get("attempts")?,
            not_before: row.get::<_, Option<i64>>("not_before_ms")?.map(Millis),
            message: row.get("message")?,
        }),
        "failed" => Ok(CopyState::Failed { attempts: row.get("attempts")?, message: row.get("message")? }),
        "stored" => Ok(CopyState::Stored {
            key: key(row)?,
            at: Millis(row.get("changed_at_ms")?),
            read_back: from_word(row, "read_back")?,
        }),
        other => Err(unreadable("state", ValueError::custom(other))),
    }
}
