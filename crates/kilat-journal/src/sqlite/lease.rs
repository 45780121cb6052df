//! Who copies what now. Leases live in memory: the lock on the journal's file makes this process
//! its only owner, so a crash ends all leases with their holders.
//!
//! A lease ends by an outcome, a release, or its time by the monotonic clock. A backend that many
//! processes share needs rows with an expiry instead; the contract is the same.

use std::collections::HashMap;
use std::time::Duration;

use kilat_core::{DestinationId, Millis, PhotoId};
use rusqlite::{Connection, params};

use super::copies::MAX_WAIT;
use super::fail::Fail;
use super::read::MAX_LIMIT;
use super::rows;
use crate::model::Lease;

/// Waiting copies made ready per call: one transaction stays short, the next call takes the rest.
const MAX_WOKEN: usize = 1_024;

/// Leases that stand, with their end by the monotonic clock.
#[derive(Debug, Default)]
pub(super) struct Leases(HashMap<(DestinationId, PhotoId), Duration>);

/// What to lease.
#[derive(Debug)]
pub(super) struct Wish {
    pub(super) destination: DestinationId,
    pub(super) limit: usize,
    pub(super) ttl: Duration,
}

impl Leases {
    /// Takes up to `wish.limit` copies: the active event's first, then by kind, then newest first.
    pub(super) fn take(
        &mut self,
        db: &Connection,
        wish: &Wish,
        now: Millis,
        monotonic: Duration,
    ) -> Result<Vec<Lease>, Fail> {
        self.0.retain(|_, end| *end > monotonic);
        wake(db, &wish.destination, now)?;
        let limit = wish.limit.min(MAX_LIMIT);
        let mut taken = Vec::new();
        for event in events(db, &wish.destination)? {
            if taken.len() >= limit {
                break;
            }
            self.pick(db, wish, &event, limit, &mut taken)?;
        }
        let end = monotonic.saturating_add(wish.ttl);
        for lease in &taken {
            self.0.insert((wish.destination.clone(), lease.photo.id.clone()), end);
        }
        Ok(taken)
    }

    /// Adds ready copies of one event that nobody holds.
    fn pick(
        &self,
        db: &Connection,
        wish: &Wish,
        event: &str,
        limit: usize,
        taken: &mut Vec<Lease>,
    ) -> Result<(), Fail> {
        let mut ready = db.prepare_cached(
            "SELECT photos.no, photos.id, attempts
             FROM copies INDEXED BY copies_ready CROSS JOIN photos ON photos.no = copies.photo_no
             WHERE copies.state = 'ready' AND destination = ?1 AND copies.event = ?2
             ORDER BY rank, copies.order_ms DESC, photo_no DESC",
        )?;
        let mut whole = db.prepare_cached(&format!("{} WHERE photos.no = ?1", rows::PHOTO))?;
        let mut rows = ready.query(params![wish.destination.as_str(), event])?;
        while taken.len() < limit
            && let Some(row) = rows.next()?
        {
            let id: PhotoId = rows::parsed(row, "id")?;
            if !self.0.contains_key(&(wish.destination.clone(), id)) {
                let photo = whole.query_row([row.get::<_, i64>("no")?], rows::photo)?;
                taken.push(Lease { photo, attempts: row.get("attempts")? });
            }
        }
        Ok(())
    }

    /// Ends one lease, if it stands.
    pub(super) fn end(&mut self, photo: &PhotoId, destination: &DestinationId) {
        self.0.remove(&(destination.clone(), photo.clone()));
    }
}

/// Events with copies due at `destination`: the active one first, then the newest.
fn events(db: &Connection, destination: &DestinationId) -> Result<Vec<String>, Fail> {
    let events = db
        .prepare_cached(
            "SELECT events.id FROM events JOIN copy_counts ON copy_counts.event = events.id
             WHERE copy_counts.destination = ?1 AND copy_counts.pending > 0
             ORDER BY events.status = 'active' DESC, events.created_at_ms DESC, events.id",
        )?
        .query_map([destination.as_str()], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    Ok(events)
}

/// Makes waiting copies ready whose time has come, by a clock that may have jumped: none was told
/// to wait longer than [`MAX_WAIT`], so one that would is due.
fn wake(db: &Connection, destination: &DestinationId, now: Millis) -> Result<(), Fail> {
    db.prepare_cached(
        "UPDATE copies SET state = 'ready', not_before_ms = NULL WHERE (photo_no, destination) IN (
             SELECT photo_no, destination FROM copies INDEXED BY copies_waiting
             WHERE state = 'waiting' AND destination = ?1 AND not_before_ms <= ?2 LIMIT ?4
         ) OR (photo_no, destination) IN (
             SELECT photo_no, destination FROM copies INDEXED BY copies_waiting
             WHERE state = 'waiting' AND destination = ?1 AND not_before_ms > ?3 LIMIT ?4
         )",
    )?
    .execute(params![destination.as_str(), now.0, now.plus(MAX_WAIT).0, MAX_WOKEN])?;
    Ok(())
}
