//! One copying loop per upload destination, started and ended as destinations come and go.

use std::collections::BTreeMap;
use std::sync::Arc;

use kilat_core::{Board, Clock, DestinationId, DestinationKind, Stop};
use kilat_deliver::{DeliverError, Place, UploadConfig};
use kilat_journal::Journal;
use kilat_places::{Open, Places};
use tokio::task::JoinSet;

/// What every loop is made of.
pub(super) struct Uploads {
    pub(super) places: Places,
    pub(super) config: UploadConfig,
    pub(super) journal: Journal,
    pub(super) board: Board,
    pub(super) clock: Arc<dyn Clock>,
}

/// A loop that runs.
struct Running {
    generation: u64,
    stop: Stop,
}

type Ended = (DestinationId, Result<(), DeliverError>);

impl Uploads {
    /// Serves all of them until asked to stop.
    ///
    /// # Errors
    /// The first loop that died.
    pub(super) async fn run(self, stop: Stop) -> Result<(), DeliverError> {
        let mut changes = self.places.changes();
        let mut running: BTreeMap<DestinationId, Running> = BTreeMap::new();
        let mut loops: JoinSet<Ended> = JoinSet::new();
        loop {
            if !stop.is_asked() {
                self.match_up(&mut running, &mut loops, &stop);
            }
            tokio::select! {
                () = stop.asked() => break,
                changed = changes.changed() => if changed.is_err() { break },
                Some(ended) = loops.join_next() => forget(&mut running, ended)?,
            }
        }
        stop.asked().await;
        while let Some(ended) = loops.join_next().await {
            forget(&mut running, ended)?;
        }
        Ok(())
    }

    /// Stops loops whose destination is gone or is another now, and starts those that are missing. A loop
    /// that was told to stop is waited for before its successor begins: one place, one loop.
    fn match_up(&self, running: &mut BTreeMap<DestinationId, Running>, loops: &mut JoinSet<Ended>, stop: &Stop) {
        let wanted = self.places.all(DestinationKind::Upload);
        for (id, one) in running.iter() {
            let is_wanted = wanted.iter().any(|open| open.destination.id == *id && open.generation == one.generation);
            if !is_wanted {
                one.stop.ask();
            }
        }
        for Open { destination, store, generation } in wanted {
            if running.contains_key(&destination.id) {
                continue;
            }
            let stop = stop.child();
            running.insert(destination.id.clone(), Running { generation, stop: stop.clone() });
            let place = Place { id: destination.id.clone(), store };
            let (config, journal) = (self.config.clone(), self.journal.clone());
            let serving = kilat_deliver::run(place, config, journal, self.board.clone(), Arc::clone(&self.clock), stop);
            loops.spawn(async move { (destination.id, serving.await) });
        }
    }
}

fn forget(
    running: &mut BTreeMap<DestinationId, Running>,
    ended: Result<Ended, tokio::task::JoinError>,
) -> Result<(), DeliverError> {
    match ended {
        Ok((id, result)) => {
            running.remove(&id);
            result
        }
        Err(panic) => std::panic::resume_unwind(panic.into_panic()),
    }
}
