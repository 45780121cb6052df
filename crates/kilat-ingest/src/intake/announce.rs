//! Appends finished files to the journal, newest first, many in one transaction.
//!
//! Waits while no event is active and while the journal cannot write; the queue before it is
//! bounded and its folders list themselves again, so waiting loses nothing.

use std::sync::Arc;
use std::time::Duration;

use kilat_core::{Arrival, ArrivalFailure, ArrivalId, Clock, Event, Fact, IdSource, Stop};
use kilat_journal::{Journal, JournalError};

use super::{Reading, file_name};
use crate::backlog::Backlog;
use crate::hot_folder::Found;
use crate::stats::{IngestStats, count};

/// Arrivals in one transaction: enough to share its fsync, few enough to be seen at once.
const TOGETHER: usize = 64;
/// How often a journal that cannot write, or an absent event, is asked again.
const ASK_AGAIN: Duration = Duration::from_millis(500);

/// What announcing needs.
#[derive(Clone)]
pub(crate) struct Announce {
    pub(crate) journal: Journal,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<IdSource>,
    pub(crate) stats: Arc<IngestStats>,
    pub(crate) max_size_bytes: u64,
    pub(crate) found: Arc<Backlog<Found>>,
    pub(crate) to_read: Arc<Backlog<Reading>>,
}

/// Runs until asked to stop.
///
/// # Errors
/// When the journal refuses what was announced, which no retry mends.
pub(crate) async fn announce(announce: Announce, stop: Stop) -> Result<(), JournalError> {
    loop {
        let room = announce.to_read.room().min(TOGETHER);
        if room == 0 {
            if or_stop(&stop, tokio::time::sleep(ASK_AGAIN)).await.is_none() {
                return Ok(());
            }
            continue;
        }
        let Some(found) = or_stop(&stop, announce.found.take(room)).await else { return Ok(()) };
        // Asked after the files came: the event may have changed while nothing did.
        let Some(event) = or_stop(&stop, announce.event()).await else { return Ok(()) };
        let batch = announce.batch(found, &event);
        loop {
            match announce.journal.append(batch.facts.clone()).await {
                Ok(_) => break,
                Err(error @ JournalError::Refused(_)) => return Err(error),
                Err(error) => {
                    tracing::warn!(%error, "arrivals wait for the journal");
                    if or_stop(&stop, tokio::time::sleep(ASK_AGAIN)).await.is_none() {
                        return Ok(());
                    }
                }
            }
        }
        announce.forget_needless(batch.cuts).await;
        for reading in batch.readings {
            count(&announce.stats.announced);
            // Nobody else adds to this queue while there was room.
            if announce.to_read.push(reading).is_err() {
                tracing::error!("the reading queue overflowed; the file is read after the next start");
            }
        }
    }
}

async fn or_stop<T>(stop: &Stop, work: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        biased;
        () = stop.asked() => None,
        done = work => Some(done),
    }
}

struct Batch {
    facts: Vec<Fact>,
    readings: Vec<Reading>,
    /// Those of the arrivals that were received cut off.
    cuts: Vec<(ArrivalId, Found)>,
}

impl Announce {
    /// Waits for an active event.
    async fn event(&self) -> Event {
        loop {
            match self.journal.active_event().await {
                Ok(Some(event)) => return event,
                Ok(None) => {}
                Err(error) => tracing::warn!(%error, "arrivals wait for the journal"),
            }
            tokio::time::sleep(ASK_AGAIN).await;
        }
    }

    fn batch(&self, found: Vec<Found>, event: &Event) -> Batch {
        let (facts, readings) = (Vec::with_capacity(found.len()), Vec::with_capacity(found.len()));
        let mut batch = Batch { facts, readings, cuts: Vec::new() };
        for found in found {
            if found.is_needless() {
                continue;
            }
            let arrival = Arrival {
                id: self.ids.arrival(),
                source: found.source.clone(),
                path: found.path.clone(),
                stamp: found.stamp,
                event: event.id.clone(),
                at: self.clock.now(),
                via: found.via.clone(),
            };
            batch.facts.push(Fact::ArrivalSeen { arrival: arrival.clone() });
            if let Some((failure, message)) = self.fault(&found) {
                count(&self.stats.failed);
                batch.facts.push(Fact::ArrivalFailed { arrival: arrival.id.clone(), failure, message });
                batch.cuts.push((arrival.id, found));
            } else {
                batch.readings.push(Reading { arrival, root: found.root, kind: found.kind });
            }
        }
        batch
    }

    /// The whole of a file may have come while it was told that it is cut off: whoever forgets it asks once more after
    /// it is gone, and this looks after it told.
    async fn forget_needless(&self, cuts: Vec<(ArrivalId, Found)>) {
        let needless = cuts.into_iter().filter(|(_, found)| found.is_needless());
        let facts: Vec<Fact> = needless.map(|(arrival, _)| Fact::ArrivalForgotten { arrival }).collect();
        if !facts.is_empty()
            && let Err(error) = self.journal.append(facts).await
        {
            tracing::warn!(%error, "that a cut-off file came whole could not be recorded");
        }
    }

    /// Why a file is not even read.
    fn fault(&self, found: &Found) -> Option<(ArrivalFailure, String)> {
        let name = file_name(&found.path);
        if let Some(lacks) = found.lacks {
            let message =
                format!("{name} is cut off: it lacks {lacks}; send it again, Kilat takes the whole file by itself");
            return Some((ArrivalFailure::Incomplete, message));
        }
        let (size, most) = (found.stamp.size_bytes / 1_000_000, self.max_size_bytes / 1_000_000);
        (found.stamp.size_bytes > self.max_size_bytes).then(|| {
            let message =
                format!("{name} has {size} MB and the limit is {most} MB; raise max_file_mb and start Kilat again");
            (ArrivalFailure::TooLarge, message)
        })
    }
}
