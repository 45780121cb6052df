//! Questions about backups: runs, their copies, what is due to be copied or read back.
//!
//! Lists of photos come in pages by the order in which they were filed, so that memory does not grow with an event.

use std::collections::BTreeMap;

use kilat_core::{BackupCopy, BackupId, BackupRun, DestinationId, EventId, Millis, ObjectKey, Offset, PhotoId};
use rusqlite::{Connection, Result as SqlResult, Row, params};

use super::fail::Fail;
use super::read::{MAX_LIMIT, list, one};
use super::rows;
use crate::backups::{BackupState, Check, Listed, ProvenCopy, RunFailure, ScrubState, Work};

/// Columns of `backup_runs` that [`state`] reads.
const RUN: &str = "SELECT id, event, destination, kind, asked_by, asked_at_ms, step, is_paused, is_cancelling, waits,
    totals, stored, stored_bytes, proven, failed, outcome, ended_at_ms FROM backup_runs";

pub(super) fn run(row: &Row<'_>) -> SqlResult<BackupRun> {
    Ok(BackupRun {
        id: rows::parsed(row, "id")?,
        event: rows::parsed(row, "event")?,
        destination: rows::parsed(row, "destination")?,
        kind: rows::from_word(row, "kind")?,
        asked_by: rows::from_word(row, "asked_by")?,
    })
}

fn state(row: &Row<'_>) -> SqlResult<BackupState> {
    let is_listed = row.get::<_, Option<String>>("totals")?.is_some();
    let ended_at = row.get::<_, Option<i64>>("ended_at_ms")?.map(Millis);
    Ok(BackupState {
        run: run(row)?,
        asked_at: Millis(row.get("asked_at_ms")?),
        step: rows::from_word(row, "step")?,
        is_paused: row.get("is_paused")?,
        is_cancelling: row.get("is_cancelling")?,
        waits: row.get("waits")?,
        totals: if is_listed { Some(rows::from_json(row, "totals")?) } else { None },
        stored: row.get("stored")?,
        stored_bytes: row.get("stored_bytes")?,
        proven: row.get("proven")?,
        failed: row.get("failed")?,
        ended: match ended_at {
            Some(at) => Some((at, rows::from_json(row, "outcome")?)),
            None => None,
        },
    })
}

pub(crate) fn backup(db: &Connection, id: &BackupId) -> Result<Option<BackupState>, Fail> {
    one(db, &format!("{RUN} WHERE id = ?1"), [id.as_str()], state)
}

/// Those that go first, then the newest.
pub(crate) fn backups(db: &Connection, event: Option<&EventId>, limit: usize) -> Result<Vec<BackupState>, Fail> {
    let event = event.map(EventId::as_str);
    let limit = limit.min(MAX_LIMIT);
    let sql = format!("{RUN} WHERE ?1 IS NULL OR event = ?1 ORDER BY ended_at_ms IS NULL DESC, no DESC LIMIT ?2");
    list(db, &sql, (event, limit), state)
}

/// Those that have not ended, in the order in which they were asked for.
pub(crate) fn backups_going(db: &Connection) -> Result<Vec<BackupState>, Fail> {
    list(db, &format!("{RUN} WHERE ended_at_ms IS NULL ORDER BY no LIMIT {MAX_LIMIT}"), [], state)
}

/// All, going, completed, failed; photos backed up and failed.
pub(crate) fn backup_tally(db: &Connection) -> Result<[u64; 6], Fail> {
    let tally = db
        .prepare_cached(
            "SELECT COUNT(*), IFNULL(SUM(ended_at_ms IS NULL), 0),
                 IFNULL(SUM(outcome ->> 'outcome' = 'completed'), 0),
                 IFNULL(SUM(outcome ->> 'outcome' <> 'completed'), 0), IFNULL(SUM(stored), 0), IFNULL(SUM(failed), 0)
             FROM backup_runs",
        )?
        .query_row([], |row| Ok([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?]))?;
    Ok(tally)
}

pub(crate) fn backup_failures(db: &Connection, id: &BackupId, limit: usize) -> Result<Vec<RunFailure>, Fail> {
    list(
        db,
        "SELECT photos.id, photos.name, backup_failures.message FROM backup_failures
         JOIN backup_runs ON backup_runs.no = backup_failures.run_no JOIN photos ON photos.no = backup_failures.photo_no
         WHERE backup_runs.id = ?1 ORDER BY photo_no LIMIT ?2",
        (id.as_str(), limit.min(MAX_LIMIT)),
        |row| Ok(RunFailure { photo: rows::parsed(row, "id")?, name: row.get("name")?, message: row.get("message")? }),
    )
}

/// The first parts of an event's keys: the folders in which its copies stand.
pub(crate) fn event_folders(db: &Connection, event: &EventId) -> Result<Vec<ObjectKey>, Fail> {
    let folders = list(
        db,
        "SELECT DISTINCT substr(key, 1, instr(key || '/', '/') - 1) AS key FROM photos WHERE event = ?1 LIMIT 1000",
        [event.as_str()],
        rows::key,
    )?;
    Ok(folders)
}

/// Every photo of an event, with where its copy stands.
pub(crate) fn backup_listing(
    db: &Connection,
    (event, destination): (&EventId, &DestinationId),
    after: i64,
) -> Result<Vec<Listed>, Fail> {
    list(
        db,
        "SELECT photos.no, photos.id, size_bytes, photos.key, IIF(state = 'stored', backup_copies.key, NULL) AS stored
         FROM photos LEFT JOIN backup_copies ON backup_copies.destination = ?2 AND photo_no = photos.no
         WHERE photos.event = ?1 AND photos.no > ?3 ORDER BY photos.no LIMIT ?4",
        params![event.as_str(), destination.as_str(), after, MAX_LIMIT],
        |row| {
            Ok(Listed {
                no: row.get("no")?,
                photo: rows::parsed(row, "id")?,
                size_bytes: row.get::<_, i64>("size_bytes")?.cast_unsigned(),
                key: rows::key(row)?,
                stored: rows::key_or_none(row, "stored")?,
            })
        },
    )
}

/// Photos up to `last` that have no proven copy there.
pub(crate) fn backup_work(
    db: &Connection,
    (event, destination): (&EventId, &DestinationId),
    (after, last): (i64, i64),
    limit: usize,
) -> Result<Vec<Work>, Fail> {
    let sql = format!(
        "{} WHERE photos.event = ?1 AND photos.no > ?3 AND photos.no <= ?4 AND NOT EXISTS (
             SELECT 1 FROM backup_copies WHERE destination = ?2 AND photo_no = photos.no AND state = 'stored')
         ORDER BY photos.no LIMIT ?5",
        rows::PHOTO
    );
    let limit = limit.min(MAX_LIMIT);
    list(db, &sql, params![event.as_str(), destination.as_str(), after, last, limit], work)
}

/// Proven copies of an event at a destination, each with its key in the place of the photo's: its bytes are there.
pub(crate) fn proven_copies(
    db: &Connection,
    (event, destination): (&EventId, &DestinationId),
    after: i64,
    limit: usize,
) -> Result<Vec<ProvenCopy>, Fail> {
    let columns = "SELECT backup_copies.proven_at_ms, backup_copies.stored_offset <= IFNULL((SELECT as_of FROM
             backup_seals WHERE backup_seals.event = ?1 AND backup_seals.destination = ?2), -1) AS is_sealed, ";
    let photo = rows::PHOTO.replacen("SELECT ", columns, 1).replacen("photos.key", "backup_copies.key", 1);
    let sql = format!(
        "{photo} JOIN backup_copies ON backup_copies.destination = ?2 AND backup_copies.photo_no = photos.no
             AND backup_copies.state = 'stored'
         WHERE photos.event = ?1 AND photos.no > ?3 ORDER BY photos.no LIMIT ?4"
    );
    let limit = limit.min(MAX_LIMIT);
    list(db, &sql, params![event.as_str(), destination.as_str(), after, limit], |row| {
        Ok(ProvenCopy {
            no: row.get("no")?,
            photo: rows::photo(row)?,
            proven_at: Millis(row.get("proven_at_ms")?),
            is_sealed: row.get("is_sealed")?,
        })
    })
}

/// Every proven copy of an event at a destination, of backups and uploads, with its key in the place of the photo's.
pub(crate) fn copies_to_read(
    db: &Connection,
    (event, destination): (&EventId, &DestinationId),
    after: i64,
    limit: usize,
) -> Result<Vec<Work>, Fail> {
    let backup = "FROM backup_copies WHERE destination = ?2 AND photo_no = photos.no AND state = 'stored'";
    let upload = "FROM copies WHERE destination = ?2 AND photo_no = photos.no AND state = 'stored'";
    let key = format!("IFNULL((SELECT key {backup}), (SELECT key {upload})) AS key");
    let photo = rows::PHOTO.replacen("photos.key", &key, 1);
    let sql = format!(
        "{photo} WHERE photos.event = ?1 AND photos.no > ?3 AND (EXISTS (SELECT 1 {backup}) OR EXISTS (SELECT 1 {upload}))
         ORDER BY photos.no LIMIT ?4"
    );
    list(db, &sql, params![event.as_str(), destination.as_str(), after, limit.min(MAX_LIMIT)], work)
}

fn work(row: &Row<'_>) -> SqlResult<Work> {
    Ok(Work { no: row.get("no")?, photo: rows::photo(row)? })
}

/// The photo that was filed last for an event; 0 when it has none.
pub(crate) fn last_photo_no(db: &Connection, event: &EventId) -> Result<i64, Fail> {
    Ok(db
        .prepare_cached("SELECT IFNULL(MAX(no), 0) FROM photos WHERE event = ?1")?
        .query_row([event.as_str()], |row| row.get(0))?)
}

pub(crate) fn backup_copies_of(db: &Connection, photo: &PhotoId) -> Result<Vec<(DestinationId, BackupCopy)>, Fail> {
    list(
        db,
        "SELECT destination, state, backup_copies.key, read_back, proven_at_ms, message
         FROM backup_copies JOIN photos ON photos.no = photo_no WHERE photos.id = ?1 ORDER BY destination",
        [photo.as_str()],
        |row| {
            let copy = match row.get_ref("state")?.as_str()? {
                "stored" => BackupCopy::Stored {
                    key: rows::key(row)?,
                    proven_at: Millis(row.get("proven_at_ms")?),
                    read_back: rows::from_word(row, "read_back")?,
                },
                _ => BackupCopy::Bad { message: row.get::<_, Option<String>>("message")?.unwrap_or_default() },
            };
            Ok((rows::parsed(row, "destination")?, copy))
        },
    )
}

pub(crate) fn part(db: &Connection, destination: &DestinationId, photo: &PhotoId) -> Result<Option<String>, Fail> {
    one(
        db,
        "SELECT resume FROM backup_parts JOIN photos ON photos.no = photo_no WHERE destination = ?1 AND photos.id = ?2",
        (destination.as_str(), photo.as_str()),
        |row| row.get("resume"),
    )
}

/// The folders at a destination that have a list of an event's copies, by event.
pub(crate) fn listed_folders(db: &Connection, destination: &DestinationId) -> Result<Vec<(EventId, ObjectKey)>, Fail> {
    list(
        db,
        "SELECT DISTINCT backup_seals.event AS event, substr(key, 1, instr(key || '/', '/') - 1) AS key
         FROM backup_seals JOIN backup_copies ON backup_copies.event = backup_seals.event
             AND backup_copies.destination = backup_seals.destination
         WHERE backup_seals.destination = ?1 AND stored_offset <= as_of ORDER BY 1, 2 LIMIT 10000",
        [destination.as_str()],
        |row| Ok((rows::parsed(row, "event")?, rows::key(row)?)),
    )
}

/// Whether a copy was recorded since the list of them was written last, or that list was found damaged.
pub(crate) fn needs_seal(db: &Connection, event: &EventId, destination: &DestinationId) -> Result<bool, Fail> {
    Ok(db
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM backup_copies WHERE destination = ?2 AND event = ?1 AND state = 'stored'
                 AND stored_offset > IFNULL(
                     (SELECT as_of FROM backup_seals WHERE event = ?1 AND destination = ?2), -1))
             OR EXISTS (SELECT 1 FROM backup_seals WHERE event = ?1 AND destination = ?2 AND is_damaged = 1)",
        )?
        .query_row((event.as_str(), destination.as_str()), |row| row.get(0))?)
}

/// Events with photos that have no proven copy there, oldest first.
pub(crate) fn events_to_back_up(
    db: &Connection,
    destination: &DestinationId,
    limit: usize,
) -> Result<Vec<EventId>, Fail> {
    list(
        db,
        "SELECT id FROM events WHERE held > (SELECT COUNT(*) FROM backup_copies
             WHERE destination = ?1 AND backup_copies.event = events.id AND state = 'stored')
         ORDER BY created_at_ms, id LIMIT ?2",
        (destination.as_str(), limit.min(MAX_LIMIT)),
        |row| rows::parsed(row, "id"),
    )
}

/// Copies at a destination that were proven longest ago: before `asked` in the log, or before `old` and up to `head`.
pub(crate) fn scrub_due(
    db: &Connection,
    destination: &DestinationId,
    (old, head): (Millis, Offset),
    limit: usize,
) -> Result<Vec<Check>, Fail> {
    let found: Vec<(i64, ObjectKey)> = list(
        db,
        "WITH asked AS (SELECT IFNULL((SELECT asked_offset FROM scrubs WHERE destination = ?1), 0) AS offset)
         SELECT photo_no, key FROM (
             SELECT photo_no, key, IFNULL(proven_offset, 0) AS proven FROM copies, asked
             WHERE destination = ?1 AND state = 'stored' AND (IFNULL(proven_offset, 0) < asked.offset
                 OR MAX(IFNULL(proven_at_ms, 0), changed_at_ms) < ?2 AND IFNULL(proven_offset, 0) <= ?4)
             UNION
             SELECT photo_no, key, proven_offset AS proven FROM backup_copies, asked
             WHERE destination = ?1 AND state = 'stored' AND (proven_offset < asked.offset
                 OR proven_at_ms < ?2 AND proven_offset <= ?4)
         ) ORDER BY proven, photo_no LIMIT ?3",
        params![destination.as_str(), old.0, limit.min(MAX_LIMIT), head.0],
        |row| Ok((row.get("photo_no")?, rows::key(row)?)),
    )?;
    let mut whole = db.prepare_cached(&format!("{} WHERE photos.no = ?1", rows::PHOTO))?;
    let mut checks = Vec::with_capacity(found.len());
    for (no, key) in found {
        checks.push(Check { photo: whole.query_row([no], rows::photo)?, key });
    }
    Ok(checks)
}

/// How the scrubs go.
pub(crate) fn scrubs(db: &Connection) -> Result<Vec<ScrubState>, Fail> {
    list(
        db,
        "SELECT destination, is_due, began_at_ms, ended_at_ms, sound, missing, damaged, mended, flaws
         FROM scrubs ORDER BY destination",
        [],
        |row| {
            Ok(ScrubState {
                destination: rows::parsed(row, "destination")?,
                is_due: row.get("is_due")?,
                began_at: row.get::<_, Option<i64>>("began_at_ms")?.map(Millis),
                ended_at: row.get::<_, Option<i64>>("ended_at_ms")?.map(Millis),
                sound: row.get("sound")?,
                missing: row.get("missing")?,
                damaged: row.get("damaged")?,
                mended: row.get("mended")?,
                flaws: rows::from_json(row, "flaws")?,
            })
        },
    )
}

/// Backup copies at a destination that were found missing or damaged and have no good one yet.
pub(crate) fn to_mend(db: &Connection, destination: &DestinationId, limit: usize) -> Result<Vec<Work>, Fail> {
    let sql = format!(
        "{} JOIN backup_copies ON backup_copies.photo_no = photos.no AND backup_copies.destination = ?1
         WHERE backup_copies.state IN ('missing', 'damaged') ORDER BY photos.no LIMIT ?2",
        rows::PHOTO
    );
    list(db, &sql, params![destination.as_str(), limit.min(MAX_LIMIT)], work)
}

pub(crate) fn volumes(db: &Connection) -> Result<BTreeMap<DestinationId, String>, Fail> {
    let rows = list(db, "SELECT destination, volume FROM volumes", [], |row| {
        Ok((rows::parsed(row, "destination")?, row.get("volume")?))
    })?;
    Ok(rows.into_iter().collect())
}

/// How many photos of an event have proven copies at which destinations.
pub(crate) fn copy_sets(db: &Connection, event: &EventId) -> Result<Vec<(Vec<DestinationId>, u64)>, Fail> {
    list(db, &format!("SELECT places, COUNT(*) AS photos FROM ({SETS}) GROUP BY places"), [event.as_str()], |row| {
        Ok((places(row)?, row.get("photos")?))
    })
}

/// Photos of an event whose proven copies are at exactly these destinations.
pub(crate) fn photos_in_set(
    db: &Connection,
    event: &EventId,
    places: &[DestinationId],
    limit: usize,
) -> Result<Vec<(PhotoId, String)>, Fail> {
    let mut places: Vec<&str> = places.iter().map(DestinationId::as_str).collect();
    places.sort_unstable();
    list(
        db,
        &format!("SELECT id, name FROM ({SETS}) WHERE places = ?2 ORDER BY no LIMIT ?3"),
        (event.as_str(), places.join(","), limit.min(MAX_LIMIT)),
        |row| Ok((rows::parsed(row, "id")?, row.get("name")?)),
    )
}

/// Each photo with the destinations in use that hold it, in order, with commas between them, which no id has.
const SETS: &str = "SELECT no, id, name, IFNULL((
        SELECT group_concat(destination, ',') FROM (
            SELECT destination FROM (
                SELECT destination FROM copies WHERE photo_no = photos.no AND state = 'stored'
                UNION SELECT destination FROM backup_copies WHERE photo_no = photos.no AND state = 'stored'
            ) JOIN destinations ON destinations.id = destination AND NOT is_removed ORDER BY destination)), '') AS places
    FROM photos WHERE event = ?1";

fn places(row: &Row<'_>) -> SqlResult<Vec<DestinationId>> {
    let text: String = row.get("places")?;
    let ids = text.split(',').filter(|id| !id.is_empty()).map(str::parse);
    ids.collect::<Result<_, _>>().map_err(|error| rows::unreadable("places", error))
}

/// Arrivals of an event that are no photo: not read yet, or failed and not come again.
pub(crate) fn unfiled(db: &Connection, event: &EventId) -> Result<u64, Fail> {
    Ok(db
        .prepare_cached(
            "SELECT (SELECT COUNT(*) FROM arrivals WHERE status = 'seen' AND event = ?1)
                 + (SELECT unfiled FROM events WHERE id = ?1)",
        )?
        .query_row([event.as_str()], |row| row.get(0))?)
}
