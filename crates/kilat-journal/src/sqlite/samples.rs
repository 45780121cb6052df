//! The machine's past: rows that are added and, beyond their bound, dropped; the oldest written first.
//!
//! A row is never changed. Two of the same minute are both true: a restart, or a clock that was set back.

use kilat_core::{Millis, Stretch};
use rusqlite::Connection;

use super::fail::Fail;
use super::read::list;
use super::rows;

/// Rows kept: one a minute for seven days, about 6 MB.
pub const MAX_SAMPLES: i64 = 7 * 24 * 60;

/// Adds a row and drops those beyond the bound.
pub(super) fn keep(db: &Connection, stretch: &Stretch) -> Result<(), Fail> {
    let spans = serde_json::to_string(&stretch.spans)?;
    db.prepare_cached("INSERT INTO samples (at_ms, spans) VALUES (?1, ?2)")?.execute((stretch.at.0, spans))?;
    let last = db.last_insert_rowid();
    db.prepare_cached("DELETE FROM samples WHERE no <= ?1")?.execute([last.saturating_sub(MAX_SAMPLES)])?;
    Ok(())
}

/// Rows that began at `from` or later, and before `to`, by time.
pub(crate) fn samples(db: &Connection, from: Millis, to: Millis) -> Result<Vec<Stretch>, Fail> {
    list(
        db,
        "SELECT at_ms, spans FROM samples WHERE at_ms >= ?1 AND at_ms < ?2 ORDER BY at_ms, no",
        [from.0, to.0],
        |row| Ok(Stretch { at: Millis(row.get("at_ms")?), spans: rows::from_json(row, "spans")? }),
    )
}
