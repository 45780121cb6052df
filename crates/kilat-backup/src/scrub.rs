//! Copies are read back before they rot: those that were proven longest ago first, slowly, at every destination.
//!
//! What is found missing or damaged is recorded, and a good copy is made beside it from another one: at an upload
//! destination by the loop that serves it, at a backup destination here. Bad bytes are never overwritten: they may be
//! all that is left of something. Where a scrub was interrupted it goes on, because each proof is in the journal. The
//! lists beside the copies of backups are read at the end of each scrub; a damaged one is reported, and left to the next
//! backup.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use kilat_core::{
    BackupFact, Class, Classify, Clock, DESTINATION_MARK, Destination, DestinationHealth, DestinationId,
    DestinationKind, Fact, Medium, Millis, ObjectKey, Photo, PhotoId, ReadBack, Stop,
};
use kilat_journal::{Check, Journal, JournalError};
use kilat_objects::{ObjectStore, Receipt, StoreError, Watch};
use tokio::task::JoinSet;

use crate::config::BackupConfig;
use crate::origins::Folders;
use crate::reading::{Verdict, check};
use crate::record::record;
use crate::volume;

/// How often destinations are looked at without being asked.
const TICK: Duration = Duration::from_secs(30);
/// Copies read from the journal at once, and proofs recorded at once.
const PAGE: usize = 64;
/// Copies mended in one round; the rest in the next.
const MAX_MENDED: usize = 1_000;
/// What is told of damaged lists, and events whose lists are written anew.
const MAX_FLAWS: usize = 10;
const MAX_DAMAGED: usize = 1_000;

#[derive(Clone)]
struct Keeper {
    config: Arc<BackupConfig>,
    journal: Journal,
    clock: Arc<dyn Clock>,
    stop: Stop,
}

/// Looks after the copies at all destinations until it is asked to stop.
///
/// # Errors
/// When the journal cannot be used.
pub async fn scrub(
    config: BackupConfig,
    journal: Journal,
    clock: Arc<dyn Clock>,
    stop: Stop,
) -> Result<(), JournalError> {
    let keeper = Keeper { config: Arc::new(config), journal, clock, stop: stop.clone() };
    let mut tail = keeper.journal.tail(keeper.journal.head());
    let mut rounds: JoinSet<(DestinationId, Result<(), JournalError>)> = JoinSet::new();
    let mut busy: BTreeSet<DestinationId> = BTreeSet::new();
    let mut is_due = true;
    loop {
        if is_due && !stop.is_asked() {
            is_due = false;
            for place in keeper.journal.destinations().await? {
                // A place that hangs keeps its own round waiting, and nobody else's.
                if busy.insert(place.id.clone()) {
                    let keeper = keeper.clone();
                    rounds.spawn(async move { (place.id.clone(), keeper.round(&place).await) });
                }
            }
        }
        tokio::select! {
            () = stop.asked(), if rounds.is_empty() => return Ok(()),
            Some(ended) = rounds.join_next() => {
                let (place, result) = match ended {
                    Ok(ended) => ended,
                    Err(panic) => std::panic::resume_unwind(panic.into_panic()),
                };
                busy.remove(&place);
                match result {
                    Err(error) if error.class() == Class::GiveUp => return Err(error),
                    Err(error) => tracing::warn!(%error, "copies are read back once the journal is well"),
                    Ok(()) => {}
                }
            }
            batch = tail.next(), if !stop.is_asked() => {
                is_due |= batch?.iter().any(|recorded| {
                    matches!(recorded.fact, Fact::Backup(BackupFact::ScrubAsked { .. }) | Fact::DestinationAdded { .. })
                });
            }
            () = tokio::time::sleep(TICK) => is_due = true,
        }
    }
}

impl Keeper {
    /// Everything that is due at one destination.
    async fn round(&self, place: &Destination) -> Result<(), JournalError> {
        volume::note(&self.journal, place).await?;
        let Some(store) = (self.config.stores)(&place.id) else { return Ok(()) };
        let state = self.journal.scrubs().await?.into_iter().find(|state| state.destination == place.id);
        let is_asked = state.as_ref().is_some_and(|state| state.is_due);
        let is_open = state.is_some_and(|state| state.began_at.is_some() && state.ended_at.is_none());
        // What is far away is read back over a network that somebody pays for: only when it is asked for.
        let every = self.config.scrub.every.filter(|_| place.medium() == Medium::Disk);
        let old = every.map_or(Millis(i64::MIN), |every| before(self.clock.now(), every));
        let mut flaws = Vec::new();
        // Before anything attaches it: that mends what is to be told.
        if is_asked && place.kind == DestinationKind::Backup && !self.is_there(place, &store, &mut flaws).await? {
            return Ok(());
        }
        self.look_again(place, &store).await?;
        // What this round proves is not due again, whatever the clock says by then.
        let head = self.journal.head();
        let mut has_begun = is_open;
        loop {
            let page = self.journal.scrub_due(&place.id, (old, head), PAGE).await?;
            if (!page.is_empty() || is_asked) && !has_begun {
                self.append(BackupFact::ScrubBegan { destination: place.id.clone() }).await?;
                has_begun = true;
            }
            if page.is_empty() {
                break;
            }
            if self.read(place, &store, page, is_asked).await? == Went::Away {
                return Ok(());
            }
        }
        if !has_begun {
            return Ok(());
        }
        if place.kind == DestinationKind::Backup {
            self.mend(place, &store).await?;
            if self.read_lists(place, &store, flaws).await? == Went::Away {
                return Ok(());
            }
        }
        if self.stop.is_asked() {
            return Ok(());
        }
        self.append(BackupFact::ScrubEnded { destination: place.id.clone() }).await
    }

    async fn read(
        &self,
        place: &Destination,
        store: &Arc<dyn ObjectStore>,
        page: Vec<Check>,
        is_asked: bool,
    ) -> Result<Went, JournalError> {
        let name = place.root.display().to_string();
        let mut sound: Vec<(PhotoId, ReadBack)> = Vec::new();
        let mut went = Went::Well;
        for Check { photo, key } in page {
            if self.stop.is_asked() {
                went = Went::Away;
                break;
            }
            let (store, name, photo) = (Arc::clone(store), name.clone(), Photo { key, ..photo });
            let (id, size_bytes) = (photo.id.clone(), photo.size_bytes);
            let read = tokio::task::spawn_blocking(move || check(store.as_ref(), &photo, &name)).await;
            match read {
                Ok(Verdict::Sound(read_back)) => sound.push((id, read_back)),
                Ok(Verdict::Bad(fault, message)) => {
                    tracing::warn!(destination = %place.id, photo = %id, %message, "a copy is bad");
                    let (run, destination) = (None, place.id.clone());
                    self.append(BackupFact::Found { run, photo: id, destination, fault, message }).await?;
                }
                Ok(Verdict::Unknown(reason)) => {
                    tracing::debug!(destination = %place.id, %reason, "copies are read back once it is there");
                    went = Went::Away;
                    break;
                }
                Err(panic) => std::panic::resume_unwind(panic.into_panic()),
            }
            if !is_asked {
                self.pace(size_bytes).await;
            }
        }
        while let Some((_, how)) = sound.first().cloned() {
            let (same, rest): (Vec<_>, Vec<_>) = sound.drain(..).partition(|(_, read_back)| *read_back == how);
            sound = rest;
            let photos = same.into_iter().map(|(photo, _)| photo).collect();
            let (run, destination) = (None, place.id.clone());
            self.append(BackupFact::Proven { run, destination, read_back: how, photos }).await?;
        }
        Ok(went)
    }

    /// Makes good copies beside the bad ones, from wherever the bytes are.
    async fn mend(&self, place: &Destination, store: &Arc<dyn ObjectStore>) -> Result<(), JournalError> {
        let folders = Folders::read(&self.journal, &self.config).await?;
        for work in self.journal.to_mend(&place.id, MAX_MENDED).await? {
            if self.stop.is_asked() {
                return Ok(());
            }
            let origins = folders.of((&self.journal, &self.config), &work.photo, &place.id).await?;
            let (store, photo, stop) = (Arc::clone(store), work.photo.clone(), self.stop.clone());
            let put =
                tokio::task::spawn_blocking(move || origins.put(&photo, None, store.as_ref(), &UntilStopped(stop)));
            match put.await {
                Ok(Ok(Receipt { key, read_back, was_there })) => {
                    let (run, photo, destination) = (None, work.photo.id, place.id.clone());
                    self.append(BackupFact::Copied { run, photo, destination, key, read_back, was_there }).await?;
                }
                Ok(Err(error)) => {
                    tracing::warn!(photo = %work.photo.id, %error, "a bad copy has no good one beside it yet");
                }
                Err(panic) => std::panic::resume_unwind(panic.into_panic()),
            }
        }
        Ok(())
    }

    /// Reads the lists of all events that stand there, and tells of them and of what was found before.
    async fn read_lists(
        &self,
        place: &Destination,
        store: &Arc<dyn ObjectStore>,
        mut flaws: Vec<String>,
    ) -> Result<Went, JournalError> {
        let Some(sealer) = self.config.sealer.clone() else { return Ok(Went::Well) };
        let mut damaged = Vec::new();
        for (event, folder) in self.journal.listed_folders(&place.id).await? {
            if self.stop.is_asked() {
                return Ok(Went::Away);
            }
            let (sealer, store) = (Arc::clone(&sealer), Arc::clone(store));
            let read = tokio::task::spawn_blocking(move || sealer.check(&folder, &store)).await;
            match read {
                Ok(Ok(found)) if found.is_empty() => {}
                Ok(Ok(found)) => {
                    tracing::warn!(destination = %place.id, %event, ?found, "the list of an event's copies is damaged");
                    flaws.extend(found.into_iter().take(MAX_FLAWS - flaws.len()));
                    if damaged.len() < MAX_DAMAGED && !damaged.contains(&event) {
                        damaged.push(event);
                    }
                }
                Ok(Err(error)) => {
                    tracing::debug!(destination = %place.id, %error, "lists are read back once it is there");
                    return Ok(Went::Away);
                }
                Err(panic) => std::panic::resume_unwind(panic.into_panic()),
            }
        }
        self.append(BackupFact::ListsRead { destination: place.id.clone(), damaged, flaws }).await?;
        Ok(Went::Well)
    }

    /// Whether a backup destination is the one that it was. When it is not, that is said: nobody may wait for a scrub
    /// without knowing why it does not begin. What attaching mended is a flaw all the same.
    async fn is_there(
        &self,
        place: &Destination,
        store: &Arc<dyn ObjectStore>,
        flaws: &mut Vec<String>,
    ) -> Result<bool, JournalError> {
        let store = Arc::clone(store);
        let attached = tokio::task::spawn_blocking(move || {
            let looked = store.look(&ObjectKey::from_names([DESTINATION_MARK]));
            store.attach().map(|_mark| looked.err())
        });
        let reason = match attached.await {
            Ok(Ok(mended)) => {
                if let Some(StoreError::Gone { why, .. }) = mended {
                    flaws.push(format!("{why}; it is well again"));
                }
                return Ok(true);
            }
            Ok(Err(error)) => error.to_string(),
            Err(panic) => std::panic::resume_unwind(panic.into_panic()),
        };
        let down = Fact::DestinationDown { destination: place.id.clone(), reason };
        self.journal.append(vec![down]).await?;
        Ok(false)
    }

    /// A backup destination that was away is well again, though no run asks for it.
    async fn look_again(&self, place: &Destination, store: &Arc<dyn ObjectStore>) -> Result<(), JournalError> {
        let is_down = matches!(place.health, DestinationHealth::Down { .. });
        if place.kind != DestinationKind::Backup || !is_down {
            return Ok(());
        }
        let going = self.journal.backups_going().await?;
        // A run that waits there looks itself, and knows how much room it needs.
        if going.iter().any(|state| state.run.destination == place.id) {
            return Ok(());
        }
        let store = Arc::clone(store);
        let looked = tokio::task::spawn_blocking(move || store.attach().and_then(|_| store.probe())).await;
        match looked {
            Ok(Ok(_)) => {
                let up = Fact::DestinationUp { destination: place.id.clone() };
                self.journal.append(vec![up]).await.map(|_| ())
            }
            Ok(Err(_still_away)) => Ok(()),
            Err(panic) => std::panic::resume_unwind(panic.into_panic()),
        }
    }

    /// Others work on the same disk.
    async fn pace(&self, bytes: u64) {
        let rate = self.config.scrub.bytes_per_second.max(1);
        let time = Duration::from_secs_f64(bytes as f64 / rate as f64);
        tokio::select! {
            () = self.stop.asked() => {}
            () = tokio::time::sleep(time) => {}
        }
    }

    async fn append(&self, fact: BackupFact) -> Result<(), JournalError> {
        // What was not kept is read again after the next start.
        record(&self.journal, vec![fact], &self.stop).await.map(|_kept| ())
    }
}

/// Whether a page was read to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Went {
    Well,
    Away,
}

fn before(now: Millis, time: Duration) -> Millis {
    Millis(now.0.saturating_sub(i64::try_from(time.as_millis()).unwrap_or(i64::MAX)))
}

struct UntilStopped(Stop);

impl Watch for UntilStopped {
    fn sent(&self, _bytes: u64) {}

    fn is_cancelled(&self) -> bool {
        self.0.is_asked()
    }
}
