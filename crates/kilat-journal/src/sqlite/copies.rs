//! What facts about copies do to the tables, with the tallies that follow from them.
//!
//! Every change of a copy's state goes through [`tally`], so counts equal a recount at every commit.

use std::time::Duration;

use kilat_core::{DestinationId, Millis, ObjectKey, Photo, PhotoId, PhotoKind, ReadBack};
use rusqlite::{Connection, OptionalExtension, params};

use super::apply::{Effect, Stamp};
use super::fail::Fail;
use super::read;
use super::rows::{self, word};
use crate::Refusal;

/// Longest wait between two attempts at a copy. Also what a wall clock that jumped back costs at
/// most: a copy that would wait longer than this is due at once.
pub const MAX_WAIT: Duration = Duration::from_secs(60 * 60);

/// Where a copy stands, as far as tallies are concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    Pending,
    Failed,
    Stored,
    /// Its destination is not in use: not due, until it is again.
    Aside,
}

/// One copy's place in the tables.
#[derive(Debug)]
pub(super) struct Copy {
    photo_no: i64,
    event: String,
    destination: String,
    standing: Standing,
}

pub(super) fn make_due(
    db: &Connection,
    photo_no: i64,
    photo: &Photo,
    order_ms: i64,
    destination: &DestinationId,
) -> Result<(), Fail> {
    db.prepare_cached(
        "INSERT INTO copies (photo_no, destination, changed_at_ms, event, rank, order_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![
        photo_no,
        destination.as_str(),
        photo.filed_at.0,
        photo.event.as_str(),
        rank(photo.kind),
        order_ms,
    ])?;
    db.prepare_cached(
        "INSERT INTO copy_counts (event, destination, pending) VALUES (?1, ?2, 1)
         ON CONFLICT (event, destination) DO UPDATE SET pending = pending + 1",
    )?
    .execute((photo.event.as_str(), destination.as_str()))?;
    Ok(())
}

/// What guests see goes first, what is large last.
fn rank(kind: PhotoKind) -> i64 {
    match kind {
        PhotoKind::Jpeg | PhotoKind::Heic | PhotoKind::Sidecar => 0,
        PhotoKind::Raw => 1,
        PhotoKind::Video => 2,
    }
}

/// The copy of `photo` due at `destination`.
pub(super) fn find(db: &Connection, photo: &PhotoId, destination: &DestinationId) -> Result<Copy, Fail> {
    let photo_no = read::photo_no(db, photo)?.ok_or_else(|| Refusal::UnknownPhoto(photo.clone()))?;
    let copy = db
        .prepare_cached("SELECT event, state FROM copies WHERE photo_no = ?1 AND destination = ?2")?
        .query_row((photo_no, destination.as_str()), |row| {
            let standing = match row.get_ref("state")?.as_str()? {
                "stored" => Standing::Stored,
                "failed" => Standing::Failed,
                "aside" => Standing::Aside,
                _ => Standing::Pending,
            };
            Ok(Copy { photo_no, event: row.get("event")?, destination: destination.as_str().to_owned(), standing })
        })
        .optional()?;
    let due = copy.filter(|copy| copy.standing != Standing::Aside);
    Ok(due.ok_or_else(|| Refusal::NotDue { photo: photo.clone(), destination: destination.clone() })?)
}

pub(super) fn store(
    db: &Connection,
    copy: &Copy,
    key: &ObjectKey,
    read_back: ReadBack,
    stamp: Stamp,
) -> Result<Effect, Fail> {
    match copy.standing {
        Standing::Stored => return Ok(Effect::Nothing),
        Standing::Pending | Standing::Failed | Standing::Aside => {}
    }
    db.prepare_cached(
        "UPDATE copies SET state = 'stored', key = ?3, read_back = ?4, changed_at_ms = ?5, not_before_ms = NULL,
             message = NULL, proven_at_ms = ?5, proven_offset = ?6 WHERE photo_no = ?1 AND destination = ?2",
    )?
    .execute(params![
        copy.photo_no,
        copy.destination,
        key.as_str(),
        word(&read_back)?,
        stamp.at.0,
        stamp.offset.0
    ])?;
    tally(db, copy, Standing::Stored)?;
    db.prepare_cached("UPDATE copy_counts SET last_stored_at_ms = ?3 WHERE event = ?1 AND destination = ?2")?
        .execute((&copy.event, &copy.destination, stamp.at.0))?;
    Ok(Effect::Changed)
}

pub(super) fn fail(
    db: &Connection,
    copy: &Copy,
    message: &str,
    retry_at: Option<Millis>,
    at: Millis,
) -> Result<Effect, Fail> {
    match copy.standing {
        Standing::Pending => {}
        // A late loser of a lease: the copy stands, or was given up already.
        Standing::Stored | Standing::Failed | Standing::Aside => return Ok(Effect::Nothing),
    }
    let state = if retry_at.is_some() { "waiting" } else { "failed" };
    let not_before = retry_at.map(|retry_at| retry_at.min(at.plus(MAX_WAIT)).0);
    db.prepare_cached(
        "UPDATE copies SET state = ?3, attempts = attempts + 1, not_before_ms = ?4, message = ?5, changed_at_ms = ?6
         WHERE photo_no = ?1 AND destination = ?2",
    )?
    .execute(params![copy.photo_no, copy.destination, state, not_before, message, at.0])?;
    if retry_at.is_none() {
        tally(db, copy, Standing::Failed)?;
    }
    Ok(Effect::Changed)
}

/// Every copy that was given up becomes due again, as if it were new.
pub(super) fn retry(db: &Connection, destination: Option<&DestinationId>, at: Millis) -> Result<Effect, Fail> {
    let failed = standing_at(db, destination, Standing::Failed)?;
    for copy in &failed {
        move_to(db, copy, Standing::Pending, at)?;
    }
    Ok(if failed.is_empty() { Effect::Nothing } else { Effect::Changed })
}

/// Every photo of the active event, and all that was set aside, is due at a destination that came into use.
pub(super) fn make_all_due(db: &Connection, destination: &DestinationId, at: Millis) -> Result<(), Fail> {
    // A photo that was due nowhere is of a kind that is not copied.
    let missing: Vec<(i64, String, PhotoKind, i64)> = read::list(
        db,
        "SELECT no, photos.event, kind, order_ms FROM photos JOIN events ON events.id = photos.event
         WHERE events.status = 'active'
           AND EXISTS (SELECT 1 FROM copies WHERE photo_no = photos.no)
           AND NOT EXISTS (SELECT 1 FROM copies WHERE photo_no = photos.no AND destination = ?1)",
        [destination.as_str()],
        |row| Ok((row.get(0)?, row.get(1)?, rows::from_word(row, "kind")?, row.get(3)?)),
    )?;
    for (photo_no, event, kind, order_ms) in missing {
        db.prepare_cached(
            "INSERT INTO copies (photo_no, destination, state, changed_at_ms, event, rank, order_ms)
             VALUES (?1, ?2, 'aside', ?3, ?4, ?5, ?6)",
        )?
        .execute(params![photo_no, destination.as_str(), at.0, event, rank(kind), order_ms])?;
        db.prepare_cached("INSERT INTO copy_counts (event, destination) VALUES (?1, ?2) ON CONFLICT DO NOTHING")?
            .execute((event, destination.as_str()))?;
    }
    for copy in standing_at(db, Some(destination), Standing::Aside)? {
        move_to(db, &copy, Standing::Pending, at)?;
    }
    Ok(())
}

/// What is not stored yet at a destination that went out of use is not due any more.
pub(super) fn set_aside(db: &Connection, destination: &DestinationId, at: Millis) -> Result<(), Fail> {
    for standing in [Standing::Pending, Standing::Failed] {
        for copy in standing_at(db, Some(destination), standing)? {
            move_to(db, &copy, Standing::Aside, at)?;
        }
    }
    Ok(())
}

/// A stored copy that was found missing or damaged is due again, as if it were new.
pub(super) fn make_due_again(
    db: &Connection,
    photo_no: i64,
    destination: &DestinationId,
    at: Millis,
) -> Result<Effect, Fail> {
    let event: Option<String> = db
        .prepare_cached("SELECT event FROM copies WHERE photo_no = ?1 AND destination = ?2 AND state = 'stored'")?
        .query_row((photo_no, destination.as_str()), |row| row.get(0))
        .optional()?;
    let Some(event) = event else { return Ok(Effect::Nothing) };
    let destination = destination.as_str().to_owned();
    move_to(db, &Copy { photo_no, event, destination, standing: Standing::Stored }, Standing::Pending, at)?;
    Ok(Effect::Changed)
}

/// All copies that stand like this, of all destinations or one.
fn standing_at(db: &Connection, destination: Option<&DestinationId>, standing: Standing) -> Result<Vec<Copy>, Fail> {
    let states = match standing {
        Standing::Pending => ("ready", "waiting"),
        Standing::Failed => ("failed", "failed"),
        Standing::Stored => ("stored", "stored"),
        Standing::Aside => ("aside", "aside"),
    };
    read::list(
        db,
        "SELECT photo_no, event, destination FROM copies
         WHERE state IN (?1, ?2) AND (?3 IS NULL OR destination = ?3)",
        (states.0, states.1, destination.map(DestinationId::as_str)),
        |row| Ok(Copy { photo_no: row.get(0)?, event: row.get(1)?, destination: row.get(2)?, standing }),
    )
}

/// Makes a copy due as if it were new, or due no more.
fn move_to(db: &Connection, copy: &Copy, to: Standing, at: Millis) -> Result<(), Fail> {
    let state = if to == Standing::Aside { "aside" } else { "ready" };
    db.prepare_cached(
        "UPDATE copies SET state = ?3, attempts = 0, not_before_ms = NULL, message = NULL, changed_at_ms = ?4
         WHERE photo_no = ?1 AND destination = ?2",
    )?
    .execute(params![copy.photo_no, copy.destination, state, at.0])?;
    tally(db, copy, to)
}

/// Moves a copy from one count to another, for its destination, its photo and its event.
fn tally(db: &Connection, copy: &Copy, to: Standing) -> Result<(), Fail> {
    let step = |standing: Standing| i64::from(to == standing) - i64::from(copy.standing == standing);
    let (stored, pending, failed) = (step(Standing::Stored), step(Standing::Pending), step(Standing::Failed));
    let due = -step(Standing::Aside);
    db.prepare_cached(
        "UPDATE copy_counts SET stored = stored + ?3, pending = pending + ?4, failed = failed + ?5
         WHERE event = ?1 AND destination = ?2",
    )?
    .execute(params![copy.event, copy.destination, stored, pending, failed])?;
    let photo: PhotoTally = db
        .prepare_cached(
            "UPDATE photos SET stored = stored + ?2, failed = failed + ?3, due = due + ?4 WHERE no = ?1
             RETURNING due, stored, failed",
        )?
        .query_row((copy.photo_no, stored, failed, due), |row| {
            Ok(PhotoTally { due: row.get(0)?, stored: row.get(1)?, failed: row.get(2)? })
        })?;
    let before = PhotoTally { due: photo.due - due, stored: photo.stored - stored, failed: photo.failed - failed };
    db.prepare_cached("UPDATE events SET stored = stored + ?2, safe = safe + ?3, failed = failed + ?4 WHERE id = ?1")?
        .execute(params![
            copy.event,
            i64::from(photo.is_stored()) - i64::from(before.is_stored()),
            i64::from(photo.is_safe()) - i64::from(before.is_safe()),
            i64::from(photo.has_failed()) - i64::from(before.has_failed()),
        ])?;
    Ok(())
}

/// How many copies of one photo are due, stored and given up.
#[derive(Debug)]
struct PhotoTally {
    due: i64,
    stored: i64,
    failed: i64,
}

impl PhotoTally {
    fn is_stored(&self) -> bool {
        self.stored > 0
    }

    fn is_safe(&self) -> bool {
        self.due > 0 && self.stored == self.due
    }

    fn has_failed(&self) -> bool {
        self.failed > 0
    }
}
