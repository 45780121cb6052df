//! What was committed, for those who follow: the newest records in memory, all of them in the log.
//!
//! A [`Tail`] holds a position and nothing else, so it can neither miss a record nor hold up the
//! writer: what has left memory when it comes back is read from the log.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kilat_core::{Offset, Recorded};
use tokio::sync::watch;

use crate::JournalError;
use crate::sqlite::{Readers, log_after};

/// Records of one batch: enough to spread the cost of a wake-up, about 1 MB.
const MAX_BATCH: usize = 1_024;
/// Records read from the log at once: about 2 ms of parsing on the asker's thread.
const MAX_READ: usize = 512;
/// Records kept in memory, about 4 MB: a follower this far behind reads the log instead.
const MAX_KEPT: usize = 4_096;

/// Whether more can come.
#[derive(Debug, Clone)]
enum Life {
    Running,
    Closed,
    Died(String),
}

#[derive(Debug, Clone)]
struct State {
    head: Offset,
    life: Life,
}

impl State {
    /// Why nothing more can come; none while the writer runs.
    fn end(&self) -> Option<JournalError> {
        match &self.life {
            Life::Running => None,
            Life::Closed => Some(JournalError::Closed),
            Life::Died(cause) => Some(JournalError::Died(cause.clone())),
        }
    }
}

/// The newest records and the news that there are more.
#[derive(Debug)]
pub(crate) struct Feed {
    recent: Mutex<VecDeque<Arc<[Recorded]>>>,
    state: watch::Sender<State>,
}

impl Feed {
    pub(crate) fn new(head: Offset) -> Self {
        Self { recent: Mutex::default(), state: watch::Sender::new(State { head, life: Life::Running }) }
    }

    pub(crate) fn head(&self) -> Offset {
        self.state.borrow().head
    }

    /// Announces records that were committed. Never waits.
    pub(crate) fn publish(&self, mut records: Vec<Recorded>) {
        let Some(last) = records.last() else { return };
        let head = last.offset;
        {
            let mut recent = self.recent();
            while records.len() > MAX_BATCH {
                let rest = records.split_off(MAX_BATCH);
                recent.push_back(std::mem::replace(&mut records, rest).into());
            }
            recent.push_back(records.into());
            let mut kept: usize = recent.iter().map(|batch| batch.len()).sum();
            while kept > MAX_KEPT
                && let Some(oldest) = recent.pop_front()
            {
                kept -= oldest.len();
            }
        }
        self.state.send_modify(|state| state.head = head);
    }

    /// The writer ended as it was asked to.
    pub(crate) fn close(&self) {
        self.state.send_modify(|state| state.life = Life::Closed);
    }

    /// The writer ended otherwise; does nothing after [`Feed::close`].
    pub(crate) fn die(&self, cause: &str) {
        self.state.send_if_modified(|state| match state.life {
            Life::Running => {
                state.life = Life::Died(cause.to_owned());
                true
            }
            Life::Closed | Life::Died(_) => false,
        });
    }

    /// Waits until nothing more can be written, and says why.
    pub(crate) async fn ended(&self) -> JournalError {
        let mut state = self.state.subscribe();
        // The sender lives as long as `self`, so the wait ends by a true condition only.
        let ended = state.wait_for(|state| state.end().is_some()).await;
        ended.ok().and_then(|state| state.end()).unwrap_or(JournalError::Closed)
    }

    /// Waits until the writer died; for ever after an orderly end.
    pub(crate) async fn died(&self) -> JournalError {
        let ended = self.ended().await;
        if matches!(ended, JournalError::Closed) { std::future::pending().await } else { ended }
    }

    /// The batch that holds the record after `position`, from there on; none when it left memory.
    fn after(&self, position: Offset) -> Option<Arc<[Recorded]>> {
        let recent = self.recent();
        let next = Offset(position.0 + 1);
        let at = recent.partition_point(|batch| batch.last().is_some_and(|last| last.offset < next));
        let batch = recent.get(at)?;
        let skipped = batch.iter().take_while(|record| record.offset < next).count();
        match batch.get(skipped) {
            Some(first) if first.offset != next => None,
            Some(_) if skipped == 0 => Some(Arc::clone(batch)),
            Some(_) => Some(batch[skipped..].into()),
            None => None,
        }
    }

    fn recent(&self) -> MutexGuard<'_, VecDeque<Arc<[Recorded]>>> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Every record after an offset, in order and without holes: those in the log, then those to come.
#[derive(Debug)]
pub struct Tail {
    feed: Arc<Feed>,
    readers: Arc<Readers>,
    state: watch::Receiver<State>,
    position: Offset,
}

impl Tail {
    pub(crate) fn new(feed: Arc<Feed>, readers: Arc<Readers>, position: Offset) -> Self {
        let state = feed.state.subscribe();
        Self { feed, readers, state, position }
    }

    /// The offset of the last record handed out.
    #[must_use]
    pub fn position(&self) -> Offset {
        self.position
    }

    /// The next records, one at least and 1,024 at most; waits for them. Cancel-safe.
    ///
    /// # Errors
    /// [`JournalError::Closed`] or [`JournalError::Died`] once the writer ended and everything was
    /// handed out; a read error of the log, after which the same records can be asked for again.
    pub async fn next(&mut self) -> Result<Arc<[Recorded]>, JournalError> {
        loop {
            // Marked as seen before looking: what is committed after this line wakes the wait below.
            let (head, end) = {
                let state = self.state.borrow_and_update();
                (state.head, state.end())
            };
            if self.position < head {
                return self.read();
            }
            if let Some(end) = end {
                return Err(end);
            }
            if self.state.changed().await.is_err() {
                return Err(JournalError::Closed);
            }
        }
    }

    fn read(&mut self) -> Result<Arc<[Recorded]>, JournalError> {
        let batch = match self.feed.after(self.position) {
            Some(batch) => batch,
            None => self.readers.ask(|db| log_after(db, self.position, MAX_READ))?.into(),
        };
        if let Some(last) = batch.last() {
            self.position = last.offset;
        }
        Ok(batch)
    }
}
