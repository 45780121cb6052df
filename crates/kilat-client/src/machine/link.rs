//! The whole of a client's decisions: when to connect, what to ask, what to hand over, when a link is dead.
//!
//! Every attempt has a generation of its own; what an old one still says is not heard. Waiting and reading never
//! happen here: time is passed in, and whoever drives this carries the actions out in order.

use std::collections::VecDeque;
use std::time::Duration;

use rand::rngs::SmallRng;

use super::io::{Action, End, Input};
use super::log::{Log, Verdict};
use super::polling::Polling;
use crate::config::{Config, Patience};
use crate::envelope::{self, What};
use crate::event::{Ended, Event, Link, Message, Nature, Told, Transport};

/// Holes in a row that are asked for again over the same connection; more, and it is given up.
const MAX_HOLES: u32 = 3;
/// A server's wish when to come back is followed up to here.
const MAX_RETURN: Duration = Duration::from_secs(300);
/// Named in `subscribe`, so that an error about it is known.
const SUBSCRIBE_ID: &str = "subscribe";

#[derive(Debug)]
enum Phase {
    /// The subscription is not answered yet.
    Asked {
        until: Duration,
        is_fresh: bool,
    },
    /// So many missed entries are still to come, the last of them at `end` or before.
    Replaying {
        left: u64,
        end: u64,
    },
    Live,
}

#[derive(Debug)]
struct Open {
    phase: Phase,
    heard: Duration,
    pinged: Option<Duration>,
    beat: Duration,
    holes: u32,
    return_after: Option<Duration>,
}

#[derive(Debug)]
enum Socket {
    Waiting { until: Duration },
    Connecting { until: Duration },
    Open(Open),
}

/// A client without its network.
#[derive(Debug)]
pub(crate) struct Machine {
    pub(super) patience: Patience,
    pub(super) rng: SmallRng,
    pub(super) log: Log,
    generation: u32,
    socket: Socket,
    /// Attempts that failed since the last `subscribed`.
    failed: u32,
    pub(super) polling: Option<Polling>,
    /// Questions so far.
    pub(super) polls: u32,
    pub(super) actions: VecDeque<Action>,
    told: VecDeque<Told>,
    ended: Option<Ended>,
}

impl Machine {
    /// Connects at once.
    pub(crate) fn new(config: &Config, rng: SmallRng, now: Duration) -> Self {
        let mut machine = Self {
            patience: config.patience,
            rng,
            log: Log::new(config.channels, config.since.clone()),
            generation: 0,
            socket: Socket::Waiting { until: now },
            failed: 0,
            polling: None,
            polls: 0,
            actions: VecDeque::new(),
            told: VecDeque::new(),
            ended: None,
        };
        machine.hear(Input::Tick, now);
        machine
    }

    /// The next thing to do.
    pub(crate) fn action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// Whether something waits to be handed over: nothing more may be read until it was.
    pub(crate) fn has_told(&self) -> bool {
        !self.told.is_empty()
    }

    /// The next thing to hand over.
    pub(crate) fn tell(&mut self) -> Option<Told> {
        self.told.pop_front()
    }

    /// Why it is over, once everything was handed over.
    pub(crate) fn ended(&self) -> Option<&Ended> {
        self.ended.as_ref().filter(|_| self.told.is_empty())
    }

    /// When it wants to be looked at again.
    pub(crate) fn due(&self) -> Duration {
        let patience = &self.patience;
        let socket = match &self.socket {
            Socket::Waiting { until } | Socket::Connecting { until } => *until,
            Socket::Open(open) => {
                let life = open.pinged.map_or(open.heard + patience.quiet, |pinged| pinged + patience.pong);
                let answer = match open.phase {
                    Phase::Asked { until, .. } => until,
                    Phase::Replaying { .. } | Phase::Live => Duration::MAX,
                };
                life.min(answer).min(open.beat)
            }
        };
        socket.min(self.polling.as_ref().map_or(Duration::MAX, Polling::due))
    }

    /// Takes in what happened.
    pub(crate) fn hear(&mut self, input: Input, now: Duration) {
        if self.ended.is_some() {
            return;
        }
        match input {
            Input::Opened(generation) if generation == self.generation => self.opened(now),
            Input::Heard(generation) if generation == self.generation => self.heard(now),
            Input::Text(generation, text) if generation == self.generation => {
                self.heard(now);
                self.text(text, now);
            }
            Input::Closed(generation, end) if generation == self.generation => self.closed(end, now),
            // Of an attempt that was given up.
            Input::Opened(_) | Input::Heard(_) | Input::Text(..) | Input::Closed(..) => {}
            Input::Polled(generation, polled) => self.polled(generation, polled, now),
            Input::Tick => {}
        }
        self.tick(now);
    }

    fn opened(&mut self, now: Duration) {
        let Socket::Connecting { .. } = self.socket else { return };
        self.socket = Socket::Open(Open {
            phase: Phase::Live,
            heard: now,
            pinged: None,
            beat: now + self.patience.heartbeat,
            holes: 0,
            return_after: None,
        });
        self.subscribe(now);
    }

    fn heard(&mut self, now: Duration) {
        if let Socket::Open(open) = &mut self.socket {
            (open.heard, open.pinged) = (now, None);
        }
    }

    fn subscribe(&mut self, now: Duration) {
        let Socket::Open(open) = &mut self.socket else { return };
        let since = self.log.ask();
        open.phase = Phase::Asked { until: now + self.patience.answer, is_fresh: since.is_none() };
        let text = envelope::subscribe(SUBSCRIBE_ID, self.log.channels(), since.as_ref());
        self.actions.push_back(Action::Send(text));
    }

    fn text(&mut self, text: String, now: Duration) {
        let Socket::Open(open) = &mut self.socket else { return };
        let Some((r#type, what)) = envelope::read(&text) else {
            return self.hand_over(text, String::new(), Nature::Other);
        };
        match what {
            What::State => self.hand_over(text, r#type, Nature::State),
            What::Other => self.hand_over(text, r#type, Nature::Other),
            What::Draining(ms) => {
                open.return_after = Some(Duration::from_millis(ms).min(MAX_RETURN));
                self.hand_over(text, r#type, Nature::Other);
            }
            What::Error(body) => {
                let is_about_us = body.r#ref.as_deref() == Some(SUBSCRIBE_ID);
                self.hand_over(text, r#type, Nature::Other);
                if is_about_us {
                    self.refused(&body.code, &body.message, now);
                }
            }
            // Polling found a place meanwhile: ask for what follows that one.
            What::Subscribed(_)
                if matches!(open.phase, Phase::Asked { is_fresh: true, .. }) && self.log.cursor().is_some() =>
            {
                self.subscribe(now);
            }
            What::Subscribed(answer) => {
                let missed = self.log.answered((&answer.epoch, answer.seq), answer.recovered, answer.skipped.as_ref());
                self.tell_event(missed.map(Event::Missed));
                self.subscribed(answer.replayed, &answer.epoch, answer.seq);
                self.hand_over(text, r#type, Nature::Other);
            }
            What::Entry(entry) => self.entry(&entry, text, r#type, now),
        }
    }

    fn subscribed(&mut self, replayed: u64, epoch: &str, seq: u64) {
        let Socket::Open(open) = &mut self.socket else { return };
        let is_new = matches!(open.phase, Phase::Asked { .. });
        open.phase = match replayed {
            0 => Phase::Live,
            left => Phase::Replaying { left, end: seq },
        };
        if replayed == 0 {
            self.log.told(epoch, seq);
        }
        self.failed = 0;
        if self.polling.take().is_some() {
            self.actions.push_back(Action::StopPolling);
        }
        self.tell_event(is_new.then_some(Event::Link(Link::Up(Transport::WebSocket))));
    }

    fn entry(&mut self, entry: &envelope::Entry, text: String, r#type: String, now: Duration) {
        let Socket::Open(open) = &mut self.socket else { return };
        let is_beyond = match open.phase {
            // Of an earlier subscription: the answer to the new one covers it.
            Phase::Asked { .. } => return,
            Phase::Replaying { end, .. } => entry.seq > end,
            Phase::Live => false,
        };
        let verdict = if is_beyond { Verdict::Hole } else { self.log.entry(entry) };
        if verdict == Verdict::Hole {
            if let Phase::Replaying { .. } = open.phase {
                self.log.broke_off();
            }
            open.holes += 1;
            let is_too_much = open.holes > MAX_HOLES;
            self.tell_event(Some(Event::Link(Link::Hole { before: entry.seq })));
            if is_too_much {
                return self.lost("the server leaves entries out".to_owned(), Duration::ZERO, now);
            }
            return self.subscribe(now);
        }
        if verdict == Verdict::Next {
            open.holes = 0;
        }
        let ended = match &mut open.phase {
            Phase::Replaying { left, end } => {
                *left -= 1;
                (*left == 0).then_some(*end)
            }
            Phase::Asked { .. } | Phase::Live => None,
        };
        if let Some(end) = ended {
            open.phase = Phase::Live;
            self.log.told(&entry.epoch, end);
        }
        if verdict == Verdict::Next {
            self.hand_over(text, r#type, Nature::Entry { seq: entry.seq });
        }
    }

    fn refused(&mut self, code: &str, message: &str, now: Duration) {
        match code {
            "not_signed_in" | "unauthorized" => self.end(Ended::NotSignedIn(message.to_owned())),
            "not_allowed" | "forbidden" => self.end(Ended::NotAllowed(message.to_owned())),
            _ => self.lost(format!("the server refused to subscribe: {message}"), Duration::ZERO, now),
        }
    }

    fn closed(&mut self, end: End, now: Duration) {
        let full = self.patience.full;
        match end {
            End::Failed(why) => self.lost(why, Duration::ZERO, now),
            End::Status(401) => self.end(Ended::NotSignedIn("the handshake was answered with 401".to_owned())),
            End::Status(403) => self.end(Ended::NotAllowed("the handshake was answered with 403".to_owned())),
            End::Status(status @ (429 | 503)) => {
                self.lost(format!("the server is busy: it answered {status}"), full, now);
            }
            End::Status(status) => self.lost(format!("the server answered {status}"), Duration::ZERO, now),
            End::Closed(Some(4401), reason) => self.end(Ended::NotSignedIn(reason)),
            End::Closed(Some(4403), reason) => self.end(Ended::NotAllowed(reason)),
            End::Closed(Some(code @ (1002 | 1003 | 1007..=1010)), reason) => self.end(Ended::Refused { code, reason }),
            End::Closed(code, reason) => {
                let least = if code == Some(1013) { full } else { Duration::ZERO };
                let code = code.map_or(String::new(), |code| format!(" with code {code}"));
                self.lost(format!("the server closed the connection{code} {reason}").trim_end().to_owned(), least, now);
            }
        }
    }

    /// Drops what there is of a connection, and plans the next attempt.
    fn lost(&mut self, why: String, least: Duration, now: Duration) {
        let planned = match &self.socket {
            Socket::Open(open) => open.return_after,
            Socket::Waiting { .. } | Socket::Connecting { .. } => None,
        };
        self.failed += 1;
        let again_in = planned.unwrap_or_else(|| self.patience.backoff.anywhere(self.failed, &mut self.rng)).max(least);
        self.socket = Socket::Waiting { until: now + again_in };
        self.generation += 1;
        self.actions.push_back(Action::Drop);
        self.tell_event(Some(Event::Link(Link::Down { why, again_in })));
        if self.failed >= self.patience.fall_back_after && self.polling.is_none() {
            self.polling = Some(Polling::begin(now));
        }
    }

    pub(super) fn end(&mut self, ended: Ended) {
        self.actions.push_back(Action::StopPolling);
        self.actions.push_back(Action::Drop);
        self.ended = Some(ended);
    }

    fn tick(&mut self, now: Duration) {
        if self.ended.is_some() {
            return;
        }
        if self.has_told() {
            self.forgive(now);
        }
        let patience = self.patience;
        match &mut self.socket {
            Socket::Waiting { until } if now >= *until => {
                self.generation += 1;
                self.socket = Socket::Connecting { until: now + patience.connect };
                self.actions.push_back(Action::Connect(self.generation));
            }
            Socket::Connecting { until } if now >= *until => {
                self.lost("the server does not answer".to_owned(), Duration::ZERO, now);
            }
            Socket::Waiting { .. } | Socket::Connecting { .. } => {}
            Socket::Open(open) => {
                let dead = match (&open.phase, open.pinged) {
                    (_, Some(pinged)) if now >= pinged + patience.pong => {
                        Some(format!("nothing heard for {} s", now.saturating_sub(open.heard).as_secs()))
                    }
                    (Phase::Asked { until, .. }, _) if now >= *until => {
                        Some("the server does not answer the subscription".to_owned())
                    }
                    _ => None,
                };
                if let Some(why) = dead {
                    return self.lost(why, Duration::ZERO, now);
                }
                if open.pinged.is_none() && now >= open.heard + patience.quiet {
                    open.pinged = Some(now);
                    self.actions.push_back(Action::Ping);
                }
                if now >= open.beat {
                    open.beat = now + patience.heartbeat;
                    self.actions.push_back(Action::Send(r#"{"type":"heartbeat","payload":{}}"#.to_owned()));
                }
            }
        }
        self.tick_polling(now);
    }

    /// Nobody reads while the caller has its hands full: that is not the server's silence.
    fn forgive(&mut self, now: Duration) {
        match &mut self.socket {
            Socket::Waiting { .. } => {}
            Socket::Connecting { until } => *until = now + self.patience.connect,
            Socket::Open(open) => {
                (open.heard, open.pinged) = (now, None);
                if let Phase::Asked { until, .. } = &mut open.phase {
                    *until = now + self.patience.answer;
                }
            }
        }
        if let Some(polling) = &mut self.polling {
            polling.forgive(now);
        }
    }

    pub(super) fn hand_over(&mut self, text: String, r#type: String, nature: Nature) {
        self.tell_event(Some(Event::Message(Message { text, r#type, nature })));
    }

    pub(super) fn tell_event(&mut self, event: Option<Event>) {
        if let Some(event) = event {
            self.told.push_back(Told { event, cursor: self.log.cursor().cloned() });
        }
    }
}
