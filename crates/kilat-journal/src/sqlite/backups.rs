//! What facts about backups do to the tables.
//!
//! A run ends once, and again after a retry. Outcomes of copies that come after its end change the copies, not the run.

use kilat_core::{
    BackupFact, BackupId, BackupRun, BackupTotals, DestinationId, Millis, ObjectKey, Offset, PhotoId, ReadBack,
    RunOutcome, RunStep,
};
use rusqlite::{Connection, OptionalExtension, params};

use super::apply::{Effect, Stamp, bound, contradicts, is_used, known_destination, known_event};
use super::fail::Fail;
use super::rows::{self, word};
use super::{backup_reads, read, upkeep};
use crate::Refusal;

/// Runs that go or wait for their turn: every event of a season at a few destinations.
pub const MAX_GOING_RUNS: usize = 1_000;
/// Records of runs; the oldest ended ones go first. Years of daily backups.
pub const MAX_RUNS: usize = 10_000;
/// Failures kept of one run: the rest is counted, and found again by the next one.
pub const MAX_RUN_FAILURES: usize = 1_000;

pub(super) fn apply(db: &Connection, fact: &BackupFact, stamp: Stamp) -> Result<Effect, Fail> {
    match fact {
        BackupFact::Asked { run } => ask(db, run, stamp.at),
        BackupFact::Listed { run, totals } => listed(db, run, totals),
        BackupFact::Moved { run, step } => moved(db, run, *step),
        BackupFact::Copied { run, photo, destination, key, read_back, was_there: _ } => {
            let copy = Copied { photo, destination, key, read_back: *read_back };
            copied(db, run.as_ref(), &copy, stamp)
        }
        BackupFact::CopyFailed { run, photo, message } => copy_failed(db, run, photo, message),
        BackupFact::Proven { run, destination, read_back, photos } => {
            upkeep::proven(db, run.as_ref(), (destination, *read_back), photos, stamp)
        }
        BackupFact::Found { run, photo, destination, fault, message } => {
            upkeep::found(db, run.as_ref(), (photo, destination), (*fault, message), stamp.at)
        }
        BackupFact::Sealed { run, as_of } => sealed(db, run, *as_of),
        BackupFact::Paused { run } => set(db, run, "is_paused = 1", "is_paused = 0"),
        BackupFact::Resumed { run } => set(db, run, "is_paused = 0", "is_paused = 1"),
        BackupFact::CancelAsked { run } => set(db, run, "is_cancelling = 1", "is_cancelling = 0"),
        BackupFact::RetryAsked { run } => retry(db, run),
        BackupFact::Waits { run, reason } => waits(db, run, reason),
        BackupFact::WentOn { run } => set(db, run, "waits = NULL", "waits IS NOT NULL"),
        BackupFact::Ended { run, outcome } => ended(db, run, outcome, stamp.at),
        BackupFact::Forgotten { ended_before } => forget(db, *ended_before),
        BackupFact::VolumeSeen { destination, volume } => upkeep::volume_seen(db, destination, volume),
        BackupFact::ScrubAsked { destination } => upkeep::scrub_asked(db, destination, stamp.offset),
        BackupFact::ScrubBegan { destination } => upkeep::scrub_began(db, destination, stamp.at),
        BackupFact::ScrubEnded { destination } => upkeep::scrub_ended(db, destination, stamp.at),
        BackupFact::ListsRead { destination, damaged, flaws } => upkeep::lists_read(db, destination, damaged, flaws),
    }
}

/// A run's row, as far as facts about it need it.
pub(super) struct Row {
    pub(super) no: i64,
    pub(super) run: BackupRun,
    pub(super) is_ended: bool,
}

pub(super) fn find(db: &Connection, id: &BackupId) -> Result<Row, Fail> {
    let row = db
        .prepare_cached(
            "SELECT no, id, event, destination, kind, asked_by, ended_at_ms IS NOT NULL AS is_ended
             FROM backup_runs WHERE id = ?1",
        )?
        .query_row([id.as_str()], |row| {
            Ok(Row { no: row.get("no")?, run: backup_reads::run(row)?, is_ended: row.get("is_ended")? })
        })
        .optional()?;
    Ok(row.ok_or_else(|| Refusal::UnknownBackup(id.clone()))?)
}

fn ask(db: &Connection, run: &BackupRun, at: Millis) -> Result<Effect, Fail> {
    match find(db, &run.id) {
        Ok(known) if known.run == *run => return Ok(Effect::Nothing),
        Ok(_) => return contradicts("backup", run.id.as_str(), "it is another one"),
        Err(Fail::Refused(Refusal::UnknownBackup(_))) => {}
        Err(other) => return Err(other),
    }
    known_event(db, &run.event)?;
    known_destination(db, &run.destination)?;
    if !is_used(db, "destinations", run.destination.as_str())? {
        return Err(Refusal::UnknownDestination(run.destination.clone()).into());
    }
    if is_going(db, run)? {
        return Ok(Effect::Nothing);
    }
    bound(db, "backup_runs WHERE ended_at_ms IS NULL", "backup runs that have not ended", MAX_GOING_RUNS)?;
    db.prepare_cached(
        "INSERT INTO backup_runs (id, event, destination, kind, asked_by, asked_at_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![
        run.id.as_str(),
        run.event.as_str(),
        run.destination.as_str(),
        word(&run.kind)?,
        word(&run.asked_by)?,
        at.0
    ])?;
    db.prepare_cached(
        "DELETE FROM backup_runs WHERE no IN (
             SELECT no FROM backup_runs WHERE ended_at_ms IS NOT NULL ORDER BY no
             LIMIT MAX(0, (SELECT COUNT(*) FROM backup_runs) - ?1))",
    )?
    .execute([MAX_RUNS])?;
    Ok(Effect::Changed)
}

fn is_going(db: &Connection, run: &BackupRun) -> Result<bool, Fail> {
    Ok(db
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM backup_runs
             WHERE event = ?1 AND destination = ?2 AND kind = ?3 AND ended_at_ms IS NULL)",
        )?
        .query_row(params![run.event.as_str(), run.destination.as_str(), word(&run.kind)?], |row| row.get(0))?)
}

/// Changes a run that has not ended, where that changes anything. Both texts are this file's own words, never data.
fn set(db: &Connection, id: &BackupId, change: &'static str, unless: &'static str) -> Result<Effect, Fail> {
    find(db, id)?;
    let changed = db
        .prepare_cached(&format!("UPDATE backup_runs SET {change} WHERE id = ?1 AND ended_at_ms IS NULL AND {unless}"))?
        .execute([id.as_str()])?;
    Ok(effect(changed))
}

pub(super) fn effect(changed: usize) -> Effect {
    if changed == 0 { Effect::Nothing } else { Effect::Changed }
}

fn listed(db: &Connection, id: &BackupId, totals: &BackupTotals) -> Result<Effect, Fail> {
    find(db, id)?;
    let totals = serde_json::to_string(totals)?;
    let changed = db
        .prepare_cached(
            // A run that reads back begins anew after an interruption.
            "UPDATE backup_runs SET totals = ?2, proven = 0
             WHERE id = ?1 AND ended_at_ms IS NULL AND (totals IS NOT ?2 OR proven > 0)",
        )?
        .execute((id.as_str(), totals))?;
    Ok(effect(changed))
}

fn moved(db: &Connection, id: &BackupId, step: RunStep) -> Result<Effect, Fail> {
    find(db, id)?;
    let changed = db
        .prepare_cached("UPDATE backup_runs SET step = ?2 WHERE id = ?1 AND ended_at_ms IS NULL AND step <> ?2")?
        .execute((id.as_str(), word(&step)?))?;
    Ok(effect(changed))
}

fn waits(db: &Connection, id: &BackupId, reason: &str) -> Result<Effect, Fail> {
    find(db, id)?;
    let changed = db
        .prepare_cached("UPDATE backup_runs SET waits = ?2 WHERE id = ?1 AND ended_at_ms IS NULL AND waits IS NOT ?2")?
        .execute((id.as_str(), reason))?;
    Ok(effect(changed))
}

pub(super) fn photo_no(db: &Connection, photo: &PhotoId) -> Result<i64, Fail> {
    Ok(read::photo_no(db, photo)?.ok_or_else(|| Refusal::UnknownPhoto(photo.clone()))?)
}

struct Copied<'a> {
    photo: &'a PhotoId,
    destination: &'a DestinationId,
    key: &'a ObjectKey,
    read_back: ReadBack,
}

fn copied(db: &Connection, run: Option<&BackupId>, copy: &Copied<'_>, stamp: Stamp) -> Result<Effect, Fail> {
    let run = run.map(|run| find(db, run)).transpose()?;
    known_destination(db, copy.destination)?;
    let no = photo_no(db, copy.photo)?;
    let changed = db
        .prepare_cached(
            "INSERT INTO backup_copies (destination, photo_no, event, state, key, read_back, proven_at_ms,
                 proven_offset, stored_offset)
             SELECT ?1, no, event, 'stored', ?3, ?4, ?5, ?6, ?6 FROM photos WHERE no = ?2
             ON CONFLICT (destination, photo_no) DO UPDATE SET state = 'stored', key = excluded.key,
                 read_back = excluded.read_back, proven_at_ms = excluded.proven_at_ms,
                 proven_offset = excluded.proven_offset, stored_offset = excluded.stored_offset, message = NULL
             WHERE backup_copies.state <> 'stored'",
        )?
        .execute(params![
            copy.destination.as_str(),
            no,
            copy.key.as_str(),
            word(&copy.read_back)?,
            stamp.at.0,
            stamp.offset.0
        ])?;
    if changed == 0 {
        return Ok(Effect::Nothing);
    }
    upkeep::forget_part(db, copy.destination, no)?;
    match run {
        Some(run) if !run.is_ended => {
            let failed = forgive(db, run.no, no)?;
            db.prepare_cached(
                "UPDATE backup_runs SET stored = stored + 1, failed = failed - ?3,
                     stored_bytes = stored_bytes + (SELECT size_bytes FROM photos WHERE no = ?2) WHERE no = ?1",
            )?
            .execute((run.no, no, failed))?;
        }
        Some(_) => {}
        None => {
            db.prepare_cached("UPDATE scrubs SET mended = mended + 1 WHERE destination = ?1")?
                .execute([copy.destination.as_str()])?;
        }
    }
    Ok(Effect::Changed)
}

/// Takes a photo off a run's list of failures; answers how many that were.
fn forgive(db: &Connection, run_no: i64, photo_no: i64) -> Result<usize, Fail> {
    Ok(db
        .prepare_cached("DELETE FROM backup_failures WHERE run_no = ?1 AND photo_no = ?2")?
        .execute((run_no, photo_no))?)
}

fn copy_failed(db: &Connection, id: &BackupId, photo: &PhotoId, message: &str) -> Result<Effect, Fail> {
    let run = find(db, id)?;
    let no = photo_no(db, photo)?;
    let changed = db
        .prepare_cached(
            "INSERT INTO backup_copies (destination, photo_no, event, state, message)
             SELECT ?1, no, event, 'failed', ?3 FROM photos WHERE no = ?2
             ON CONFLICT (destination, photo_no) DO UPDATE SET message = excluded.message,
                 state = IIF(backup_copies.state IN ('missing', 'damaged'), backup_copies.state, 'failed')
             WHERE backup_copies.state <> 'stored'",
        )?
        .execute((run.run.destination.as_str(), no, message))?;
    // A late loser: the copy stands.
    if changed == 0 || run.is_ended {
        return Ok(effect(changed));
    }
    upkeep::forget_part(db, &run.run.destination, no)?;
    fail(db, run.no, no, message)
}

/// Notes a failure of a run, once per photo.
pub(super) fn fail(db: &Connection, run_no: i64, photo_no: i64, message: &str) -> Result<Effect, Fail> {
    let kept: i64 = db
        .prepare_cached("SELECT COUNT(*) FROM backup_failures WHERE run_no = ?1")?
        .query_row([run_no], |row| row.get(0))?;
    let most = i64::try_from(MAX_RUN_FAILURES).unwrap_or(i64::MAX);
    if kept < most {
        let is_new = db
            .prepare_cached(
                "INSERT INTO backup_failures (run_no, photo_no, message) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
            )?
            .execute((run_no, photo_no, message))?;
        if is_new == 0 {
            return Ok(Effect::Nothing);
        }
    }
    db.prepare_cached("UPDATE backup_runs SET failed = failed + 1 WHERE no = ?1")?.execute([run_no])?;
    Ok(Effect::Changed)
}

fn sealed(db: &Connection, id: &BackupId, as_of: Offset) -> Result<Effect, Fail> {
    let run = find(db, id)?.run;
    let changed = db
        .prepare_cached(
            "INSERT INTO backup_seals (event, destination, as_of) VALUES (?1, ?2, ?3)
             ON CONFLICT (event, destination) DO UPDATE SET as_of = excluded.as_of, is_damaged = 0
             WHERE as_of < excluded.as_of",
        )?
        .execute((run.event.as_str(), run.destination.as_str(), as_of.0))?;
    Ok(effect(changed))
}

/// Starts a run anew that ended without all copies. One that goes, or completed, has nothing to retry.
fn retry(db: &Connection, id: &BackupId) -> Result<Effect, Fail> {
    let row = find(db, id)?;
    if !row.is_ended {
        return Ok(Effect::Nothing);
    }
    let outcome: RunOutcome = db
        .prepare_cached("SELECT outcome FROM backup_runs WHERE no = ?1")?
        .query_row([row.no], |row| rows::from_json(row, "outcome"))?;
    if outcome == RunOutcome::Completed || is_going(db, &row.run)? {
        return Ok(Effect::Nothing);
    }
    if !is_used(db, "destinations", row.run.destination.as_str())? {
        return Err(Refusal::UnknownDestination(row.run.destination).into());
    }
    bound(db, "backup_runs WHERE ended_at_ms IS NULL", "backup runs that have not ended", MAX_GOING_RUNS)?;
    db.prepare_cached("DELETE FROM backup_failures WHERE run_no = ?1")?.execute([row.no])?;
    db.prepare_cached(
        "UPDATE backup_runs SET step = 'queued', is_paused = 0, is_cancelling = 0, waits = NULL, totals = NULL,
             proven = 0, failed = 0, outcome = NULL, ended_at_ms = NULL WHERE no = ?1",
    )?
    .execute([row.no])?;
    Ok(Effect::Changed)
}

fn ended(db: &Connection, id: &BackupId, outcome: &RunOutcome, at: Millis) -> Result<Effect, Fail> {
    find(db, id)?;
    let changed = db
        .prepare_cached(
            "UPDATE backup_runs SET outcome = ?2, ended_at_ms = ?3, waits = NULL, is_paused = 0
             WHERE id = ?1 AND ended_at_ms IS NULL",
        )?
        .execute((id.as_str(), serde_json::to_string(outcome)?, at.0))?;
    Ok(effect(changed))
}

fn forget(db: &Connection, ended_before: Millis) -> Result<Effect, Fail> {
    let changed = db.prepare_cached("DELETE FROM backup_runs WHERE ended_at_ms < ?1")?.execute([ended_before.0])?;
    Ok(effect(changed))
}
