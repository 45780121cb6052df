//! Subscribing without a hole, and bringing a viewer up to date: register, note where the log stands,
//! hold back what comes meanwhile, tell what was missed page by page, let go what was held back.
//!
//! What was missed comes from the recent entries where it is still there, else from the journal. It is
//! never collected as a whole: a page is read when the one before it is with the kernel.

use std::collections::VecDeque;
use std::sync::Arc;

use kilat_core::{Clock, Offset, PhotoKind};
use kilat_journal::{Journal, JournalError, Tail};
use kilat_wire::{Channel, Channels, Cursor, ServerMessage, Skipped, SkippedWhy, Subscribed};
use tokio::sync::Semaphore;

use crate::fan_out::{FanOut, places};
use crate::frame::{Frame, answer};
use crate::project::Projector;
use crate::viewer::Viewer;

/// Entries told in one replay; of more, the newest. An hour of a very busy event.
pub const MAX_REPLAY: usize = 50_000;
/// Entries put into the queue at once.
const PAGE: usize = 256;
/// Replays that read the journal at the same moment: a reader for each, and one core left for the rest.
const MAX_READING: usize = 2;

/// What a subscription does first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// It registers, then reads: nothing falls between.
    RegisterFirst,
    /// The planted bug that the simulation must find: what is told between reading and registering is lost.
    ReadFirst,
}

impl Order {
    /// With the planted bug: where the log stood some time before the viewer is registered.
    pub(crate) async fn reads_early(self, fan_out: &FanOut) -> Option<u64> {
        match self {
            Self::RegisterFirst => None,
            Self::ReadFirst => {
                let up_to = fan_out.published();
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                Some(up_to)
            }
        }
    }
}

/// What a replay needs.
pub(crate) struct Replays {
    pub(crate) journal: Journal,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) due_kinds: Vec<PhotoKind>,
    reading: Semaphore,
}

/// What of the log a subscription was promised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) recovered: bool,
    pub(crate) replayed: u64,
    pub(crate) skipped: Option<Skipped>,
}

/// Entries that a viewer missed, being told.
pub struct Replay {
    channels: Channels,
    /// Everything up to here was told or skipped.
    at: u64,
    /// The replay ends with this entry.
    up_to: u64,
    source: Source,
}

enum Source {
    Recent(VecDeque<Arc<Frame>>),
    Journal(Box<Reading>),
}

/// The journal, read on from a place.
struct Reading {
    tail: Tail,
    projector: Projector,
    last: [u64; Channel::ALL.len()],
    /// Entries of a batch that did not fit into the page.
    ready: VecDeque<Arc<Frame>>,
}

impl Replays {
    pub(crate) fn new(journal: Journal, clock: Arc<dyn Clock>, due_kinds: Vec<PhotoKind>) -> Self {
        Self { journal, clock, due_kinds, reading: Semaphore::new(MAX_READING) }
    }

    /// Judges a cursor and finds what was missed since, up to `up_to`.
    pub(crate) async fn find(
        &self,
        fan_out: &FanOut,
        channels: Channels,
        since: &Cursor,
        up_to: u64,
    ) -> Result<(Verdict, Option<Replay>), JournalError> {
        if since.epoch != self.journal.epoch() {
            let message = "the cursor is of another history (the journal was lost or restored): the state follows, \
                 and GET /api/photos and /api/notifications have the rest";
            return Ok((refused(SkippedWhy::OtherEpoch, message, None, up_to), None));
        }
        if since.seq > up_to {
            let message = "the cursor is ahead of everything that was told here: the state follows";
            return Ok((refused(SkippedWhy::Ahead, message, None, up_to), None));
        }
        let recent = fan_out
            .recent
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .between(since.seq, up_to, channels);
        if let Some(missed) = recent {
            let verdict = Verdict { recovered: true, replayed: missed.len() as u64, skipped: None };
            let source = Source::Recent(missed.into());
            return Ok((verdict, Some(Replay { channels, at: since.seq, up_to, source })));
        }
        self.count(channels, since.seq, up_to).await
    }

    /// Counts what the journal has, so that the answer can say it before the first entry.
    async fn count(
        &self,
        channels: Channels,
        since: u64,
        up_to: u64,
    ) -> Result<(Verdict, Option<Replay>), JournalError> {
        let mut missed: VecDeque<u64> = VecDeque::new();
        let mut skipped = None;
        let mut reading = self.reading(since).await?;
        while reading.tail.position().0 < up_to {
            for entry in self.batch(&mut reading, channels, up_to).await? {
                missed.push_back(entry);
                if missed.len() > MAX_REPLAY {
                    skipped = missed.pop_front();
                }
            }
        }
        let told_from = skipped.unwrap_or(since);
        let verdict = Verdict {
            recovered: skipped.is_none(),
            replayed: missed.len() as u64,
            skipped: skipped.map(|up_to| Skipped {
                why: SkippedWhy::TooFar,
                message: format!(
                    "more than {MAX_REPLAY} entries were missed; the newest follow, GET /api/photos has all photos"
                ),
                after: Some(since),
                up_to,
            }),
        };
        let source = Source::Journal(Box::new(self.reading(told_from).await?));
        Ok((verdict, Some(Replay { channels, at: told_from, up_to, source })))
    }

    async fn reading(&self, from: u64) -> Result<Reading, JournalError> {
        let sources = self.journal.sources().await?;
        let projector = Projector::new(self.journal.clone(), self.due_kinds.clone(), sources);
        let tail = self.journal.tail(Offset(from));
        Ok(Reading { tail, projector, last: places(from), ready: VecDeque::new() })
    }

    /// The places of a batch's entries, without writing them out.
    async fn batch(&self, reading: &mut Reading, channels: Channels, up_to: u64) -> Result<Vec<u64>, JournalError> {
        // The semaphore is never closed.
        let _turn = self.reading.acquire().await;
        let mut seqs = Vec::new();
        for recorded in reading.tail.next().await?.iter().filter(|recorded| recorded.offset.0 <= up_to) {
            if let Some(entry) = reading.projector.of(recorded).await?
                && entry.channels().meets(channels)
            {
                seqs.push(entry.seq);
            }
        }
        tokio::task::yield_now().await;
        Ok(seqs)
    }

    async fn page(&self, reading: &mut Reading, channels: Channels, up_to: u64) -> Result<(), JournalError> {
        let _turn = self.reading.acquire().await;
        while reading.ready.is_empty() && reading.tail.position().0 < up_to {
            for recorded in reading.tail.next().await?.iter().filter(|recorded| recorded.offset.0 <= up_to) {
                let Some(entry) = reading.projector.of(recorded).await? else { continue };
                let is_wanted = entry.channels().meets(channels);
                // Written out in any case: the places of all channels move on.
                let frame = entry.frame(self.journal.epoch(), &mut reading.last);
                if is_wanted {
                    reading.ready.push_back(Arc::new(frame));
                }
            }
        }
        Ok(())
    }

    /// The answer to a subscription.
    pub(crate) fn answer(&self, channels: Channels, seq: u64, verdict: Verdict) -> Arc<Frame> {
        let Verdict { recovered, replayed, skipped } = verdict;
        let all: Vec<Channel> = channels.iter().collect();
        let epoch = self.journal.epoch().to_owned();
        let channel = all.first().copied().unwrap_or(Channel::System);
        let subscribed = Subscribed { channel, channels: all, epoch, seq, recovered, replayed, skipped };
        Arc::new(answer(ServerMessage::Subscribed(subscribed), self.clock.now()))
    }
}

impl Verdict {
    /// Nothing was asked for, so nothing is missing.
    pub(crate) fn fresh() -> Self {
        Self { recovered: true, replayed: 0, skipped: None }
    }
}

impl Replay {
    /// Nothing to tell up to `up_to`, but what came since did not fit behind the gate.
    pub(crate) fn empty(channels: Channels, up_to: u64) -> Self {
        Self { channels, at: up_to, up_to, source: Source::Recent(VecDeque::new()) }
    }

    /// Puts the next page into the viewer's queue, once what was there is with the kernel. True when it was
    /// the last and the viewer is live.
    pub(crate) async fn step(
        &mut self,
        replays: &Replays,
        fan_out: &FanOut,
        viewer: &Viewer,
    ) -> Result<bool, JournalError> {
        let page = self.next(replays).await?;
        let up_to = {
            let mut outbox = viewer.seat.outbox();
            if !page.is_empty() {
                fan_out.tally.replayed.fetch_add(page.len() as u64, std::sync::atomic::Ordering::Relaxed);
                page.into_iter().for_each(|frame| outbox.enqueue(frame));
                return Ok(false);
            }
            // Looked at under the lock: a pass that begins later finds the gate, or its end.
            let up_to = fan_out.published();
            if outbox.open_gate(self.channels, up_to) {
                return Ok(true);
            }
            up_to
        };
        // What was held back was too much: the log is read on to where it stands now.
        (self.at, self.up_to) = (self.up_to, up_to);
        let mut reading = replays.reading(self.at).await?;
        if let Source::Journal(before) = &self.source {
            // No answer tells the viewer that the log is read on from here: what came before an entry in its
            // channels is what the viewer has, not this place.
            reading.last = before.last;
        }
        self.source = Source::Journal(Box::new(reading));
        Ok(false)
    }

    /// The next entries; none at the end.
    pub(crate) async fn next(&mut self, replays: &Replays) -> Result<Vec<Arc<Frame>>, JournalError> {
        let ready = match &mut self.source {
            Source::Recent(missed) => missed,
            Source::Journal(reading) => {
                replays.page(reading, self.channels, self.up_to).await?;
                &mut reading.ready
            }
        };
        let size = PAGE.min(ready.len());
        let page: Vec<Arc<Frame>> = ready.drain(..size).collect();
        self.at = page.last().and_then(|frame| frame.seq()).unwrap_or(self.at);
        Ok(page)
    }
}

fn refused(why: SkippedWhy, message: &str, after: Option<u64>, up_to: u64) -> Verdict {
    let skipped = Skipped { why, message: message.to_owned(), after, up_to };
    Verdict { recovered: false, replayed: 0, skipped: Some(skipped) }
}
