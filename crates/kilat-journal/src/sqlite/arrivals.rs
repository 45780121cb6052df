//! What facts about arrivals and photos do to the tables.
//!
//! An arrival ends once: filed, seen again, or failed. A photo's row never changes but for its tallies.

use kilat_core::{Arrival, ArrivalFailure, ArrivalId, ArrivalStatus, DestinationId, Millis, Photo, PhotoId, path_text};
use rusqlite::{Connection, OptionalExtension, params};

use super::apply::{Effect, contradicts, known_destination, known_event, known_source};
use super::clocks;
use super::fail::Fail;
use super::filing::{Frame, KeyParts};
use super::rows::{self, word};
use super::{copies, read};
use crate::Refusal;

pub(super) fn see(db: &Connection, arrival: &Arrival) -> Result<Effect, Fail> {
    if let Some((known, _)) = find(db, &arrival.id)? {
        let same = known == *arrival;
        return if same { Ok(Effect::Nothing) } else { contradicts("arrival", arrival.id.as_str(), "it differs") };
    }
    known_source(db, &arrival.source)?;
    known_event(db, &arrival.event)?;
    let path = path_text::encode(&arrival.path);
    supersede(db, arrival, &path)?;
    db.prepare_cached(
        "INSERT INTO arrivals (id, source, path, size_bytes, mtime_ns, ino, event, at_ms, way, via)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?
    .execute(params![
        arrival.id.as_str(),
        arrival.source.as_str(),
        path,
        arrival.stamp.size_bytes.cast_signed(),
        arrival.stamp.mtime_ns,
        arrival.stamp.ino.cast_signed(),
        arrival.event.as_str(),
        arrival.at.0,
        arrival.via.as_ref().map(|via| via.way.as_str()),
        arrival.via.as_ref().map(|via| via.camera.as_str()),
    ])?;
    Ok(Effect::Changed)
}

/// The newest arrival at this path, if it failed, is no problem any more: the file came again.
fn supersede(db: &Connection, arrival: &Arrival, path: &str) -> Result<(), Fail> {
    let failed: Option<(i64, String, String)> = db
        .prepare_cached(
            "SELECT no, event, failure FROM arrivals WHERE no = (
                 SELECT MAX(no) FROM arrivals WHERE source = ?1 AND path = ?2
             ) AND status = 'failed'",
        )?
        .query_row((arrival.source.as_str(), path), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let Some((no, event, failure)) = failed else { return Ok(()) };
    db.prepare_cached("UPDATE arrivals SET is_superseded = 1 WHERE no = ?1")?.execute([no])?;
    count_unfiled(db, &event, &failure, -1)
}

pub(super) fn fail(
    db: &Connection,
    id: &ArrivalId,
    failure: ArrivalFailure,
    message: &str,
    at: Millis,
) -> Result<Effect, Fail> {
    let (arrival, status) = known(db, id)?;
    match status {
        ArrivalStatus::Seen => {}
        // The first report stands: a second one is a repeated attempt at the same state of the file.
        ArrivalStatus::Failed(_) | ArrivalStatus::Forgotten => return Ok(Effect::Nothing),
        ArrivalStatus::Filed(_) | ArrivalStatus::Again(_) => {
            return contradicts("arrival", id.as_str(), "it is filed already");
        }
    }
    let failure = word(&failure)?;
    let path = path_text::encode(&arrival.path);
    // A late report about a file that came again meanwhile is history, not a problem.
    let is_superseded: bool = db
        .prepare_cached(
            "UPDATE arrivals SET status = 'failed', failure = ?2, message = ?3, failed_at_ms = ?4,
                 is_superseded = no < (SELECT MAX(no) FROM arrivals AS a WHERE a.source = ?5 AND a.path = ?6)
             WHERE id = ?1 RETURNING is_superseded",
        )?
        .query_row(params![id.as_str(), failure, message, at.0, arrival.source.as_str(), path], |row| row.get(0))?;
    if !is_superseded {
        count_unfiled(db, arrival.event.as_str(), &failure, 1)?;
    }
    Ok(Effect::Changed)
}

/// Its file is gone: no problem any more. Should the same file come back, it is a new arrival.
pub(super) fn forget(db: &Connection, id: &ArrivalId) -> Result<Effect, Fail> {
    let (arrival, status) = known(db, id)?;
    let failure = match status {
        ArrivalStatus::Failed(failure) => word(&failure)?,
        ArrivalStatus::Forgotten => return Ok(Effect::Nothing),
        ArrivalStatus::Seen | ArrivalStatus::Filed(_) | ArrivalStatus::Again(_) => {
            return contradicts("arrival", id.as_str(), "it did not fail");
        }
    };
    let is_superseded: bool = db
        .prepare_cached("UPDATE arrivals SET status = 'forgotten' WHERE id = ?1 RETURNING is_superseded")?
        .query_row([id.as_str()], |row| row.get(0))?;
    if !is_superseded {
        count_unfiled(db, arrival.event.as_str(), &failure, -1)?;
    }
    Ok(Effect::Changed)
}

fn count_unfiled(db: &Connection, event: &str, failure: &str, by: i64) -> Result<(), Fail> {
    db.prepare_cached(
        "UPDATE events SET unfiled = unfiled + ?2, incomplete = incomplete + IIF(?3 = 'incomplete', ?2, 0) WHERE id = ?1",
    )?
    .execute((event, by, failure))?;
    Ok(())
}

pub(super) fn file(db: &Connection, photo: &Photo, arrival: &ArrivalId, due: &[DestinationId]) -> Result<Effect, Fail> {
    let (_, status) = known(db, arrival)?;
    match (status, read::photo(db, &photo.id)?) {
        (ArrivalStatus::Filed(id), Some(known)) if id == photo.id && known == *photo => return Ok(Effect::Nothing),
        (_, Some(_)) => return contradicts("photo", photo.id.as_str(), "it differs, or another arrival brought it"),
        (ArrivalStatus::Seen, None) => {}
        (
            ArrivalStatus::Filed(_) | ArrivalStatus::Again(_) | ArrivalStatus::Failed(_) | ArrivalStatus::Forgotten,
            None,
        ) => {
            return contradicts("arrival", arrival.as_str(), "it has ended already");
        }
    }
    known_event(db, &photo.event)?;
    if held_as(db, photo)?.is_some() {
        return contradicts("photo", photo.id.as_str(), "the event holds this content as another photo");
    }
    let mut places: Vec<&DestinationId> = due.iter().collect();
    places.sort_unstable();
    places.dedup();
    for destination in &places {
        known_destination(db, destination)?;
    }
    let group = place_in_group(db, photo)?;
    let mut frame = Frame::of_photo(photo);
    frame.order_ms -= clocks::skew_of(db, photo)?;
    let no = insert(db, photo, group, &frame, places.len())?;
    for destination in places {
        copies::make_due(db, no, photo, frame.order_ms, destination)?;
    }
    db.prepare_cached(
        "UPDATE events SET held = held + 1, held_bytes = held_bytes + ?2, last_photo_no = ?3 WHERE id = ?1",
    )?
    .execute((photo.event.as_str(), photo.size_bytes.cast_signed(), no))?;
    count_camera(db, photo, &frame)?;
    end(db, arrival, "filed", no)
}

fn held_as(db: &Connection, photo: &Photo) -> Result<Option<PhotoId>, Fail> {
    read::photo_with_hash(db, &photo.event, &photo.hash)
}

/// Row of the photo's group, made when this is its first member.
fn place_in_group(db: &Connection, photo: &Photo) -> Result<i64, Fail> {
    let known = db
        .prepare_cached("SELECT no FROM groups WHERE id = ?1")?
        .query_row([photo.group.as_str()], |row| row.get(0))
        .optional()?;
    if let Some(no) = known {
        return Ok(no);
    }
    let parts = KeyParts::of(&photo.key, photo.kind);
    let no = db
        .prepare_cached(
            "INSERT INTO groups (id, stem, stem_folded, base_folded, number) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (stem_folded) DO NOTHING RETURNING no",
        )?
        .query_row(
            params![photo.group.as_str(), parts.stem, parts.stem_folded, parts.base_folded, parts.number],
            |row| row.get(0),
        )
        .optional()?;
    match no {
        Some(no) => Ok(no),
        None => contradicts("photo", photo.id.as_str(), "another group stands under the stem of its key"),
    }
}

fn insert(db: &Connection, photo: &Photo, group: i64, frame: &Frame, due: usize) -> Result<i64, Fail> {
    let camera = photo.camera.as_ref();
    let no = db
        .prepare_cached(
            "INSERT INTO photos (id, event, group_no, hash, proof, size_bytes, kind, name, key, key_folded, make, model,
                 serial, taken, taken_offset_minutes, orientation, width, height, filed_at_ms, source, path, folder,
                 stem_folded, ext_folded, camera, taken_second, order_ms, due)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21,
                 ?22, ?23, ?24, ?25, ?26, ?27, ?28)
             ON CONFLICT DO NOTHING RETURNING no",
        )?
        .query_row(
            params![
                photo.id.as_str(),
                photo.event.as_str(),
                group,
                photo.hash.0,
                photo.proof.0,
                photo.size_bytes.cast_signed(),
                word(&photo.kind)?,
                photo.name,
                photo.key.as_str(),
                photo.key.folded(),
                camera.map(|camera| &camera.make),
                camera.map(|camera| &camera.model),
                camera.and_then(|camera| camera.serial.as_deref()),
                photo.taken.map(|taken| taken.civil.to_string()),
                photo.taken.and_then(|taken| taken.offset_minutes),
                photo.orientation,
                photo.pixels.map(|(width, _)| width),
                photo.pixels.map(|(_, height)| height),
                photo.filed_at.0,
                photo.source.as_str(),
                path_text::encode(&photo.path),
                frame.folder,
                frame.stem_folded,
                frame.ext_folded,
                frame.camera,
                frame.taken_second,
                frame.order_ms,
                due,
            ],
            |row| row.get(0),
        )
        .optional()?;
    match no {
        Some(no) => Ok(no),
        None => contradicts("photo", photo.id.as_str(), "another photo has its key, or its place in the group"),
    }
}

fn count_camera(db: &Connection, photo: &Photo, frame: &Frame) -> Result<(), Fail> {
    let (Some(camera), Some(body)) = (&photo.camera, &frame.camera) else { return Ok(()) };
    db.prepare_cached(
        "INSERT INTO cameras (event, camera, make, model, serial, held, last_filed_at_ms) VALUES (?1, ?2, ?3, ?4, ?5, 1, ?6)
         ON CONFLICT (event, camera) DO UPDATE SET make = excluded.make, model = excluded.model,
             serial = excluded.serial, held = held + 1, last_filed_at_ms = excluded.last_filed_at_ms",
    )?
    .execute(params![photo.event.as_str(), body, camera.make, camera.model, camera.serial, photo.filed_at.0])?;
    Ok(())
}

pub(super) fn see_again(db: &Connection, photo: &PhotoId, arrival: &ArrivalId) -> Result<Effect, Fail> {
    let (_, status) = known(db, arrival)?;
    match status {
        ArrivalStatus::Seen => {}
        ArrivalStatus::Again(known) if known == *photo => return Ok(Effect::Nothing),
        ArrivalStatus::Filed(_) | ArrivalStatus::Again(_) | ArrivalStatus::Failed(_) | ArrivalStatus::Forgotten => {
            return contradicts("arrival", arrival.as_str(), "it has ended already");
        }
    }
    let no = read::photo_no(db, photo)?.ok_or_else(|| Refusal::UnknownPhoto(photo.clone()))?;
    end(db, arrival, "again", no)
}

fn end(db: &Connection, arrival: &ArrivalId, status: &str, photo_no: i64) -> Result<Effect, Fail> {
    db.prepare_cached("UPDATE arrivals SET status = ?2, photo_no = ?3 WHERE id = ?1")?.execute((
        arrival.as_str(),
        status,
        photo_no,
    ))?;
    Ok(Effect::Changed)
}

pub(super) fn known(db: &Connection, id: &ArrivalId) -> Result<(Arrival, ArrivalStatus), Fail> {
    Ok(find(db, id)?.ok_or_else(|| Refusal::UnknownArrival(id.clone()))?)
}

fn find(db: &Connection, id: &ArrivalId) -> Result<Option<(Arrival, ArrivalStatus)>, Fail> {
    let found = db
        .prepare_cached(&format!("{} WHERE arrivals.id = ?1", rows::ARRIVAL))?
        .query_row([id.as_str()], |row| Ok((rows::arrival(row)?, rows::arrival_status(row)?)))
        .optional()?;
    Ok(found)
}
