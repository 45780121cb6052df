//! Counts, cameras, problems, and all of it at one offset. Counts are kept, never computed by a scan.

use std::collections::BTreeMap;

use kilat_core::{Camera, DestinationId, EventId, Millis};
use rusqlite::{Connection, Row};

use super::backup_reads;
use super::fail::Fail;
use super::read::{self, MAX_LIMIT, list};
use super::restores;
use super::{ledger, rows};
use crate::model::{CameraTally, Counts, DestinationCounts, NoticeFilter, Problem, Snapshot};

/// Cameras in one answer, those that delivered last first: hostile files may name a new body each.
const MAX_CAMERAS: usize = 256;
/// Notices in a snapshot; older ones are asked for by cursor.
const SNAPSHOT_NOTICES: usize = 1_000;
/// Problems in a snapshot.
const SNAPSHOT_PROBLEMS: usize = 100;
/// Backup runs in a snapshot: every viewer of backups is told all of them on change.
const SNAPSHOT_BACKUPS: usize = 50;

/// Counts of one event, or the sum over all.
pub(crate) fn counts(db: &Connection, event: Option<&EventId>) -> Result<Counts, Fail> {
    let mut sum = Counts::default();
    for counts in counts_by_event(db, event)?.into_values() {
        add(&mut sum, counts);
    }
    Ok(sum)
}

fn counts_by_event(db: &Connection, event: Option<&EventId>) -> Result<BTreeMap<EventId, Counts>, Fail> {
    let event = event.map(EventId::as_str);
    let rows: Vec<(EventId, Counts)> = list(
        db,
        "SELECT id, held, held_bytes, stored, safe, failed, unfiled, incomplete FROM events
         WHERE ?1 IS NULL OR id = ?1",
        [event],
        |row| Ok((rows::parsed(row, "id")?, event_counts(row)?)),
    )?;
    let mut counts: BTreeMap<EventId, Counts> = rows.into_iter().collect();
    let copies: Vec<(EventId, DestinationId, DestinationCounts)> = list(
        db,
        "SELECT event, destination, stored, pending, failed, last_stored_at_ms FROM copy_counts
         WHERE ?1 IS NULL OR event = ?1",
        [event],
        |row| Ok((rows::parsed(row, "event")?, rows::parsed(row, "destination")?, destination_counts(row)?)),
    )?;
    for (event, destination, at) in copies {
        counts.entry(event).or_default().destinations.insert(destination, at);
    }
    Ok(counts)
}

fn event_counts(row: &Row<'_>) -> rusqlite::Result<Counts> {
    Ok(Counts {
        held: row.get("held")?,
        held_bytes: row.get("held_bytes")?,
        stored: row.get("stored")?,
        safe: row.get("safe")?,
        failed: row.get("failed")?,
        unfiled: row.get("unfiled")?,
        incomplete: row.get("incomplete")?,
        destinations: BTreeMap::new(),
    })
}

fn destination_counts(row: &Row<'_>) -> rusqlite::Result<DestinationCounts> {
    Ok(DestinationCounts {
        stored: row.get("stored")?,
        pending: row.get("pending")?,
        failed: row.get("failed")?,
        last_stored_at: row.get::<_, Option<i64>>("last_stored_at_ms")?.map(Millis),
    })
}

fn add(sum: &mut Counts, counts: Counts) {
    sum.held += counts.held;
    sum.held_bytes += counts.held_bytes;
    sum.stored += counts.stored;
    sum.safe += counts.safe;
    sum.failed += counts.failed;
    sum.unfiled += counts.unfiled;
    sum.incomplete += counts.incomplete;
    for (destination, at) in counts.destinations {
        let total = sum.destinations.entry(destination).or_default();
        total.stored += at.stored;
        total.pending += at.pending;
        total.failed += at.failed;
        total.last_stored_at = total.last_stored_at.max(at.last_stored_at);
    }
}

/// Cameras of one event, the last to deliver first.
pub(crate) fn cameras(db: &Connection, event: &EventId) -> Result<Vec<CameraTally>, Fail> {
    list(
        db,
        "SELECT make, model, serial, held, last_filed_at_ms FROM cameras WHERE event = ?1
         ORDER BY last_filed_at_ms DESC, camera LIMIT ?2",
        (event.as_str(), MAX_CAMERAS),
        camera_tally,
    )
}

fn camera_tally(row: &Row<'_>) -> rusqlite::Result<CameraTally> {
    Ok(CameraTally {
        camera: Camera { make: row.get("make")?, model: row.get("model")?, serial: row.get("serial")? },
        held: row.get("held")?,
        last_filed_at: Millis(row.get("last_filed_at_ms")?),
    })
}

/// What went wrong and still stands, newest first.
pub(crate) fn problems(db: &Connection, limit: usize) -> Result<Vec<Problem>, Fail> {
    let limit = limit.min(MAX_LIMIT);
    let mut dated: Vec<(Millis, Problem)> = list(
        db,
        "SELECT photos.id, name, copies.event, destination, attempts, message, changed_at_ms
         FROM copies INDEXED BY copies_failed JOIN photos ON photos.no = copies.photo_no
         WHERE copies.state = 'failed' ORDER BY changed_at_ms DESC LIMIT ?1",
        [limit],
        failed_copy,
    )?;
    let sql =
        format!("{} WHERE status = 'failed' AND is_superseded = 0 ORDER BY failed_at_ms DESC LIMIT ?1", rows::ARRIVAL);
    dated.extend(list(db, &sql, [limit], failed_arrival)?);
    dated.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    dated.truncate(limit);
    Ok(dated.into_iter().map(|(_, problem)| problem).collect())
}

fn failed_copy(row: &Row<'_>) -> rusqlite::Result<(Millis, Problem)> {
    let at = Millis(row.get("changed_at_ms")?);
    let problem = Problem::Copy {
        photo: rows::parsed(row, "id")?,
        name: row.get("name")?,
        event: rows::parsed(row, "event")?,
        destination: rows::parsed(row, "destination")?,
        attempts: row.get("attempts")?,
        message: row.get("message")?,
        at,
    };
    Ok((at, problem))
}

fn failed_arrival(row: &Row<'_>) -> rusqlite::Result<(Millis, Problem)> {
    let at = Millis(row.get("failed_at_ms")?);
    let problem = Problem::Arrival {
        arrival: rows::arrival(row)?,
        failure: rows::from_word(row, "failure")?,
        message: row.get("message")?,
        at,
    };
    Ok((at, problem))
}

/// Everything that a projection starts from, in one read transaction.
pub(crate) fn snapshot(db: &Connection) -> Result<Snapshot, Fail> {
    let transaction = db.unchecked_transaction()?;
    let events = read::events(&transaction)?;
    let active = read::active_event(&transaction)?;
    let mut cameras = BTreeMap::new();
    for event in &events {
        cameras.insert(event.id.clone(), self::cameras(&transaction, &event.id)?);
    }
    let last_photo = match &active {
        Some(event) => read::last_photo(&transaction, &event.id)?,
        None => None,
    };
    let snapshot = Snapshot {
        offset: read::head(&transaction)?,
        sources: read::sources(&transaction)?,
        destinations: read::destinations(&transaction)?,
        settings: read::settings(&transaction)?,
        is_paused: read::is_paused(&transaction)?,
        counts: counts_by_event(&transaction, None)?,
        notices: ledger::notices(&transaction, NoticeFilter::All, None, SNAPSHOT_NOTICES)?,
        problems: problems(&transaction, SNAPSHOT_PROBLEMS)?,
        backups: backup_reads::backups(&transaction, None, SNAPSHOT_BACKUPS)?,
        restore: restores::restores(&transaction, 1)?.pop(),
        known_cameras: super::cameras::known_cameras(&transaction)?,
        events,
        cameras,
        last_photo,
    };
    // Nothing was written: this only ends the reader's view.
    transaction.commit()?;
    Ok(snapshot)
}
