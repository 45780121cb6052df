//! The way without a socket: one question at a time, the next one behind what the last one told.

use std::time::Duration;

use super::io::Action;
use super::link::Machine;
use super::log::Verdict;
use crate::envelope::{self, Page, What};
use crate::event::{Ended, Event, Link, Nature, Transport};

/// How much longer than its wait at the server a question may take.
const GRACE: Duration = Duration::from_secs(10);

/// What became of a question.
#[derive(Debug)]
pub(crate) enum Polled {
    /// Something, and the name of what the states show.
    Page(Page, Option<String>),
    /// Nothing new.
    Unchanged,
    /// The server's refusal.
    Refused(u16),
    /// No answer.
    Failed(String),
}

/// Polling under way.
#[derive(Debug)]
pub(super) struct Polling {
    /// The question under way; answers to others come too late.
    pub(super) generation: u32,
    /// When the question under way has taken too long; none while none is.
    pub(super) until: Option<Duration>,
    /// When the next one is due.
    pub(super) next: Duration,
    /// Failures in a row.
    pub(super) failed: u32,
    /// Holes in a row.
    pub(super) holes: u32,
    /// Whether an answer came since polling began.
    pub(super) is_up: bool,
    pub(super) has_more: bool,
    pub(super) tag: Option<String>,
}

impl Polling {
    pub(super) fn begin(now: Duration) -> Self {
        Self { generation: 0, until: None, next: now, failed: 0, holes: 0, is_up: false, has_more: false, tag: None }
    }

    /// The answer may be there and was not read.
    pub(super) fn forgive(&mut self, now: Duration) {
        if let Some(until) = &mut self.until {
            *until = (*until).max(now + GRACE);
        }
    }

    /// When it wants to be looked at again.
    pub(super) fn due(&self) -> Duration {
        self.until.unwrap_or(self.next)
    }
}

impl Machine {
    pub(super) fn tick_polling(&mut self, now: Duration) {
        let Some(polling) = &mut self.polling else { return };
        match polling.until {
            Some(until) if now >= until => {
                let generation = polling.generation;
                self.polled(generation, Polled::Failed("the server does not answer".to_owned()), now);
            }
            Some(_) => {}
            None if now >= polling.next => {
                let is_waiting = polling.is_up && !polling.has_more;
                let wait = if is_waiting { self.patience.poll_wait } else { Duration::ZERO };
                polling.until = Some(now + wait + GRACE);
                self.polls = self.polls.wrapping_add(1);
                polling.generation = self.polls;
                let names: Vec<&str> = self.log.channels().iter().map(kilat_wire::Channel::as_str).collect();
                let since = self.log.ask().map_or(String::new(), |cursor| format!("&since={cursor}"));
                let query = format!("channels={}{since}&wait={}", names.join(","), wait.as_secs());
                let tag = polling.tag.clone().filter(|_| is_waiting);
                self.actions.push_back(Action::Poll { generation: polling.generation, query, tag });
            }
            None => {}
        }
    }

    pub(super) fn polled(&mut self, generation: u32, polled: Polled, now: Duration) {
        let Some(polling) = &mut self.polling else { return };
        if polling.generation != generation || polling.until.take().is_none() {
            return;
        }
        let (failed, least) = match polled {
            Polled::Page(page, tag) => {
                polling.tag = tag;
                return self.page(page, now);
            }
            Polled::Unchanged => {
                (polling.failed, polling.next) = (0, now + self.patience.poll_pace);
                return;
            }
            Polled::Refused(401) => return self.end(Ended::NotSignedIn("polling was answered with 401".to_owned())),
            Polled::Refused(403) => return self.end(Ended::NotAllowed("polling was answered with 403".to_owned())),
            Polled::Refused(status) => (format!("polling was answered with {status}"), self.patience.full),
            Polled::Failed(why) => (why, Duration::ZERO),
        };
        polling.failed += 1;
        let again_in = self.patience.backoff.delay(polling.failed, &mut self.rng).max(least);
        polling.next = now + again_in;
        if std::mem::take(&mut polling.is_up) {
            self.tell_event(Some(Event::Link(Link::Down { why: failed, again_in })));
        }
    }

    fn page(&mut self, page: Page, now: Duration) {
        let missed = self.log.answered((&page.epoch, page.seq), page.recovered, page.skipped.as_ref());
        self.tell_event(missed.map(Event::Missed));
        let is_new = self.polling.as_mut().is_some_and(|polling| !std::mem::replace(&mut polling.is_up, true));
        self.tell_event(is_new.then_some(Event::Link(Link::Up(Transport::Polling))));
        let mut has_hole = false;
        for message in page.messages {
            let text = message.get().to_owned();
            match envelope::read(&text) {
                Some((r#type, What::Entry(entry))) => match self.log.entry(&entry) {
                    Verdict::Next => self.hand_over(text, r#type, Nature::Entry { seq: entry.seq }),
                    Verdict::Seen => {}
                    Verdict::Hole => {
                        self.log.broke_off();
                        self.tell_event(Some(Event::Link(Link::Hole { before: entry.seq })));
                        has_hole = true;
                        break;
                    }
                },
                Some((r#type, What::State)) => self.hand_over(text, r#type, Nature::State),
                Some((r#type, _)) => self.hand_over(text, r#type, Nature::Other),
                None => self.hand_over(text, String::new(), Nature::Other),
            }
        }
        if !has_hole {
            self.log.told(&page.epoch, page.seq);
        }
        let Some(polling) = &mut self.polling else { return };
        (polling.failed, polling.has_more) = (0, page.more);
        polling.holes = if has_hole { polling.holes + 1 } else { 0 };
        polling.next = match (has_hole, page.more) {
            (true, _) => now + self.patience.backoff.delay(polling.holes, &mut self.rng),
            (false, true) => now,
            (false, false) => now + self.patience.poll_pace,
        };
    }
}
