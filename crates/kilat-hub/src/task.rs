//! The hub's task: follows the journal and the board, and hands what they say to the fan-out.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::time::Duration;

use kilat_core::{BoardReader, Fact, Offset, PhotoKind, Recorded, Stop};
use kilat_journal::{JournalError, Tail};
use kilat_wire::{BackupRun, CameraStatus, Channel, RestoreRun, SystemStatus};
use rand::rngs::SmallRng;
use tokio::time::Instant;

use crate::backups::still;
use crate::fan_out::places;
use crate::hub::Hub;
use crate::project::{Projector, in_flight};
use crate::recent::MAX_RECENT;
use crate::states::{BACKUP, INGEST, SYSTEM};

/// States are published this often while things keep changing.
const STATE_INTERVAL: Duration = Duration::from_millis(100);
/// What may be published sooner after a rest: a file is announced, and the photo that it became follows within
/// milliseconds. A state that shows it must not wait for the next turn.
const STATE_BURST: Duration = Duration::from_millis(200);
/// Never sooner than this after the last: what is recorded together is told together.
const STATE_GAP: Duration = Duration::from_millis(20);
/// States are published at least this often while someone looks, so that their age stays honest.
const STATE_AT_LEAST: Duration = Duration::from_secs(10);

/// Drives a [`Hub`].
pub struct HubTask {
    hub: Hub,
    board: BoardReader,
    due_kinds: Vec<PhotoKind>,
}

/// The journal as entries.
struct Follow {
    tail: Tail,
    projector: Projector,
    last: [u64; Channel::ALL.len()],
}

/// What has changed since the states were last published.
struct Pending {
    is_dirty: bool,
    board_moved: bool,
    published: Instant,
    cameras: Told<Vec<CameraStatus>>,
    system: Told<SystemStatus>,
    backups: Told<Vec<BackupRun>>,
    restore: Told<Option<RestoreRun>>,
    /// Ends of runs that were told, or were over before anybody could look.
    ended: BTreeSet<(String, String)>,
}

/// When states may be published next.
struct Pace {
    next: Instant,
    /// Until when those that were published would have lasted, one every [`STATE_INTERVAL`].
    paid: Instant,
}

impl Pace {
    /// Notes that they are published now.
    fn publish(&mut self, now: Instant) {
        self.paid = self.paid.max(now) + STATE_INTERVAL;
        self.next = (now + STATE_GAP).max(self.paid - STATE_BURST);
    }
}

/// What was last told of a state that rarely changes: it is told on change, and again after [`STATE_AT_LEAST`].
struct Told<T>(Option<(T, Instant)>);

impl<T: PartialEq> Told<T> {
    /// Whether to tell it now; notes it if so.
    fn is_due(&mut self, state: T, now: Instant) -> bool {
        let is_known =
            self.0.as_ref().is_some_and(|(told, at)| *told == state && now.duration_since(*at) < STATE_AT_LEAST);
        if !is_known {
            self.0 = Some((state, now));
        }
        !is_known
    }
}

impl HubTask {
    pub(crate) fn new(hub: Hub, board: BoardReader, due_kinds: Vec<PhotoKind>) -> Self {
        Self { hub, board, due_kinds }
    }

    /// Publishes until it is asked to stop, then tells every viewer goodbye.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub async fn run(self, stop: Stop, mut rng: SmallRng) -> Result<(), JournalError> {
        let hub = self.hub.clone();
        // Asked when everything was handed over; then the fan-out ends as soon as nothing waits.
        let done = Stop::new();
        let fan_out = async {
            let shared = &hub.0;
            shared.fan_out.run(&shared.viewers, shared.clock.as_ref(), &done).await;
            Ok::<_, Infallible>(())
        };
        let follow = async {
            let followed = self.follow(stop).await;
            done.ask();
            followed
        };
        let followed = tokio::join!(fan_out, follow).1;
        hub.drain(&mut rng);
        followed
    }

    async fn follow(self, stop: Stop) -> Result<(), JournalError> {
        let Self { hub, mut board, due_kinds } = self;
        let mut follow = Follow::warm(&hub, due_kinds).await?;
        let mut pace = Pace { next: Instant::now(), paid: Instant::now() };
        let mut state = Pending {
            is_dirty: true,
            board_moved: false,
            published: Instant::now(),
            cameras: Told(None),
            system: Told(None),
            backups: Told(None),
            restore: Told(None),
            ended: ends(&hub.0.states.exact().await?.backups),
        };
        loop {
            tokio::select! {
                biased;
                () = stop.asked() => return hub.last_words(&mut follow).await,
                batch = follow.tail.next() => {
                    hub.tell(&batch?, &mut follow).await?;
                    state.is_dirty = true;
                }
                alive = board.changed(), if !state.board_moved => {
                    if !alive { return Ok(()) }
                    state.board_moved = true;
                }
                () = hub.0.states.wanted() => state.is_dirty = true,
                // Only ticks while there is something to tell: an idle server sleeps.
                () = tokio::time::sleep_until(pace.next), if state.is_dirty || state.board_moved => {
                    pace.publish(Instant::now());
                    hub.refresh(&board, &mut state).await?;
                }
                () = tokio::time::sleep_until(state.published + STATE_AT_LEAST) => state.is_dirty = true,
            }
        }
    }
}

impl Follow {
    /// Reads the newest facts again, so that viewers who come back after a restart are told what they missed
    /// without a look into the journal each.
    async fn warm(hub: &Hub, due_kinds: Vec<PhotoKind>) -> Result<Self, JournalError> {
        let journal = hub.0.journal.clone();
        // Nothing is published yet: what is told live begins right after.
        let head = hub.0.fan_out.published();
        let start = head.saturating_sub(MAX_RECENT as u64);
        let sources = journal.sources().await?;
        let mut follow = Self {
            tail: journal.tail(Offset(start)),
            projector: Projector::new(journal.clone(), due_kinds, sources),
            last: places(start),
        };
        let mut frames = Vec::new();
        while follow.tail.position().0 < head {
            for recorded in follow.tail.next().await?.iter() {
                if let Some(entry) = follow.projector.of(recorded).await? {
                    frames.push(std::sync::Arc::new(entry.frame(journal.epoch(), &mut follow.last)));
                }
            }
        }
        // Facts recorded since the hub was made were read with the last batch: they are told, not missed.
        let live = frames.partition_point(|frame| frame.seq().unwrap_or(0) <= head);
        let told = frames.split_off(live);
        hub.0.fan_out.warm(start, &frames);
        for frame in told {
            hub.0.fan_out.publish_shared(frame).await;
        }
        Ok(follow)
    }
}

impl Hub {
    async fn tell(&self, batch: &[Recorded], follow: &mut Follow) -> Result<(), JournalError> {
        for recorded in batch {
            if let Some(entry) = follow.projector.of(recorded).await? {
                self.0.fan_out.publish(entry.frame(self.0.journal.epoch(), &mut follow.last)).await;
            }
            if let Fact::CopyStored { photo, destination, .. } = &recorded.fact {
                let size = follow.projector.size_of(photo).await?;
                self.0.states.note_stored(destination.clone(), size);
            }
        }
        Ok(())
    }

    /// Publishes copies in flight and, where someone looks, the states.
    async fn refresh(&self, board: &BoardReader, pending: &mut Pending) -> Result<(), JournalError> {
        let shared = &self.0;
        if pending.board_moved {
            let stamp = (shared.journal.epoch(), shared.journal.head().0, shared.clock.now());
            for ((photo, destination), transfer) in &board.transfers() {
                shared.fan_out.publish(in_flight((photo, destination), transfer, stamp)).await;
            }
        }
        let now = Instant::now();
        (pending.is_dirty, pending.board_moved, pending.published) = (false, false, now);
        let (ingest, system) = (shared.viewers.any(INGEST), shared.viewers.any(SYSTEM));
        let backup = shared.viewers.any(BACKUP);
        // Whoever comes later is told by its subscription, of what may be another state by then.
        if !ingest {
            pending.cameras = Told(None);
        }
        if !system {
            pending.system = Told(None);
        }
        if !backup {
            pending.backups = Told(None);
            pending.restore = Told(None);
        }
        if ingest || system || backup {
            let current = shared.states.exact().await?;
            let mut frames = Vec::new();
            if ingest {
                frames.extend(current.ingest().cloned());
            }
            if ingest && pending.cameras.is_due(current.sources(), now) {
                frames.extend(current.cameras().cloned());
            }
            if system && pending.system.is_due(shared.states.health(&current), now) {
                frames.push(shared.states.system(&current, shared.viewers.len()));
            }
            if backup {
                if pending.backups.is_due(still(&current.backups), now) {
                    frames.extend(current.backups().cloned());
                }
                if pending.restore.is_due(current.restored(), now) {
                    frames.extend(current.restore.iter().map(|(_, frame)| frame.clone()));
                }
                // The last word about a run is told once, after its end.
                let is_news = |run: &BackupRun| end(run).is_none_or(|end| !pending.ended.contains(&end));
                frames.extend(shared.states.progress(&current, is_news));
                pending.ended = ends(&current.backups);
            }
            for frame in frames {
                shared.fan_out.publish_shared(frame).await;
            }
        }
        shared.fan_out.moved();
        Ok(())
    }

    /// Tells what the engines recorded on their way out; they ended before the hub was asked to.
    async fn last_words(&self, follow: &mut Follow) -> Result<(), JournalError> {
        let head = self.0.journal.head();
        while follow.tail.position() < head {
            let batch = follow.tail.next().await?;
            self.tell(&batch, follow).await?;
        }
        Ok(())
    }
}

/// The runs that are over, and when that was: a run that is retried ends again.
fn ends(runs: &[BackupRun]) -> BTreeSet<(String, String)> {
    runs.iter().filter_map(end).collect()
}

fn end(run: &BackupRun) -> Option<(String, String)> {
    Some((run.backup_id.clone(), run.end_time.clone()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_follow_at_once_after_a_rest_and_ten_times_a_second_while_things_keep_changing() {
        let start = Instant::now();
        let mut pace = Pace { next: start, paid: start };
        let mut published = Vec::new();
        while pace.next < start + Duration::from_secs(2) {
            let now = pace.next;
            published.push(now - start);
            pace.publish(now);
        }
        assert_eq!(published[..5], [0, 20, 40, 100, 200].map(Duration::from_millis));
        assert_eq!(published.len(), 22);
        let later = start + Duration::from_secs(9);
        pace.publish(later);
        assert_eq!(pace.next, later + STATE_GAP);
    }

    #[test]
    fn a_state_is_told_on_change_and_again_before_it_is_old() {
        let (mut told, start) = (Told(None), Instant::now());
        assert!(told.is_due("ok", start));
        assert!(!told.is_due("ok", start + STATE_AT_LEAST / 2));
        assert!(told.is_due("degraded", start + STATE_AT_LEAST / 2));
        assert!(!told.is_due("degraded", start + STATE_AT_LEAST));
        assert!(told.is_due("degraded", start + STATE_AT_LEAST / 2 + STATE_AT_LEAST));
    }
}
