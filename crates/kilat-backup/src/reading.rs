//! Reads back every copy of an event at a destination: past the page cache of a disk, by fetching it from elsewhere.

use std::sync::Arc;

use kilat_core::{BackupFact, BackupTotals, CopyFault, Meter, PhotoId, ReadBack};
use kilat_journal::Work;
use kilat_objects::{ObjectStore, StoreError};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior};

use crate::place;
use crate::run::{Broke, Going, TELL};

/// Copies read from the journal at once.
const PAGE: usize = 256;
/// Proofs recorded at once: a crash costs at most so many readings.
const TOGETHER: usize = 64;

/// What a copy turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    Sound(ReadBack),
    Bad(CopyFault, String),
    /// The destination is at fault, not the copy.
    Unknown(String),
}

/// How many copies are to be read.
pub(crate) async fn totals(going: &Going) -> Result<BackupTotals, Broke> {
    // Those that this run found bad before it was interrupted are copies no more.
    let mut totals = BackupTotals { photos: going.now().await?.failed, ..BackupTotals::default() };
    let mut after = 0;
    loop {
        let page = going.tools.journal.copies_to_read(going.pair(), after, PAGE).await?;
        let Some(end) = page.last() else { return Ok(totals) };
        after = end.no;
        for work in &page {
            totals.photos += 1;
            totals.bytes += work.photo.size_bytes;
        }
    }
}

/// Reads them all, in the order of filing; those that this run read before it was interrupted, once more.
pub(crate) async fn read_all(going: &Going, totals: BackupTotals) -> Result<(), Broke> {
    going.meter.begin(0, totals.bytes);
    let mut after = 0;
    loop {
        let page = going.tools.journal.copies_to_read(going.pair(), after, PAGE).await?;
        let Some(end) = page.last() else { return Ok(()) };
        after = end.no;
        read_page(going, page).await?;
    }
}

async fn read_page(going: &Going, page: Vec<Work>) -> Result<(), Broke> {
    let mut left = page.into_iter();
    let mut again: Vec<Work> = Vec::new();
    let mut running = JoinSet::new();
    let mut sound: Vec<(PhotoId, ReadBack)> = Vec::new();
    let mut tick = tokio::time::interval_at(Instant::now() + TELL, TELL);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut away: Option<String> = None;
    loop {
        while away.is_none() && running.len() < going.tools.config.parallel.max(1) && !going.halt.soon.is_asked() {
            let Some(work) = again.pop().or_else(|| left.next()) else { break };
            match (going.tools.config.stores)(&going.state.run.destination) {
                Some(store) => read(going, store, work, &mut running),
                None => {
                    away = Some(format!("{} cannot be opened", going.name));
                    again.push(work);
                }
            }
        }
        if running.is_empty() {
            record_sound(going, &mut sound).await?;
            if going.halt.soon.is_asked() {
                return Err(Broke::Halted);
            }
            match away.take() {
                Some(reason) => {
                    place::pause(going, reason).await?;
                    place::ready(going, 0).await?;
                    continue;
                }
                None => return Ok(()),
            }
        }
        tokio::select! {
            Some(read) = running.join_next() => {
                let (work, verdict) = match read {
                    Ok(read) => read,
                    Err(panic) => std::panic::resume_unwind(panic.into_panic()),
                };
                match verdict {
                    Verdict::Sound(read_back) => sound.push((work.photo.id, read_back)),
                    Verdict::Bad(fault, message) => found(going, work.photo.id, fault, message).await?,
                    Verdict::Unknown(reason) => {
                        away.get_or_insert(reason);
                        again.push(work);
                    }
                }
                if sound.len() >= TOGETHER {
                    record_sound(going, &mut sound).await?;
                }
            }
            _ = tick.tick() => going.tell(),
        }
    }
}

fn read(going: &Going, store: Arc<dyn ObjectStore>, work: Work, running: &mut JoinSet<(Work, Verdict)>) {
    let (meter, name) = (Arc::clone(&going.meter), going.name.clone());
    running.spawn_blocking(move || {
        let verdict = read_one(store.as_ref(), &work, &meter, &name);
        (work, verdict)
    });
}

fn read_one(store: &dyn ObjectStore, work: &Work, meter: &Meter, place: &str) -> Verdict {
    let photo = &work.photo;
    let flight = meter.file(&photo.name, photo.size_bytes);
    let verdict = check(store, photo, place);
    drop(flight);
    if !matches!(verdict, Verdict::Unknown(_)) {
        meter.done(photo.size_bytes);
    }
    verdict
}

/// Reads one copy back, at its `key`.
pub(crate) fn check(store: &dyn ObjectStore, photo: &kilat_core::Photo, place: &str) -> Verdict {
    let error = match store.verify(&photo.key, photo.size_bytes, photo.proof) {
        Ok(read_back) => return Verdict::Sound(read_back),
        Err(error) => error,
    };
    // Whether it is the copy that is gone or the whole place, only the place can say.
    match store.look(&photo.key) {
        Ok(None) => Verdict::Bad(CopyFault::Missing, format!("{} is gone from {place}", photo.key)),
        Ok(Some(_)) if matches!(error, StoreError::Corrupt { .. }) => {
            Verdict::Bad(CopyFault::Damaged, format!("{} at {place} is damaged: its bytes have changed", photo.key))
        }
        // A file that its disk cannot read any more is as good as damaged, as long as others can be read.
        Ok(Some(_)) if matches!(error, StoreError::Io { .. }) => {
            Verdict::Bad(CopyFault::Damaged, format!("{} at {place} cannot be read: {error}", photo.key))
        }
        Ok(Some(_)) => Verdict::Unknown(error.to_string()),
        Err(error) => Verdict::Unknown(error.to_string()),
    }
}

async fn found(going: &Going, photo: PhotoId, fault: CopyFault, message: String) -> Result<(), Broke> {
    let (run, destination) = (Some(going.state.run.id.clone()), going.state.run.destination.clone());
    going.record(vec![BackupFact::Found { run, photo, destination, fault, message }]).await
}

async fn record_sound(going: &Going, sound: &mut Vec<(PhotoId, ReadBack)>) -> Result<(), Broke> {
    // Nearly always all were read in the same way.
    while let Some((_, how)) = sound.first().cloned() {
        let (same, rest): (Vec<_>, Vec<_>) = sound.drain(..).partition(|(_, read_back)| *read_back == how);
        *sound = rest;
        let photos = same.into_iter().map(|(photo, _)| photo).collect();
        let (run, destination) = (Some(going.state.run.id.clone()), going.state.run.destination.clone());
        going.record(vec![BackupFact::Proven { run, destination, read_back: how, photos }]).await?;
    }
    Ok(())
}
