//! Secrets, sealed by whoever holds the key, which is not here. Not in the log: what is removed is gone.

use std::collections::BTreeMap;

use rusqlite::Connection;

use super::apply::bound;
use super::fail::Fail;

/// Far above the destinations and targets of one studio.
pub const MAX_SECRETS: usize = 256;

/// Keeps the sealed secrets of a thing in the place of older ones, or forgets them.
pub(super) fn set(db: &Connection, about: &str, sealed: Option<&str>) -> Result<(), Fail> {
    let Some(sealed) = sealed else {
        db.prepare_cached("DELETE FROM secrets WHERE about = ?1")?.execute([about])?;
        return Ok(());
    };
    let is_known: bool = db
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM secrets WHERE about = ?1)")?
        .query_row([about], |row| row.get(0))?;
    if !is_known {
        bound(db, "secrets", "things with secrets", MAX_SECRETS)?;
    }
    db.prepare_cached(
        "INSERT INTO secrets (about, sealed) VALUES (?1, ?2)
         ON CONFLICT (about) DO UPDATE SET sealed = excluded.sealed",
    )?
    .execute([about, sealed])?;
    Ok(())
}

/// All of them, by what they are about.
pub(crate) fn secrets(db: &Connection) -> Result<BTreeMap<String, String>, Fail> {
    let mut statement = db.prepare_cached("SELECT about, sealed FROM secrets")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
