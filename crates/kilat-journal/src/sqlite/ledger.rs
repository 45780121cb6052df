//! The ledger of notices: what is recorded when one is raised, folded, resolved, seen or told again.
//!
//! A key has one open notice at most. What is asked for is settled against the table first, so that the log
//! says what came of it and holds how the notice stands since; applying is then one row.

use kilat_core::{
    Acknowledgement, FLAP_WINDOW, Fact, MAX_SAMPLES, Millis, Notice, NoticeChange, NoticeStanding, Offset,
};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::apply::{Effect, MAX_NOTICES, Stamp};
use super::fail::Fail;
use super::read::{MAX_LIMIT, list};
use super::rows;
use crate::Refusal;
use crate::model::{Note, NoticeFilter};

/// Causes remembered, so that each counts once: more than are ever read again at a start.
const MAX_CAUSES: i64 = 20_000;
/// Notes kept: far above the targets and devices of one studio.
pub const MAX_NOTES: usize = 2_000;
/// Longest note.
pub const MAX_NOTE_BYTES: usize = 8 << 10;

/// What is recorded instead of what was asked; none when it changes nothing.
pub(super) fn settle(db: &Connection, fact: Fact, stamp: Stamp) -> Result<Option<Fact>, Fail> {
    if let Fact::NoticeRaised { notice } = fact {
        return raise(db, notice, stamp);
    }
    let Fact::Notice { change, .. } = fact else { return Ok(Some(fact)) };
    let standing = changed(db, &change, stamp)?;
    let change = match (change, &standing) {
        // It did not come and go: it is over.
        (NoticeChange::Well { key, said }, Some(standing)) if standing.resolved_at.is_some() => {
            NoticeChange::Resolved { key, only: vec![said] }
        }
        (change, _) => change,
    };
    Ok(standing.map(|standing| told(change, NoticeStanding { changed_at: stamp.at, ..standing })))
}

fn told(change: NoticeChange, standing: NoticeStanding) -> Fact {
    Fact::Notice { change, standing: Some(Box::new(standing)) }
}

fn raise(db: &Connection, notice: Notice, stamp: Stamp) -> Result<Option<Fact>, Fail> {
    if is_known(db, &notice.id)? {
        return Ok(None);
    }
    let Some(standing) = notice.key.as_deref().map(|key| open(db, key)).transpose()?.flatten() else {
        return Ok(Some(match just_over(db, &notice, stamp.at)? {
            Some(standing) => returned(standing, notice, stamp),
            None => Fact::NoticeRaised { notice },
        }));
    };
    let id = standing.notice.id.clone();
    let Some(name) = notice.sample.clone() else {
        if standing.well_since.is_some() && standing.notice.said == notice.said {
            return Ok(Some(returned(standing, notice, stamp)));
        }
        if standing.covers(&notice) {
            return Ok(None);
        }
        let is_louder = notice.weight() > standing.notice.weight();
        let raised = Notice { id: id.clone(), at: standing.notice.at, silent: standing.notice.silent, ..notice };
        let mut standing = NoticeStanding { notice: raised, changed_at: stamp.at, ..standing };
        if is_louder {
            // Whoever has seen it has not seen this.
            standing = NoticeStanding { acknowledged: None, escalations: 0, escalated_at: None, ..standing };
        }
        return Ok(Some(told(NoticeChange::Updated { id, is_louder }, standing)));
    };
    let mut standing = NoticeStanding { count: standing.count + 1, changed_at: stamp.at, ..standing };
    if standing.samples.len() < MAX_SAMPLES && !standing.samples.contains(&name) {
        standing.samples.push(name.clone());
    }
    standing.notice.data = notice.data;
    Ok(Some(told(NoticeChange::Repeated { id, cause: notice.id, name }, standing)))
}

/// The notice of what came and went, if it was called over a moment ago.
fn just_over(db: &Connection, notice: &Notice, now: Millis) -> Result<Option<NoticeStanding>, Fail> {
    let (Some(key), Some(said)) = (&notice.key, notice.said.filter(|said| said.flaps())) else { return Ok(None) };
    let sql = "SELECT form, body FROM notices WHERE key = ?1 ORDER BY no DESC LIMIT 1";
    let last: Option<NoticeStanding> = db.prepare_cached(sql)?.query_row([key], standing).optional()?;
    let is_recent = |at: Millis| u128::from(now.0.abs_diff(at.0)) < FLAP_WINDOW.as_millis();
    Ok(last.filter(|last| last.notice.said == Some(said) && last.resolved_at.is_some_and(is_recent)))
}

/// It went away again. Whoever was told that it is back is told at once; while nobody was, it only counts.
fn returned(before: NoticeStanding, notice: Notice, stamp: Stamp) -> Fact {
    let (id, cause, is_louder) = (before.notice.id.clone(), notice.id.clone(), before.resolved_at.is_some());
    let notice = Notice { id: id.clone(), at: before.notice.at, ..notice };
    let count = before.count + 1;
    let mut standing =
        NoticeStanding { notice, count, changed_at: stamp.at, resolved_at: None, well_since: None, ..before };
    if is_louder {
        standing = NoticeStanding { acknowledged: None, escalations: 0, escalated_at: None, ..standing };
    }
    told(NoticeChange::Returned { id, cause, is_louder }, standing)
}

/// How the notice stands after `change`; none when that is how it stands already.
fn changed(db: &Connection, change: &NoticeChange, stamp: Stamp) -> Result<Option<NoticeStanding>, Fail> {
    match change {
        // Only raising folds.
        NoticeChange::Repeated { .. } | NoticeChange::Returned { .. } => Ok(None),
        NoticeChange::Well { key, said } => {
            let standing = open(db, key)?.filter(|standing| standing.notice.said == Some(*said));
            Ok(standing.filter(|standing| standing.well_since.is_none()).map(|standing| {
                if standing.count > 1 {
                    NoticeStanding { well_since: Some(stamp.at), ..standing }
                } else {
                    NoticeStanding { resolved_at: Some(stamp.at), ..standing }
                }
            }))
        }
        NoticeChange::Updated { id, .. } => {
            let is_untold = db
                .prepare_cached("SELECT EXISTS (SELECT 1 FROM notices WHERE id = ?1 AND is_untold)")?
                .query_row([id], |row| row.get(0))?;
            if is_untold { by_id(db, id) } else { Ok(None) }
        }
        NoticeChange::Resolved { key, only } => {
            let is_meant = |standing: &NoticeStanding| {
                only.is_empty() || standing.notice.said.is_some_and(|said| only.contains(&said))
            };
            let standing = open(db, key)?.filter(is_meant);
            Ok(standing.map(|standing| NoticeStanding { resolved_at: Some(stamp.at), ..standing }))
        }
        NoticeChange::Acknowledged { id, by } => {
            let standing = by_id(db, id)?.ok_or_else(|| Refusal::UnknownNotice(id.clone()))?;
            let acknowledged = Some(Acknowledgement { by: by.clone(), at: stamp.at });
            Ok(standing.acknowledged.is_none().then_some(NoticeStanding { acknowledged, ..standing }))
        }
        NoticeChange::Escalated { id, round } => {
            let standing = by_id(db, id)?.filter(|standing| {
                standing.acknowledged.is_none() && is_open(standing) && standing.escalations + 1 == *round
            });
            let escalated_at = Some(stamp.at);
            Ok(standing.map(|standing| NoticeStanding { escalations: *round, escalated_at, ..standing }))
        }
    }
}

/// A loss that somebody has seen takes no more: the next one is told anew. What lasts stays open until it ends.
fn is_open(standing: &NoticeStanding) -> bool {
    let is_closed_by_being_seen = standing.acknowledged.is_some() && standing.notice.sample.is_some();
    standing.notice.key.is_some() && standing.resolved_at.is_none() && !is_closed_by_being_seen
}

/// Applies what [`settle`] made.
pub(super) fn apply(db: &Connection, change: &NoticeChange, standing: Option<&NoticeStanding>) -> Result<Effect, Fail> {
    let Some(standing) = standing else { return Ok(Effect::Nothing) };
    let is_untold = match change {
        NoticeChange::Repeated { cause, .. } | NoticeChange::Returned { cause, .. } => {
            let no: i64 = db
                .prepare_cached("INSERT INTO notice_causes (cause) VALUES (?1) RETURNING no")?
                .query_row([cause], |row| row.get(0))?;
            db.prepare_cached("DELETE FROM notice_causes WHERE no <= ?1")?.execute([no - MAX_CAUSES])?;
            !matches!(change, NoticeChange::Returned { is_louder: true, .. })
        }
        NoticeChange::Updated { .. }
        | NoticeChange::Well { .. }
        | NoticeChange::Resolved { .. }
        | NoticeChange::Acknowledged { .. }
        | NoticeChange::Escalated { .. } => false,
    };
    db.prepare_cached("UPDATE notices SET form = 1, body = ?2, is_open = ?3, is_untold = ?4 WHERE id = ?1")?
        .execute(params![standing.notice.id, serde_json::to_string(standing)?, is_open(standing), is_untold])?;
    Ok(Effect::Changed)
}

/// Puts a new notice into the table; the oldest go.
pub(super) fn insert(db: &Connection, notice: &Notice, offset: Offset) -> Result<Effect, Fail> {
    let standing = NoticeStanding::new(notice.clone());
    let no: Option<i64> = db
        .prepare_cached(
            "INSERT INTO notices (id, offset, form, key, is_open, body) VALUES (?1, ?2, 1, ?3, ?4, ?5)
             ON CONFLICT (id) DO NOTHING RETURNING no",
        )?
        .query_row(
            params![notice.id, offset.0, notice.key, is_open(&standing), serde_json::to_string(&standing)?],
            |row| row.get(0),
        )
        .optional()?;
    let Some(no) = no else { return Ok(Effect::Nothing) };
    let kept = i64::try_from(MAX_NOTICES).unwrap_or(i64::MAX);
    db.prepare_cached("DELETE FROM notices WHERE no <= ?1")?.execute([no - kept])?;
    Ok(Effect::Changed)
}

fn is_known(db: &Connection, id: &str) -> Result<bool, Fail> {
    let sql = "SELECT EXISTS (SELECT 1 FROM notices WHERE id = ?1)
               OR EXISTS (SELECT 1 FROM notice_causes WHERE cause = ?1)";
    Ok(db.prepare_cached(sql)?.query_row([id], |row| row.get(0))?)
}

fn open(db: &Connection, key: &str) -> Result<Option<NoticeStanding>, Fail> {
    let sql = "SELECT form, body FROM notices WHERE key = ?1 AND is_open";
    Ok(db.prepare_cached(sql)?.query_row([key], standing).optional()?)
}

/// One notice.
pub(crate) fn by_id(db: &Connection, id: &str) -> Result<Option<NoticeStanding>, Fail> {
    Ok(db.prepare_cached("SELECT form, body FROM notices WHERE id = ?1")?.query_row([id], standing).optional()?)
}

/// Notices whose viewers do not know the newest count, oldest first.
pub(crate) fn untold(db: &Connection) -> Result<Vec<NoticeStanding>, Fail> {
    list(db, "SELECT form, body FROM notices WHERE is_untold ORDER BY no LIMIT ?1", [MAX_LIMIT], standing)
}

/// Notices, newest first, before an offset.
pub(crate) fn notices(
    db: &Connection,
    filter: NoticeFilter,
    before: Option<Offset>,
    limit: usize,
) -> Result<Vec<(Offset, NoticeStanding)>, Fail> {
    let before = before.map_or(i64::MAX, |before| i64::try_from(before.0).unwrap_or(i64::MAX));
    let sql = match filter {
        NoticeFilter::All => "SELECT offset, form, body FROM notices WHERE offset < ?1 ORDER BY offset DESC LIMIT ?2",
        NoticeFilter::Open => {
            "SELECT offset, form, body FROM notices WHERE offset < ?1 AND is_open ORDER BY offset DESC LIMIT ?2"
        }
    };
    list(db, sql, (before, limit.min(MAX_LIMIT)), |row| Ok((Offset(row.get("offset")?), standing(row)?)))
}

/// How many of those that are kept were raised after an offset.
pub(crate) fn since(db: &Connection, offset: Offset) -> Result<u64, Fail> {
    let sql = "SELECT COUNT(*) FROM notices WHERE offset > ?1";
    Ok(db.prepare_cached(sql)?.query_row([offset.0], |row| row.get(0))?)
}

/// How many stand open.
pub(crate) fn open_count(db: &Connection) -> Result<u64, Fail> {
    Ok(db.prepare_cached("SELECT COUNT(*) FROM notices WHERE is_open")?.query_row([], |row| row.get(0))?)
}

fn standing(row: &Row<'_>) -> rusqlite::Result<NoticeStanding> {
    match row.get("form")? {
        0 => Ok(NoticeStanding::new(rows::from_json(row, "body")?)),
        _ => rows::from_json(row, "body"),
    }
}

/// Writes notes; one without a value is forgotten.
pub(super) fn note(db: &Connection, notes: &[Note]) -> Result<(), Fail> {
    for Note { name, value } in notes {
        let Some(value) = value else {
            db.prepare_cached("DELETE FROM notes WHERE name = ?1")?.execute([name])?;
            continue;
        };
        if value.len() > MAX_NOTE_BYTES {
            return Err(Refusal::TooMany { what: "bytes in a note", most: MAX_NOTE_BYTES }.into());
        }
        let changed = db.prepare_cached("UPDATE notes SET value = ?2 WHERE name = ?1")?.execute((name, value))?;
        if changed == 0 {
            super::apply::bound(db, "notes", "notes", MAX_NOTES)?;
            db.prepare_cached("INSERT INTO notes (name, value) VALUES (?1, ?2)")?.execute((name, value))?;
        }
    }
    Ok(())
}

/// The notes whose names begin so, by name, without that beginning.
pub(crate) fn notes(db: &Connection, beginning: &str) -> Result<Vec<(String, String)>, Fail> {
    list(
        db,
        "SELECT substr(name, length(?1) + 1), value FROM notes WHERE substr(name, 1, length(?1)) = ?1 ORDER BY name",
        [beginning],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}
