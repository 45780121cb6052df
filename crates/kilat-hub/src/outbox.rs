//! What waits to be sent to one viewer: one slot per state key, and a bounded queue of events.
//!
//! Memory per viewer is bounded by [`MAX_EVENTS`] and the number of state keys; frames are shared
//! between viewers. A viewer that falls behind on state skips to the latest value. A viewer that
//! falls behind on events loses the queue as a whole and is told so: it never gets a hole in silence.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::frame::{Frame, StateKey};

/// Events that may wait for one viewer: ten minutes of one photo a second, two messages each.
pub const MAX_EVENTS: usize = 1_200;
/// State keys that may wait for one viewer: the fixed ones and 200 copies in flight.
pub const MAX_SLOTS: usize = 210;

#[derive(Debug, Default)]
struct Waiting {
    events: VecDeque<Frame>,
    slots: Vec<(StateKey, u64, Frame)>,
    skipped: u64,
    is_closed: bool,
}

/// One viewer's outbox.
#[derive(Debug, Default)]
pub struct Outbox {
    waiting: Mutex<Waiting>,
    filled: Notify,
}

/// What a writer takes from an outbox.
#[derive(Debug)]
pub enum Taken {
    /// Frames to send, in this order.
    Frames(Vec<Frame>),
    /// The queue overflowed and this many events were dropped: send the state anew and say so.
    Lagged(u64),
    /// The hub is gone or wants the viewer gone.
    Closed,
}

impl Outbox {
    /// Adds a frame. Never waits.
    pub fn put(&self, frame: Frame) {
        let mut waiting = self.lock();
        match &frame.key {
            Some(key) => put_state(&mut waiting.slots, key.clone(), frame.version, frame),
            None => {
                // An outcome ends the progress that it is the outcome of.
                if let Some(ended) = &frame.ends {
                    waiting.slots.retain(|(key, _, _)| key != ended);
                }
                if waiting.events.len() >= MAX_EVENTS || waiting.skipped > 0 {
                    waiting.skipped += 1 + u64::try_from(waiting.events.len()).unwrap_or(u64::MAX);
                    waiting.events.clear();
                } else {
                    waiting.events.push_back(frame);
                }
            }
        }
        drop(waiting);
        self.filled.notify_one();
    }

    /// Ends the viewer after what it was already given.
    pub fn close(&self) {
        self.lock().is_closed = true;
        self.filled.notify_one();
    }

    /// Waits for something to send. Cancel-safe: nothing is taken before it is returned.
    pub async fn take(&self) -> Taken {
        loop {
            let filled = self.filled.notified();
            if let Some(taken) = self.take_now() {
                return taken;
            }
            filled.await;
        }
    }

    /// Events and slots that wait.
    #[must_use]
    pub fn depth(&self) -> usize {
        let waiting = self.lock();
        waiting.events.len() + waiting.slots.len()
    }

    fn take_now(&self) -> Option<Taken> {
        let mut waiting = self.lock();
        if waiting.skipped > 0 {
            waiting.slots.clear();
            return Some(Taken::Lagged(std::mem::take(&mut waiting.skipped)));
        }
        if waiting.events.is_empty() && waiting.slots.is_empty() {
            return waiting.is_closed.then_some(Taken::Closed);
        }
        let events = waiting.events.drain(..).collect::<Vec<_>>();
        let slots = waiting.slots.drain(..).map(|(_, _, frame)| frame);
        Some(Taken::Frames(events.into_iter().chain(slots).collect()))
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Keeps the newest version of each key; a state that was read earlier never replaces a later one.
fn put_state(slots: &mut Vec<(StateKey, u64, Frame)>, key: StateKey, version: u64, frame: Frame) {
    if let Some(slot) = slots.iter_mut().find(|(existing, _, _)| *existing == key) {
        if slot.1 <= version {
            *slot = (key, version, frame);
        }
    } else if slots.len() < MAX_SLOTS {
        // Beyond the bound: more copies in flight than any viewer shows; their outcomes still come as events.
        slots.push((key, version, frame));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(text: &str) -> Frame {
        Frame::event(text.to_owned())
    }

    fn texts(taken: Taken) -> Vec<String> {
        match taken {
            Taken::Frames(frames) => frames.iter().map(|frame| frame.text.to_string()).collect(),
            Taken::Lagged(skipped) => vec![format!("lagged {skipped}")],
            Taken::Closed => vec!["closed".to_owned()],
        }
    }

    #[tokio::test]
    async fn a_slow_viewer_gets_the_latest_state_and_every_event() {
        let outbox = Outbox::default();
        for i in 0..100 {
            outbox.put(Frame::state(StateKey::Now, i, format!("now {i}")));
        }
        outbox.put(event("a"));
        outbox.put(event("b"));
        assert_eq!(texts(outbox.take().await), ["a", "b", "now 99"]);
    }

    #[tokio::test]
    async fn an_older_state_never_replaces_a_newer_one() {
        let outbox = Outbox::default();
        outbox.put(Frame::state(StateKey::Now, 7, "new".to_owned()));
        outbox.put(Frame::state(StateKey::Now, 6, "old".to_owned()));
        assert_eq!(texts(outbox.take().await), ["new"]);
    }

    #[tokio::test]
    async fn progress_is_not_told_after_its_outcome() {
        let outbox = Outbox::default();
        let key = StateKey::Copy("p".into(), "d".into());
        outbox.put(Frame::state(key.clone(), 1, "50 %".to_owned()));
        outbox.put(event("done").ending(key));
        assert_eq!(texts(outbox.take().await), ["done"]);
    }

    #[tokio::test]
    async fn an_overflow_is_told_once_with_its_size_and_memory_stays_bounded() {
        let outbox = Outbox::default();
        for i in 0..MAX_EVENTS + 50 {
            outbox.put(event(&i.to_string()));
            assert!(outbox.depth() <= MAX_EVENTS);
        }
        assert_eq!(texts(outbox.take().await), [format!("lagged {}", MAX_EVENTS + 50)]);
        outbox.put(event("next"));
        assert_eq!(texts(outbox.take().await), ["next"]);
    }

    #[tokio::test]
    async fn a_closed_outbox_still_delivers_what_it_held() {
        let outbox = Outbox::default();
        outbox.put(event("last"));
        outbox.close();
        assert_eq!(texts(outbox.take().await), ["last"]);
        assert_eq!(texts(outbox.take().await), ["closed"]);
    }
}
