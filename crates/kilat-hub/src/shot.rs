//! How many files the cameras shot for an event: those held and those known to be missing.
//!
//! Drawn up anew when the journal went on, but no more than a twentieth of the time goes into it: an event of 20,000
//! photos takes a while.

use std::sync::Arc;
use std::time::Duration;

use kilat_core::{CameraState, Clock, Event, EventId};
use kilat_journal::{CameraStanding, Journal, JournalError};
use kilat_wire::Counts;
use tokio::sync::Mutex;

use crate::cameras::{blocking, known_missing};

/// For each part of work so many parts of rest.
const REST: u32 = 20;

/// The last count, and when the next may be made.
#[derive(Debug, Default)]
pub(crate) struct Shot(Mutex<Option<Last>>);

#[derive(Debug)]
struct Last {
    event: EventId,
    held: u64,
    head: u64,
    missing: Option<u64>,
    not_before: Duration,
}

impl Shot {
    /// Files shot; none when nobody can tell.
    pub(crate) async fn count(
        &self,
        journal: &Journal,
        event: &Event,
        counts: &Counts,
        clock: &Arc<dyn Clock>,
    ) -> Result<Option<u64>, JournalError> {
        let mut last = self.0.lock().await;
        let (began, head) = (clock.monotonic(), journal.head().0);
        if let Some(known) = last.as_ref().filter(|known| known.event == event.id) {
            let is_resting = began < known.not_before;
            if known.head == head || is_resting {
                // What came since was most likely missing a moment ago: never more than was said, never less than is held.
                let shot = known.missing.map(|missing| (known.held + missing).max(counts.held));
                return Ok(shot);
            }
        }
        let (reader, id) = (journal.clone(), event.id.clone());
        let missing = blocking(move || Ok(known_missing(&reader.camera_evidence_blocking(&id)?))).await?;
        let took = clock.monotonic().saturating_sub(began);
        let not_before = clock.monotonic() + took * REST;
        *last = Some(Last { event: event.id.clone(), held: counts.held, head, missing, not_before });
        Ok(missing.map(|missing| counts.held + missing))
    }
}

/// What the first camera in touch is called; nothing when none is.
pub(crate) fn model_in_touch(known: &[CameraStanding]) -> String {
    let ready = known.iter().find(|known| known.state == CameraState::Ready);
    ready
        .map(|known| known.camera.body.as_ref().map_or(&known.camera.name, |body| &body.model).clone())
        .unwrap_or_default()
}
