//! Compares what the journal knows with what stands at the destination, without reading a file.
//!
//! A recorded copy that is still there with its length is not read again: a second run of a large event is quick. Memory
//! is 16 bytes per object at the destination and one page of photos.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::ops::ControlFlow;
use std::sync::Arc;

use kilat_core::{BackupFact, BackupTotals, CopyFault, ObjectKey};
use kilat_journal::Listed;
use kilat_objects::{ObjectStore, StoreError};

use crate::place;
use crate::run::{Broke, Going};

/// Facts of one append.
const MAX_BATCH: usize = 256;

/// What a comparison found.
pub(crate) struct Found {
    pub(crate) totals: BackupTotals,
    /// Bytes of files that stand where a copy would, of its length, and that nobody recorded.
    pub(crate) unrecorded_bytes: u64,
    /// Photos filed after this one are the next run's.
    pub(crate) last: i64,
    pub(crate) standing: Standing,
}

/// What stands at a destination: the hash of each key and its length, sorted.
pub(crate) struct Standing {
    hasher: RandomState,
    objects: Vec<(u64, u64)>,
}

impl Standing {
    /// Whether something of this length stands there.
    pub(crate) fn has(&self, key: &ObjectKey, size_bytes: u64) -> bool {
        self.objects.binary_search(&(self.hasher.hash_one(key.as_str()), size_bytes)).is_ok()
    }
}

/// Lists the destination and compares; records what is gone.
pub(crate) async fn compare(going: &Going) -> Result<Found, Broke> {
    let journal = &going.tools.journal;
    let last = journal.last_photo_no(&going.state.run.event).await?;
    let standing = list(going).await?;
    let mut found = Found { totals: BackupTotals::default(), unrecorded_bytes: 0, last, standing };
    let mut after = 0;
    loop {
        let page = journal.backup_listing(going.pair(), after).await?;
        let Some(end) = page.last() else { break };
        after = end.no;
        judge(going, &page, &mut found).await?;
        if going.halt.soon.is_asked() {
            return Err(Broke::Halted);
        }
    }
    // Those that this run made before it was interrupted count as its own.
    let own = going.now().await?;
    found.totals.there = found.totals.there.saturating_sub(own.stored);
    found.totals.there_bytes = found.totals.there_bytes.saturating_sub(own.stored_bytes);
    found.totals.free_bytes = place::ready(going, 0).await?.map(|space| space.free_bytes);
    Ok(found)
}

async fn judge(going: &Going, page: &[Listed], found: &mut Found) -> Result<(), Broke> {
    let mut doubtful = Vec::new();
    for row in page.iter().filter(|row| row.no <= found.last) {
        found.totals.photos += 1;
        found.totals.bytes += row.size_bytes;
        match &row.stored {
            Some(key) if found.standing.has(key, row.size_bytes) => {
                found.totals.there += 1;
                found.totals.there_bytes += row.size_bytes;
            }
            Some(_) => doubtful.push(row.clone()),
            None if found.standing.has(&row.key, row.size_bytes) => found.unrecorded_bytes += row.size_bytes,
            None => {}
        }
    }
    for chunk in doubtful.chunks(MAX_BATCH) {
        // Looked at one by one: it may have been made since the listing.
        let looked = look(going, chunk.to_vec()).await?;
        let mut facts = Vec::new();
        for (row, length) in looked {
            if length == Some(row.size_bytes) {
                found.totals.there += 1;
                found.totals.there_bytes += row.size_bytes;
                continue;
            }
            let key = row.stored.as_ref().unwrap_or(&row.key);
            let (fault, what) = match length {
                None => (CopyFault::Missing, "is gone".to_owned()),
                Some(length) => (CopyFault::Damaged, format!("has {length} bytes instead of {}", row.size_bytes)),
            };
            let message = format!("{key} at {} {what}; it is copied anew", going.name);
            facts.push(BackupFact::Found {
                run: Some(going.state.run.id.clone()),
                photo: row.photo,
                destination: going.state.run.destination.clone(),
                fault,
                message,
            });
        }
        going.record(facts).await?;
    }
    Ok(())
}

async fn list(going: &Going) -> Result<Standing, Broke> {
    let folders = going.tools.journal.event_folders(&going.state.run.event).await?;
    let (stop, hasher) = (going.halt.soon.clone(), RandomState::new());
    blocking(going, move |store| {
        let mut standing = Standing { hasher: hasher.clone(), objects: Vec::new() };
        for folder in &folders {
            store.list(folder, &mut |entry| {
                standing.objects.push((standing.hasher.hash_one(entry.key.as_str()), entry.size_bytes));
                if stop.is_asked() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            })?;
        }
        standing.objects.sort_unstable();
        Ok(standing)
    })
    .await
}

async fn look(going: &Going, rows: Vec<Listed>) -> Result<Vec<(Listed, Option<u64>)>, Broke> {
    blocking(going, move |store| {
        let mut looked = Vec::with_capacity(rows.len());
        for row in &rows {
            looked.push((row.clone(), store.look(row.stored.as_ref().unwrap_or(&row.key))?));
        }
        Ok(looked)
    })
    .await
}

/// Asks the store, as often as it takes: a place at fault is waited for.
pub(crate) async fn blocking<T: Send + 'static>(
    going: &Going,
    ask: impl Fn(&dyn ObjectStore) -> Result<T, StoreError> + Send + Sync + 'static,
) -> Result<T, Broke> {
    let ask = Arc::new(ask);
    loop {
        if going.halt.soon.is_asked() {
            return Err(Broke::Halted);
        }
        if let Some(store) = (going.tools.config.stores)(&going.state.run.destination) {
            let ask = Arc::clone(&ask);
            match tokio::task::spawn_blocking(move || ask(store.as_ref())).await {
                Ok(Ok(answer)) => return Ok(answer),
                Ok(Err(error)) => {
                    place::pause(going, error.to_string()).await?;
                }
                Err(panic) => std::panic::resume_unwind(panic.into_panic()),
            }
        }
        place::ready(going, 0).await?;
    }
}
