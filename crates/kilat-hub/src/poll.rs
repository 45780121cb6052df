//! The same channels without a connection: one page of states and missed entries at a time.

use std::sync::Arc;

use kilat_journal::JournalError;
use kilat_wire::{Channels, Cursor, Skipped};

use crate::frame::Frame;
use crate::hub::Hub;
use crate::replay::Verdict;

/// Entries of one page; of more, the answer says so and the next page begins behind them.
const MAX_ENTRIES: usize = 1_000;

/// One page.
#[derive(Debug)]
pub struct Page {
    /// The history that `seq` counts in.
    pub epoch: String,
    /// Ask with this one next: everything up to here was told.
    pub seq: u64,
    /// Whether nothing is missing since the cursor that was given.
    pub recovered: bool,
    /// What could not be told.
    pub skipped: Option<Skipped>,
    /// Whether more entries follow at once.
    pub has_more: bool,
    /// The channels' states.
    pub states: Vec<Arc<Frame>>,
    /// The missed entries, in order.
    pub entries: Vec<Arc<Frame>>,
    /// Names what the states show, whatever the time.
    pub tag: String,
}

impl Hub {
    /// The states of these channels, and what was missed since the cursor.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub async fn page(&self, channels: Channels, since: Option<&Cursor>) -> Result<Page, JournalError> {
        let shared = &self.0;
        let current = shared.states.exact().await?;
        let up_to = shared.fan_out.published();
        let (verdict, replay) = match since {
            None => (Verdict::fresh(), None),
            Some(since) => shared.replays.find(&shared.fan_out, channels, since, up_to).await?,
        };
        let mut entries: Vec<Arc<Frame>> = Vec::new();
        if let Some(mut replay) = replay {
            while entries.len() < MAX_ENTRIES {
                let more = replay.next(&shared.replays).await?;
                if more.is_empty() {
                    break;
                }
                entries.extend(more);
            }
        }
        let has_more = (entries.len() as u64) < verdict.replayed;
        let last = entries.last().and_then(|entry| entry.seq());
        let seq = if has_more { last.unwrap_or(up_to) } else { up_to };
        let tag = format!("{}-{}-{}", shared.journal.epoch(), current.generation, channels.index());
        Ok(Page {
            epoch: shared.journal.epoch().to_owned(),
            seq,
            recovered: verdict.recovered,
            skipped: verdict.skipped,
            has_more,
            states: shared.states.frames(&current, channels, shared.viewers.len()),
            entries,
            tag,
        })
    }

    /// The same once there is news: an entry, or states other than those of `tag`. Waits for ever; the caller
    /// bounds it. Cancel-safe.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub async fn news(&self, channels: Channels, since: &Cursor, tag: Option<&str>) -> Result<Page, JournalError> {
        let mut moved = self.0.fan_out.listen();
        let mut known = tag.map(str::to_owned);
        loop {
            moved.borrow_and_update();
            let page = self.page(channels, Some(since)).await?;
            let is_other = known.as_ref().is_some_and(|known| *known != page.tag);
            if !page.entries.is_empty() || page.skipped.is_some() || is_other {
                return Ok(page);
            }
            known.get_or_insert(page.tag);
            // The sender lives as long as the hub.
            if moved.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }
}
