//! What facts about restores do to their table, and what is asked of it.
//!
//! At most one restore goes. It ends once: to go on, another one is asked for.

use kilat_core::{Millis, Restore, RestoreEnd, RestoreFact, RestoreId, RestoreTotals};
use rusqlite::{Connection, OptionalExtension, Result as SqlResult, Row};

use super::apply::{Effect, Stamp, contradicts, known_destination, known_event};
use super::backups::effect;
use super::fail::Fail;
use super::read::{MAX_LIMIT, list, one};
use super::rows;
use crate::Refusal;
use crate::restores::RestoreState;

/// Restores on record; the oldest ended ones go first. Each holds the names of what could not be brought.
pub const MAX_RESTORES: usize = 100;

/// Columns that [`state`] reads.
const RESTORE: &str = "SELECT body, asked_at_ms, totals, warnings, is_cancelling, ended, ended_at_ms FROM restores";

pub(super) fn apply(db: &Connection, fact: &RestoreFact, stamp: Stamp) -> Result<Effect, Fail> {
    match fact {
        RestoreFact::Asked { restore } => ask(db, restore, stamp.at),
        RestoreFact::Counted { restore, totals, warnings } => counted(db, restore, *totals, warnings),
        RestoreFact::CancelAsked { restore } => cancel(db, restore),
        RestoreFact::Ended { restore, end } => ended(db, restore, end, stamp.at),
    }
}

fn ask(db: &Connection, restore: &Restore, at: Millis) -> Result<Effect, Fail> {
    match self::restore(db, &restore.id)? {
        Some(known) if known.restore == *restore => return Ok(Effect::Nothing),
        Some(_) => return contradicts("restore", restore.id.as_str(), "it is another one"),
        None => {}
    }
    known_event(db, &restore.event)?;
    known_destination(db, &restore.from)?;
    if going(db)?.is_some() {
        return contradicts("restore", restore.id.as_str(), "another one goes");
    }
    db.prepare_cached("INSERT INTO restores (id, body, asked_at_ms) VALUES (?1, ?2, ?3)")?.execute((
        restore.id.as_str(),
        serde_json::to_string(restore)?,
        at.0,
    ))?;
    db.prepare_cached(
        "DELETE FROM restores WHERE no IN (
             SELECT no FROM restores WHERE ended_at_ms IS NOT NULL ORDER BY no
             LIMIT MAX(0, (SELECT COUNT(*) FROM restores) - ?1))",
    )?
    .execute([MAX_RESTORES])?;
    Ok(Effect::Changed)
}

fn counted(db: &Connection, id: &RestoreId, totals: RestoreTotals, warnings: &[String]) -> Result<Effect, Fail> {
    must_be_known(db, id)?;
    let changed = db
        .prepare_cached(
            "UPDATE restores SET totals = ?2, warnings = ?3 WHERE id = ?1 AND totals IS NULL AND ended_at_ms IS NULL",
        )?
        .execute((id.as_str(), serde_json::to_string(&totals)?, serde_json::to_string(warnings)?))?;
    Ok(effect(changed))
}

fn cancel(db: &Connection, id: &RestoreId) -> Result<Effect, Fail> {
    must_be_known(db, id)?;
    let changed = db
        .prepare_cached(
            "UPDATE restores SET is_cancelling = 1 WHERE id = ?1 AND is_cancelling = 0 AND ended_at_ms IS NULL",
        )?
        .execute([id.as_str()])?;
    Ok(effect(changed))
}

fn ended(db: &Connection, id: &RestoreId, end: &RestoreEnd, at: Millis) -> Result<Effect, Fail> {
    must_be_known(db, id)?;
    let changed = db
        .prepare_cached("UPDATE restores SET ended = ?2, ended_at_ms = ?3 WHERE id = ?1 AND ended_at_ms IS NULL")?
        .execute((id.as_str(), serde_json::to_string(end)?, at.0))?;
    Ok(effect(changed))
}

fn must_be_known(db: &Connection, id: &RestoreId) -> Result<(), Fail> {
    let is_known = db
        .prepare_cached("SELECT 1 FROM restores WHERE id = ?1")?
        .query_row([id.as_str()], |_row| Ok(()))
        .optional()?;
    Ok(is_known.ok_or_else(|| Refusal::UnknownRestore(id.clone()))?)
}

fn state(row: &Row<'_>) -> SqlResult<RestoreState> {
    let is_counted = row.get::<_, Option<String>>("totals")?.is_some();
    let ended_at = row.get::<_, Option<i64>>("ended_at_ms")?.map(Millis);
    Ok(RestoreState {
        restore: rows::from_json(row, "body")?,
        asked_at: Millis(row.get("asked_at_ms")?),
        totals: if is_counted { Some(rows::from_json(row, "totals")?) } else { None },
        warnings: rows::from_json(row, "warnings")?,
        is_cancelling: row.get("is_cancelling")?,
        ended: match ended_at {
            Some(at) => Some((at, rows::from_json(row, "ended")?)),
            None => None,
        },
    })
}

pub(crate) fn restore(db: &Connection, id: &RestoreId) -> Result<Option<RestoreState>, Fail> {
    one(db, &format!("{RESTORE} WHERE id = ?1"), [id.as_str()], state)
}

/// Newest first.
pub(crate) fn restores(db: &Connection, limit: usize) -> Result<Vec<RestoreState>, Fail> {
    list(db, &format!("{RESTORE} ORDER BY no DESC LIMIT ?1"), [limit.min(MAX_LIMIT)], state)
}

/// The one that has not ended.
pub(crate) fn going(db: &Connection) -> Result<Option<RestoreState>, Fail> {
    one(db, &format!("{RESTORE} WHERE ended_at_ms IS NULL"), [], state)
}
