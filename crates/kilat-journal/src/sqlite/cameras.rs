//! What facts about cameras do to their tables, and what is asked of these.
//!
//! A camera that was removed keeps its row: arrivals and frames name it.

use kilat_core::{
    ArrivalStatus, CameraFact, CameraId, CameraState, ContentHash, EventId, Frame, KnownCamera, MAX_FRAMES_TOLD,
    Millis, PhotoId, Way, fold_name,
};
use rusqlite::{Connection, Result as SqlResult, Row, params};

use super::apply::{Effect, Stamp, contradicts, known_event};
use super::backups::effect;
use super::clocks;
use super::fail::Fail;
use super::read::{list, one};
use super::rows;
use crate::Refusal;
use crate::cameras::{CameraStanding, HandedIn, HandedInAs};

/// Cameras, senders and cards at once; far above those of one studio.
pub const MAX_CAMERAS: usize = 256;
/// Those that were ever known: cards come and go.
const MAX_CAMERAS_EVER: usize = 4_096;
/// Files that one card handed in, twice over what is read of one.
const MAX_HANDED_IN: usize = 120_000;

/// Columns that [`standing`] reads.
const KNOWN: &str = "SELECT body, state, message, since_ms FROM known_cameras";

pub(super) fn apply(db: &Connection, fact: &CameraFact, stamp: Stamp) -> Result<Effect, Fail> {
    match fact {
        CameraFact::Added { camera } => add(db, camera, stamp.at),
        CameraFact::Removed { camera } => remove(db, camera),
        CameraFact::Changed { camera, state, message } => change(db, camera, state, message.as_deref(), stamp.at),
        CameraFact::Listed { camera, event, frames, older } => listed(db, camera, event, (frames, *older), stamp.at),
        CameraFact::Unlisted { camera, paths } => unlisted(db, camera, paths, stamp.at),
        CameraFact::Offered { camera, .. }
        | CameraFact::ImportAsked { camera, .. }
        | CameraFact::ImportBegan { camera, .. }
        | CameraFact::ImportEnded { camera, .. } => must_be_known(db, camera).map(|()| Effect::Changed),
        CameraFact::ClockSeen { event, body, skew_ms, since } => {
            clocks::seen(db, (event, body), (*skew_ms, *since), stamp.at)
        }
    }
}

fn add(db: &Connection, camera: &KnownCamera, at: Millis) -> Result<Effect, Fail> {
    if known_camera(db, &camera.id)?.is_some_and(|known| known.camera == *camera) {
        return Ok(Effect::Nothing);
    }
    bound(db, &camera.id)?;
    db.prepare_cached(
        "INSERT INTO known_cameras (id, body, state, since_ms, added_at_ms) VALUES (?1, ?2, ?3, ?4, ?4)
         ON CONFLICT (id) DO UPDATE SET body = excluded.body, is_removed = 0,
             state = IIF(is_removed, excluded.state, state), message = IIF(is_removed, NULL, message),
             since_ms = IIF(is_removed, excluded.since_ms, since_ms)",
    )?
    .execute(params![
        camera.id.as_str(),
        serde_json::to_string(camera)?,
        serde_json::to_string(&CameraState::Unseen)?,
        at.0
    ])?;
    Ok(Effect::Changed)
}

fn bound(db: &Connection, id: &CameraId) -> Result<(), Fail> {
    let counted = |table: &str| -> SqlResult<(usize, usize)> {
        let sql = format!("SELECT COUNT(*), COUNT(*) FILTER (WHERE id = ?1) FROM {table}");
        db.prepare_cached(&sql)?.query_row([id.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))
    };
    for (table, most, what) in [
        ("known_cameras WHERE NOT is_removed", MAX_CAMERAS, "cameras"),
        ("known_cameras", MAX_CAMERAS_EVER, "cameras that were ever known"),
    ] {
        let (all, itself) = counted(table)?;
        if itself == 0 && all >= most {
            return Err(Refusal::TooMany { what, most }.into());
        }
    }
    Ok(())
}

fn remove(db: &Connection, id: &CameraId) -> Result<Effect, Fail> {
    must_be_known(db, id)?;
    let changed = db
        .prepare_cached("UPDATE known_cameras SET is_removed = 1 WHERE id = ?1 AND NOT is_removed")?
        .execute([id.as_str()])?;
    Ok(effect(changed))
}

fn change(
    db: &Connection,
    id: &CameraId,
    state: &CameraState,
    message: Option<&str>,
    at: Millis,
) -> Result<Effect, Fail> {
    must_be_known(db, id)?;
    let state = serde_json::to_string(state)?;
    let changed = db
        .prepare_cached(
            "UPDATE known_cameras SET since_ms = IIF(state = ?2, since_ms, ?4), state = ?2, message = ?3
             WHERE id = ?1 AND NOT is_removed AND (state <> ?2 OR message IS NOT ?3)",
        )?
        .execute((id.as_str(), state, message, at.0))?;
    Ok(effect(changed))
}

fn listed(
    db: &Connection,
    id: &CameraId,
    event: &EventId,
    (frames, is_older): (&[Frame], bool),
    at: Millis,
) -> Result<Effect, Fail> {
    must_be_known(db, id)?;
    known_event(db, event)?;
    if frames.len() > MAX_FRAMES_TOLD {
        return contradicts("camera", id.as_str(), "its list is told in parts that are too long");
    }
    let mut insert = db.prepare_cached(
        "INSERT INTO frames (camera, event, path, name_folded, size_bytes, written_s, listed_at_ms, is_older)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         ON CONFLICT DO UPDATE SET gone_at_ms = NULL WHERE gone_at_ms IS NOT NULL",
    )?;
    let mut changed = 0;
    for frame in frames {
        changed += insert.execute(params![
            id.as_str(),
            event.as_str(),
            frame.path,
            fold_name(frame.name()),
            frame.size_bytes.cast_signed(),
            frame.written_s,
            at.0,
            is_older
        ])?;
    }
    Ok(effect(changed))
}

fn unlisted(db: &Connection, id: &CameraId, paths: &[String], at: Millis) -> Result<Effect, Fail> {
    must_be_known(db, id)?;
    if paths.len() > MAX_FRAMES_TOLD {
        return contradicts("camera", id.as_str(), "its list is told in parts that are too long");
    }
    let mut update =
        db.prepare_cached("UPDATE frames SET gone_at_ms = ?3 WHERE camera = ?1 AND path = ?2 AND gone_at_ms IS NULL")?;
    let mut changed = 0;
    for path in paths {
        changed += update.execute((id.as_str(), path, at.0))?;
    }
    Ok(effect(changed))
}

fn must_be_known(db: &Connection, id: &CameraId) -> Result<(), Fail> {
    let is_known: bool = db
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM known_cameras WHERE id = ?1)")?
        .query_row([id.as_str()], |row| row.get(0))?;
    if is_known { Ok(()) } else { Err(Refusal::UnknownCamera(id.clone()).into()) }
}

/// All that were not removed, oldest first.
pub(crate) fn known_cameras(db: &Connection) -> Result<Vec<CameraStanding>, Fail> {
    list(db, &format!("{KNOWN} WHERE NOT is_removed ORDER BY added_at_ms, id LIMIT {MAX_CAMERAS}"), (), standing)
}

/// One that was not removed.
pub(crate) fn known_camera(db: &Connection, id: &CameraId) -> Result<Option<CameraStanding>, Fail> {
    one(db, &format!("{KNOWN} WHERE id = ?1 AND NOT is_removed"), [id.as_str()], standing)
}

/// What this card handed in, oldest first; without what failed for other reasons than that it is cut off.
pub(crate) fn handed_in(db: &Connection, id: &CameraId) -> Result<Vec<HandedIn>, Fail> {
    let sql = format!(
        "{} WHERE arrivals.via = ?1 AND arrivals.way = ?2 AND NOT arrivals.is_superseded
             AND (status IN ('seen', 'filed', 'again') OR (status = 'failed' AND failure = 'incomplete'))
         ORDER BY arrivals.no LIMIT {MAX_HANDED_IN}",
        rows::ARRIVAL
    );
    list(db, &sql, (id.as_str(), Way::Card.as_str()), |row| {
        let became = match rows::arrival_status(row)? {
            ArrivalStatus::Filed(photo) | ArrivalStatus::Again(photo) => HandedInAs::Photo(photo),
            ArrivalStatus::Seen => HandedInAs::Waiting,
            ArrivalStatus::Failed(_) | ArrivalStatus::Forgotten => HandedInAs::CutOff,
        };
        let kilat_core::Arrival { path, stamp, event, .. } = rows::arrival(row)?;
        Ok(HandedIn { path, stamp, event, became })
    })
}

/// The photo of this content, of `first` before other events.
pub(crate) fn photo_of_any_event(
    db: &Connection,
    hash: &ContentHash,
    first: &EventId,
) -> Result<Option<(EventId, PhotoId)>, Fail> {
    let sql = "SELECT photos.event, photos.id FROM events JOIN photos ON photos.event = events.id AND photos.hash = ?1
         ORDER BY photos.event = ?2 DESC, photos.no LIMIT 1";
    one(db, sql, (hash.0, first.as_str()), |row| Ok((rows::parsed(row, "event")?, rows::parsed(row, "id")?)))
}

fn standing(row: &Row<'_>) -> SqlResult<CameraStanding> {
    Ok(CameraStanding {
        camera: rows::from_json(row, "body")?,
        state: rows::from_json(row, "state")?,
        message: row.get("message")?,
        since: Millis(row.get("since_ms")?),
    })
}
