//! Asks for runs by itself: when an event is closed, once a day, or when nothing arrived for a while.
//!
//! The id of a run follows from its cause, so that the same closing or the same day asks once, over restarts and
//! clocks that jump too. A day that was slept through is made up for at the next start.

use std::sync::Arc;
use std::time::Duration;

use jiff::Zoned;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use kilat_core::{
    AskedBy, BackupFact, BackupId, BackupRun, Class, Classify, Clock, DestinationId, DestinationKind, EventId, Fact,
    IdSource, Millis, Offset, Recorded, RunKind, Stop,
};
use kilat_journal::{Journal, JournalError};
use kilat_objects::short_hash;

use crate::config::Schedule;

/// Facts that are read again at a start: what a crash may have left without its run.
const REREAD: u64 = 2_000;
/// How often the clock is looked at.
const TICK: Duration = Duration::from_secs(20);
/// Events asked for at once at one destination; the rest when these are done.
const MAX_EVENTS: usize = 100;
/// Hexadecimal digits that tell causes apart.
const DIGITS: usize = 12;

struct Clerk {
    schedule: Schedule,
    journal: Journal,
    clock: Arc<dyn Clock>,
    ids: Arc<IdSource>,
    /// The day whose runs were asked for.
    asked: Option<Date>,
    /// When something arrived or was stored last, by the monotonic clock; none once the quiet was used.
    quiet_since: Option<Duration>,
}

/// Asks for runs until it is asked to stop.
///
/// # Errors
/// When the journal cannot be used.
pub async fn schedule(
    schedule: Schedule,
    journal: Journal,
    clock: Arc<dyn Clock>,
    ids: Arc<IdSource>,
    stop: Stop,
) -> Result<(), JournalError> {
    let mut tail = journal.tail(Offset(journal.head().0.saturating_sub(REREAD)));
    let quiet_since = Some(clock.monotonic());
    let mut clerk = Clerk { schedule, journal, clock, ids, asked: None, quiet_since };
    loop {
        match clerk.look().await {
            Err(error) if error.class() == Class::GiveUp => return Err(error),
            Err(error) => tracing::warn!(%error, "the schedule of backups waits for the journal"),
            Ok(()) => {}
        }
        tokio::select! {
            () = stop.asked() => return Ok(()),
            batch = tail.next() => {
                for recorded in batch?.iter() {
                    tokio::select! {
                        () = stop.asked() => return Ok(()),
                        heeded = clerk.heed(recorded) => heeded?,
                    }
                }
            }
            () = tokio::time::sleep(TICK) => {}
        }
    }
}

impl Clerk {
    async fn heed(&mut self, Recorded { offset, fact, .. }: &Recorded) -> Result<(), JournalError> {
        if let Fact::ArrivalSeen { .. } | Fact::PhotoFiled { .. } | Fact::CopyStored { .. } = fact {
            self.quiet_since = Some(self.clock.monotonic());
        }
        let Fact::EventClosed { event } = fact else { return Ok(()) };
        if !self.schedule.on_close {
            return Ok(());
        }
        let mut facts = Vec::new();
        for destination in self.places().await? {
            let cause = format!("closed-{}-{destination}", offset.0);
            facts.extend(asked(&cause, event, &destination, AskedBy::EventClosed));
        }
        self.journal.append_patiently(facts).await.map(|_| ())
    }

    async fn look(&mut self) -> Result<(), JournalError> {
        if let Some(date) = self.due_day() {
            let mut facts = Vec::new();
            for (event, destination) in self.missing().await? {
                let cause = format!("daily-{date}-{event}-{destination}");
                facts.extend(asked(&cause, &event, &destination, AskedBy::Daily));
            }
            self.journal.append(facts).await?;
            self.asked = Some(date);
        }
        if self.is_idle().await? {
            let mut facts = Vec::new();
            for (event, destination) in self.missing().await? {
                let run = BackupRun {
                    id: self.ids.backup(),
                    event,
                    destination,
                    kind: RunKind::Copy,
                    asked_by: AskedBy::Idle,
                };
                facts.push(Fact::Backup(BackupFact::Asked { run }));
            }
            self.journal.append(facts).await?;
            self.quiet_since = None;
        }
        Ok(())
    }

    /// The day whose time has come and whose runs were not asked for yet.
    fn due_day(&self) -> Option<Date> {
        let daily = self.schedule.daily?;
        let now = local(self.clock.now())?;
        (now.time() >= daily.0 && self.asked != Some(now.date())).then(|| now.date())
    }

    async fn is_idle(&self) -> Result<bool, JournalError> {
        let (Some(quiet), Some(since)) = (self.schedule.when_idle, self.quiet_since) else { return Ok(false) };
        if self.clock.monotonic().saturating_sub(since) < quiet {
            return Ok(false);
        }
        let pending: u64 = self.journal.counts(None).await?.destinations.values().map(|counts| counts.pending).sum();
        Ok(pending == 0 && self.journal.unfinished_arrivals().await?.is_empty())
    }

    async fn places(&self) -> Result<Vec<DestinationId>, JournalError> {
        let all = self.journal.destinations().await?;
        Ok(all.into_iter().filter(|place| place.kind == DestinationKind::Backup).map(|place| place.id).collect())
    }

    /// Events that are not whole at a backup destination.
    async fn missing(&self) -> Result<Vec<(EventId, DestinationId)>, JournalError> {
        let mut missing = Vec::new();
        for destination in self.places().await? {
            for event in self.journal.events_to_back_up(&destination, MAX_EVENTS).await? {
                missing.push((event, destination.clone()));
            }
        }
        Ok(missing)
    }
}

fn local(now: Millis) -> Option<Zoned> {
    let timestamp = jiff::Timestamp::from_millisecond(now.0).ok()?;
    Some(timestamp.to_zoned(TimeZone::system()))
}

/// A run whose id follows from its cause.
fn asked(cause: &str, event: &EventId, destination: &DestinationId, asked_by: AskedBy) -> Option<Fact> {
    let id: BackupId = format!("auto-{}", short_hash(cause.as_bytes(), DIGITS)).parse().ok()?;
    let (event, destination) = (event.clone(), destination.clone());
    Some(Fact::Backup(BackupFact::Asked { run: BackupRun { id, event, destination, kind: RunKind::Copy, asked_by } }))
}
