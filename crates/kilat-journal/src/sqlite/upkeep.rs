//! What facts about copies that were looked at again do to the tables: read back, found bad, scrubbed; which disk
//! holds them, and where an interrupted one goes on.

use kilat_core::{BackupId, CopyFault, DestinationId, EventId, Millis, Offset, PhotoId, ReadBack, RunKind};
use rusqlite::{Connection, params};

use super::apply::{Effect, Stamp, known_destination};
use super::backups::{effect, fail, find, photo_no};
use super::copies;
use super::fail::Fail;
use super::rows::word;
use crate::Refusal;

/// Photos of one fact: a few kilobytes.
pub const MAX_PROVEN: usize = 256;
/// Interrupted copies that are remembered: as many as go at once everywhere.
const MAX_PARTS: i64 = 1_024;

pub(super) fn proven(
    db: &Connection,
    run: Option<&BackupId>,
    (destination, read_back): (&DestinationId, ReadBack),
    photos: &[PhotoId],
    stamp: Stamp,
) -> Result<Effect, Fail> {
    if photos.len() > MAX_PROVEN {
        return Err(Refusal::TooMany { what: "photos in one fact", most: MAX_PROVEN }.into());
    }
    known_destination(db, destination)?;
    let run = run.map(|run| find(db, run)).transpose()?;
    let read_back = word(&read_back)?;
    let mut count = 0;
    for photo in photos {
        let no = photo_no(db, photo)?;
        let backup = db
            .prepare_cached(
                "UPDATE backup_copies SET proven_at_ms = ?3, proven_offset = ?4, read_back = ?5
                 WHERE destination = ?1 AND photo_no = ?2 AND state = 'stored'",
            )?
            .execute(params![destination.as_str(), no, stamp.at.0, stamp.offset.0, read_back])?;
        let upload = db
            .prepare_cached(
                "UPDATE copies SET proven_at_ms = ?3, proven_offset = ?4
                 WHERE destination = ?1 AND photo_no = ?2 AND state = 'stored'",
            )?
            .execute(params![destination.as_str(), no, stamp.at.0, stamp.offset.0])?;
        count += usize::from(backup + upload > 0);
    }
    match run {
        Some(run) if !run.is_ended => {
            db.prepare_cached("UPDATE backup_runs SET proven = proven + ?2 WHERE no = ?1")?.execute((run.no, count))?;
        }
        Some(_) => {}
        None => {
            db.prepare_cached("UPDATE scrubs SET sound = sound + ?2 WHERE destination = ?1")?
                .execute((destination.as_str(), count))?;
        }
    }
    Ok(effect(count))
}

pub(super) fn found(
    db: &Connection,
    run: Option<&BackupId>,
    (photo, destination): (&PhotoId, &DestinationId),
    (fault, message): (CopyFault, &str),
    at: Millis,
) -> Result<Effect, Fail> {
    known_destination(db, destination)?;
    let run = run.map(|run| find(db, run)).transpose()?;
    let no = photo_no(db, photo)?;
    let state = word(&fault)?;
    let backup = db
        .prepare_cached(
            "UPDATE backup_copies SET state = ?3, message = ?4
             WHERE destination = ?1 AND photo_no = ?2 AND state = 'stored'",
        )?
        .execute(params![destination.as_str(), no, state, message])?;
    // An upload's copy is due again: its destination's loop makes a new one beside what stands there.
    let upload = copies::make_due_again(db, no, destination, at)?;
    let is_failure = match &run {
        Some(run) if run.run.kind == RunKind::Verify && !run.is_ended => fail(db, run.no, no, message)?,
        Some(_) => Effect::Nothing,
        None => Effect::Nothing,
    };
    if backup == 0 && upload == Effect::Nothing {
        return Ok(is_failure);
    }
    if run.is_none() {
        // The names are this file's own words.
        let column = match fault {
            CopyFault::Missing => "missing",
            CopyFault::Damaged => "damaged",
        };
        db.prepare_cached(&format!("UPDATE scrubs SET {column} = {column} + 1 WHERE destination = ?1"))?
            .execute([destination.as_str()])?;
    }
    Ok(Effect::Changed)
}

pub(super) fn volume_seen(db: &Connection, destination: &DestinationId, volume: &str) -> Result<Effect, Fail> {
    known_destination(db, destination)?;
    let changed = db
        .prepare_cached(
            "INSERT INTO volumes (destination, volume) VALUES (?1, ?2)
             ON CONFLICT (destination) DO UPDATE SET volume = excluded.volume WHERE volume <> excluded.volume",
        )?
        .execute((destination.as_str(), volume))?;
    Ok(effect(changed))
}

pub(super) fn scrub_asked(db: &Connection, destination: &DestinationId, offset: Offset) -> Result<Effect, Fail> {
    known_destination(db, destination)?;
    db.prepare_cached(
        "INSERT INTO scrubs (destination, asked_offset, is_due) VALUES (?1, ?2, 1)
         ON CONFLICT (destination) DO UPDATE SET asked_offset = excluded.asked_offset, is_due = 1",
    )?
    .execute((destination.as_str(), offset.0))?;
    Ok(Effect::Changed)
}

pub(super) fn scrub_began(db: &Connection, destination: &DestinationId, at: Millis) -> Result<Effect, Fail> {
    known_destination(db, destination)?;
    let changed = db
        .prepare_cached(
            "INSERT INTO scrubs (destination, began_at_ms) VALUES (?1, ?2)
             ON CONFLICT (destination) DO UPDATE SET began_at_ms = excluded.began_at_ms, ended_at_ms = NULL,
                 sound = 0, missing = 0, damaged = 0, mended = 0
             WHERE began_at_ms IS NULL OR ended_at_ms IS NOT NULL",
        )?
        .execute((destination.as_str(), at.0))?;
    Ok(effect(changed))
}

pub(super) fn scrub_ended(db: &Connection, destination: &DestinationId, at: Millis) -> Result<Effect, Fail> {
    let changed = db
        .prepare_cached(
            "UPDATE scrubs SET ended_at_ms = ?2, is_due =
                 -- It may have been asked for again since the last copy was looked for.
                 EXISTS (SELECT 1 FROM copies WHERE copies.destination = ?1 AND state = 'stored'
                     AND IFNULL(proven_offset, 0) < asked_offset)
                 OR EXISTS (SELECT 1 FROM backup_copies WHERE backup_copies.destination = ?1 AND state = 'stored'
                     AND proven_offset < asked_offset)
             WHERE destination = ?1 AND began_at_ms IS NOT NULL AND ended_at_ms IS NULL",
        )?
        .execute((destination.as_str(), at.0))?;
    Ok(effect(changed))
}

/// Sentences that are kept of one scrub, until the next has read the lists: more say nothing more.
const MAX_FLAWS: usize = 10;

pub(super) fn lists_read(
    db: &Connection,
    destination: &DestinationId,
    damaged: &[EventId],
    flaws: &[String],
) -> Result<Effect, Fail> {
    known_destination(db, destination)?;
    let mut changed = 0;
    for event in damaged {
        changed += db
            .prepare_cached(
                "UPDATE backup_seals SET is_damaged = 1 WHERE event = ?1 AND destination = ?2 AND is_damaged = 0",
            )?
            .execute((event.as_str(), destination.as_str()))?;
    }
    let flaws = serde_json::to_string(&flaws.iter().take(MAX_FLAWS).collect::<Vec<_>>())?;
    changed += db
        .prepare_cached("UPDATE scrubs SET flaws = ?2 WHERE destination = ?1 AND flaws <> ?2")?
        .execute((destination.as_str(), flaws))?;
    Ok(effect(changed))
}

/// Remembers where an interrupted copy goes on; the oldest photos' go when there are too many.
pub(super) fn keep_part(
    db: &Connection,
    destination: &DestinationId,
    photo: &PhotoId,
    resume: &str,
) -> Result<(), Fail> {
    let no = photo_no(db, photo)?;
    db.prepare_cached(
        "INSERT INTO backup_parts (destination, photo_no, resume) VALUES (?1, ?2, ?3)
         ON CONFLICT (destination, photo_no) DO UPDATE SET resume = excluded.resume",
    )?
    .execute((destination.as_str(), no, resume))?;
    db.prepare_cached(
        "DELETE FROM backup_parts WHERE (destination, photo_no) IN (
             SELECT destination, photo_no FROM backup_parts ORDER BY photo_no
             LIMIT MAX(0, (SELECT COUNT(*) FROM backup_parts) - ?1))",
    )?
    .execute([MAX_PARTS])?;
    Ok(())
}

pub(super) fn forget_part(db: &Connection, destination: &DestinationId, photo_no: i64) -> Result<(), Fail> {
    db.prepare_cached("DELETE FROM backup_parts WHERE destination = ?1 AND photo_no = ?2")?
        .execute((destination.as_str(), photo_no))?;
    Ok(())
}
