//! The machine against a model of the server, over a network that breaks, repeats, leaves out and falls silent.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use kilat_wire::{Channel, Channels, ClientRequest, Cursor};
use proptest::prelude::*;
use rand::SeedableRng;
use rand::rngs::SmallRng;
use serde_json::json;

use super::*;
use crate::config::{Config, Patience};
use crate::event::{Ended, Event, Link, Nature, Transport};

const OURS: Channels = Channels::of(&[Channel::Upload, Channel::System]);
const EPOCH: &str = "01e";

fn config(since: Option<u64>) -> Config {
    let since = since.map(|seq| Cursor { epoch: EPOCH.to_owned(), seq });
    Config { channels: OURS, since, patience: Patience::default() }
}

/// What happens to server and network.
#[derive(Debug, Clone)]
enum Op {
    /// An entry in these channels.
    Publish(u8),
    /// So many messages arrive.
    Deliver(u8),
    /// The connection ends, with what is on its way.
    Break,
    /// The server leaves an entry out, which it must not.
    LeaveOut(u8),
    /// An entry comes twice.
    Repeat(u8),
    /// The server found the client too slow.
    Resync,
    /// Nothing gets through any more, and nobody says so.
    Silence,
    /// So many handshakes fail from here on.
    Refuse(u8),
    /// Polls are answered, or not.
    PollsWork(bool),
    /// A restart.
    Drain,
    /// Milliseconds go by.
    Pass(u16),
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        8 => (1_u8..8).prop_map(Op::Publish),
        8 => (0_u8..12).prop_map(Op::Deliver),
        1 => Just(Op::Break),
        1 => any::<u8>().prop_map(Op::Repeat),
        1 => Just(Op::Resync),
        1 => Just(Op::Silence),
        1 => (0_u8..8).prop_map(Op::Refuse),
        1 => any::<bool>().prop_map(Op::PollsWork),
        1 => Just(Op::Drain),
        6 => (0_u16..30_000).prop_map(Op::Pass),
    ]
}

/// A server with a fault, and a network without one.
fn op_of_a_faulty_server() -> impl Strategy<Value = Op> {
    prop_oneof![
        4 => (1_u8..8).prop_map(Op::Publish),
        4 => (0_u8..12).prop_map(Op::Deliver),
        1 => any::<u8>().prop_map(Op::LeaveOut),
        2 => (0_u16..30_000).prop_map(Op::Pass),
    ]
}

/// Server, network and caller around one machine.
struct World {
    machine: Machine,
    now: Duration,
    log: Vec<(u64, Channels)>,
    /// The open connection: its generation, and what is on its way to the client.
    open: Option<(u32, VecDeque<String>)>,
    is_subscribed: bool,
    is_silent: bool,
    refuse: u8,
    polls_work: bool,
    poll: Option<(u32, String)>,
    /// Of entries: handed over.
    told: Vec<u64>,
    links: Vec<Link>,
    missed: usize,
    cursor: Option<Cursor>,
}

impl World {
    fn new(since: Option<u64>) -> Self {
        let now = Duration::ZERO;
        let mut world = Self {
            machine: Machine::new(&config(since), SmallRng::seed_from_u64(7), now),
            now,
            log: Vec::new(),
            open: None,
            is_subscribed: false,
            is_silent: false,
            refuse: 0,
            polls_work: true,
            poll: None,
            told: Vec::new(),
            links: Vec::new(),
            missed: 0,
            cursor: None,
        };
        world.settle();
        world
    }

    fn head(&self) -> u64 {
        self.log.last().map_or(0, |(seq, _)| *seq)
    }

    /// An entry as it is told to somebody who asked from a place, or live.
    fn entry(&self, at: usize, asked: u64) -> String {
        let (seq, channels) = self.log[at];
        let before =
            |channel| self.log[..at].iter().rfind(|(_, of)| of.has(channel)).map_or(0, |(seq, _)| *seq).max(asked);
        let prev: BTreeMap<&str, u64> = channels.iter().map(|channel| (channel.as_str(), before(channel))).collect();
        json!({ "type": "x", "payload": {}, "epoch": EPOCH, "seq": seq, "prev": prev }).to_string()
    }

    fn missed_since(&self, since: u64) -> Vec<String> {
        let missed = (0..self.log.len()).filter(|at| self.log[*at].0 > since && self.log[*at].1.meets(OURS));
        missed.map(|at| self.entry(at, since)).collect()
    }

    fn answer(&self, since: Option<u64>) -> VecDeque<String> {
        let missed = since.map_or_else(Vec::new, |since| self.missed_since(since));
        let payload = json!({ "epoch": EPOCH, "seq": self.head(), "recovered": true, "replayed": missed.len() });
        let state =
            json!({ "type": "now", "payload": {}, "asOf": "t", "epoch": EPOCH, "seq": self.head() }).to_string();
        let answer = json!({ "type": "subscribed", "payload": payload }).to_string();
        [answer, state].into_iter().chain(missed).collect()
    }

    /// Does what the machine wants until it wants nothing.
    fn settle(&mut self) {
        loop {
            while let Some(told) = self.machine.tell() {
                self.take(told);
            }
            let Some(action) = self.machine.action() else { return };
            match action {
                Action::Connect(generation) => {
                    (self.open, self.is_subscribed, self.is_silent) = (None, false, false);
                    let input = if self.refuse > 0 {
                        self.refuse -= 1;
                        Input::Closed(generation, End::Failed("refused".to_owned()))
                    } else {
                        self.open = Some((generation, VecDeque::new()));
                        Input::Opened(generation)
                    };
                    self.machine.hear(input, self.now);
                }
                Action::Send(text) => {
                    let parsed = kilat_wire::parse_client(&text).expect("the server understands");
                    if let ClientRequest::Subscribe(_, since) = parsed.request {
                        let answer = self.answer(since.map(|since| since.seq));
                        if let Some((_, queue)) = &mut self.open {
                            self.is_subscribed = true;
                            queue.extend(answer);
                        }
                    }
                }
                Action::Ping => {
                    if let Some((generation, _)) = self.open.as_ref().filter(|_| !self.is_silent) {
                        self.machine.hear(Input::Heard(*generation), self.now);
                    }
                }
                Action::Drop => (self.open, self.is_subscribed) = (None, false),
                Action::Poll { generation, query, .. } => self.poll = Some((generation, query)),
                Action::StopPolling => self.poll = None,
            }
        }
    }

    fn take(&mut self, told: crate::event::Told) {
        if let (Some(before), Some(after)) = (&self.cursor, &told.cursor) {
            assert!(before.seq <= after.seq, "the cursor went back from {before} to {after}");
        }
        match told.event {
            Event::Message(message) => {
                if let Nature::Entry { seq } = message.nature {
                    assert!(told.cursor.as_ref().is_some_and(|cursor| cursor.seq >= seq));
                    self.told.push(seq);
                }
            }
            Event::Missed(_) => self.missed += 1,
            Event::Link(link) => self.links.push(link),
        }
        self.cursor = told.cursor;
    }

    fn saw_a_hole(&self) -> bool {
        self.links.iter().any(|link| matches!(link, Link::Hole { .. }))
    }

    fn answer_poll(&mut self) {
        let Some((generation, query)) = self.poll.take() else { return };
        let polled = if self.polls_work {
            let since = query.split('&').find_map(|part| part.strip_prefix("since="));
            let since = since.map(|since| since.parse::<Cursor>().expect("a cursor").seq);
            let mut missed = since.map_or_else(Vec::new, |since| self.missed_since(since));
            let more = missed.len() > 3;
            missed.truncate(3);
            let last = missed.last().map(|text| serde_json::from_str::<serde_json::Value>(text).expect("JSON"));
            let seq = last.filter(|_| more).map_or(self.head(), |last| last["seq"].as_u64().expect("a place"));
            let messages: Vec<serde_json::Value> =
                missed.iter().map(|text| serde_json::from_str(text).expect("JSON")).collect();
            let page = json!({ "epoch": EPOCH, "seq": seq, "recovered": true, "replayed": messages.len(),
                "more": more, "messages": messages });
            Polled::Page(serde_json::from_str(&page.to_string()).expect("a page"), None)
        } else {
            Polled::Failed("nobody answers".to_owned())
        };
        self.machine.hear(Input::Polled(generation, polled), self.now);
        self.settle();
    }

    fn deliver(&mut self, most: usize) {
        for _ in 0..most {
            let next = self.open.as_mut().filter(|_| !self.is_silent);
            let Some((generation, text)) = next.and_then(|(g, queue)| queue.pop_front().map(|text| (*g, text))) else {
                return;
            };
            self.machine.hear(Input::Text(generation, text), self.now);
            self.settle();
        }
    }

    fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        let mut looks = 0;
        loop {
            self.answer_poll();
            let due = self.machine.due();
            if due > end {
                break;
            }
            self.now = self.now.max(due);
            self.machine.hear(Input::Tick, self.now);
            self.settle();
            looks += 1;
            assert!(looks < 10_000, "it is looked at again and again");
        }
        self.now = end;
    }

    fn publish(&mut self, channels: Channels) {
        self.log.push((self.head() + 1 + self.log.len() as u64 % 3, channels));
        let text = self.entry(self.log.len() - 1, 0);
        if let Some((_, queue)) = self.open.as_mut().filter(|_| self.is_subscribed && channels.meets(OURS)) {
            queue.push_back(text);
        }
    }

    /// The place in the queue of one of the entries on their way.
    fn on_its_way(&self, which: u8) -> Option<usize> {
        let (_, queue) = self.open.as_ref()?;
        let entries: Vec<usize> = (0..queue.len()).filter(|at| queue[*at].contains("\"prev\"")).collect();
        (!entries.is_empty()).then(|| entries[which as usize % entries.len()])
    }

    fn apply(&mut self, op: &Op) {
        match op {
            Op::Publish(bits) => {
                let three = [Channel::Upload, Channel::System, Channel::Backup];
                self.publish(
                    three.into_iter().enumerate().filter(|(at, _)| bits >> at & 1 == 1).map(|(_, c)| c).collect(),
                );
            }
            Op::Deliver(most) => self.deliver((*most).into()),
            Op::Break => {
                if let Some((generation, _)) = self.open.take() {
                    self.machine.hear(Input::Closed(generation, End::Closed(None, String::new())), self.now);
                }
            }
            Op::LeaveOut(which) => {
                if let Some(at) = self.on_its_way(*which)
                    && let Some((_, queue)) = &mut self.open
                {
                    queue.remove(at);
                }
            }
            Op::Repeat(which) => {
                if let Some(at) = self.on_its_way(*which)
                    && let Some((_, queue)) = &mut self.open
                    // Behind the replay only: within one, the server says how many there are.
                    && !queue.iter().any(|text| text.contains("subscribed"))
                {
                    let again = queue[at].clone();
                    queue.push_back(again);
                }
            }
            Op::Resync => {
                let since = self.told.last().copied();
                let answer = self.answer(Some(since.unwrap_or(0)));
                if let Some((_, queue)) = self.open.as_mut().filter(|_| self.is_subscribed) {
                    // Entries are dropped, answers stay.
                    queue.retain(|text| !text.contains("\"prev\""));
                    queue.extend(answer);
                }
            }
            Op::Silence => self.is_silent = true,
            Op::Refuse(times) => self.refuse = *times,
            Op::PollsWork(work) => self.polls_work = *work,
            Op::Drain => {
                if let Some((generation, _)) = &self.open {
                    let generation = *generation;
                    let draining = json!({ "type": "draining", "payload": { "reconnectAfterMs": 700 } }).to_string();
                    self.machine.hear(Input::Text(generation, draining), self.now);
                    self.machine.hear(Input::Closed(generation, End::Closed(Some(1012), "bye".to_owned())), self.now);
                    self.open = None;
                }
            }
            Op::Pass(ms) => self.pass(Duration::from_millis((*ms).into())),
        }
        self.settle();
    }

    /// Everything works again: an entry comes, and everybody has time.
    fn heal(&mut self) {
        (self.refuse, self.polls_work) = (0, true);
        for _ in 0..40 {
            self.pass(Duration::from_secs(5));
            self.deliver(usize::MAX);
        }
        self.publish(OURS);
        for _ in 0..40 {
            self.pass(Duration::from_secs(5));
            self.deliver(usize::MAX);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn every_entry_is_handed_over_once_and_in_order_whatever_the_network_does(
        ops in proptest::collection::vec(op(), 0..80),
    ) {
        let mut world = World::new(Some(0));
        for op in &ops {
            world.apply(op);
        }
        world.heal();
        let owed: Vec<u64> = world.log.iter().filter(|(_, of)| of.meets(OURS)).map(|(seq, _)| *seq).collect();
        prop_assert_eq!(&world.told, &owed);
        prop_assert_eq!(world.missed, 0);
        prop_assert!(!world.saw_a_hole());
        prop_assert_eq!(world.cursor.map(|cursor| cursor.seq), Some(*owed.last().expect("one at least")));
        prop_assert_eq!(world.links.last(), Some(&Link::Up(Transport::WebSocket)));
    }

    #[test]
    fn a_client_that_begins_now_misses_nothing_from_its_first_place_on(
        ops in proptest::collection::vec(op(), 0..60),
    ) {
        let mut world = World::new(None);
        for op in &ops {
            world.apply(op);
        }
        world.heal();
        let owed: Vec<u64> = world.log.iter().filter(|(_, of)| of.meets(OURS)).map(|(seq, _)| *seq).collect();
        // A suffix: what came before it had a place is not owed.
        prop_assert!(owed.ends_with(&world.told), "owed {owed:?}, told {:?}", world.told);
        prop_assert!(!world.told.is_empty());
        prop_assert!(!world.saw_a_hole());
    }

    #[test]
    fn an_entry_that_the_server_left_out_is_asked_for_again(
        ops in proptest::collection::vec(op_of_a_faulty_server(), 0..60),
    ) {
        let mut world = World::new(Some(0));
        // One at a time: of two in different channels, the answer about the first may hide the second.
        let mut is_left_out = false;
        for op in &ops {
            if !matches!(op, Op::LeaveOut(which) if is_left_out || world.on_its_way(*which).is_none()) {
                is_left_out |= matches!(op, Op::LeaveOut(_));
                world.apply(op);
            }
        }
        world.heal();
        // Entries of other channels may overtake it.
        world.told.sort_unstable();
        let owed: Vec<u64> = world.log.iter().filter(|(_, of)| of.meets(OURS)).map(|(seq, _)| *seq).collect();
        prop_assert_eq!(&world.told, &owed);
    }
}

fn open(since: Option<u64>) -> (Machine, u32) {
    let mut machine = Machine::new(&config(since), SmallRng::seed_from_u64(1), Duration::ZERO);
    let Some(Action::Connect(generation)) = machine.action() else { panic!("it connects at once") };
    machine.hear(Input::Opened(generation), Duration::ZERO);
    (machine, generation)
}

fn events(machine: &mut Machine) -> Vec<Event> {
    std::iter::from_fn(|| machine.tell()).map(|told| told.event).collect()
}

#[test]
fn what_the_server_cannot_tell_is_told_to_the_caller() {
    let (mut machine, generation) = open(Some(5));
    let answer = json!({ "type": "subscribed", "payload": { "epoch": "02other", "seq": 3, "recovered": false,
        "replayed": 0, "skipped": { "why": "other_epoch", "message": "lost", "upTo": 3 } } });
    machine.hear(Input::Text(generation, answer.to_string()), Duration::ZERO);
    let told = events(&mut machine);
    let Some(Event::Missed(missed)) = told.first() else { panic!("{told:?}") };
    assert_eq!((missed.why.as_str(), missed.up_to.to_string().as_str()), ("other_epoch", "02other:3"));
    assert_eq!(missed.since.as_ref().map(ToString::to_string).as_deref(), Some("01e:5"));
}

#[test]
fn close_codes_decide_whether_it_comes_back() {
    let after = |code: u16| {
        let (mut machine, generation) = open(None);
        machine.hear(Input::Closed(generation, End::Closed(Some(code), "why".to_owned())), Duration::ZERO);
        let wait = events(&mut machine).iter().find_map(|event| match event {
            Event::Link(Link::Down { again_in, .. }) => Some(*again_in),
            Event::Message(_) | Event::Missed(_) | Event::Link(_) => None,
        });
        (wait, machine.ended().cloned())
    };
    for code in [1000, 1001, 1011, 1012, 4001, 4002] {
        let (wait, ended) = after(code);
        assert!(ended.is_none() && wait.is_some_and(|wait| wait < Duration::from_secs(1)), "{code}");
    }
    assert!(after(1013).0.is_some_and(|wait| wait >= Duration::from_secs(5)));
    for code in [1002, 1007, 1008, 1009] {
        assert_eq!(after(code), (None, Some(Ended::Refused { code, reason: "why".to_owned() })));
    }
    assert_eq!(after(4401).1, Some(Ended::NotSignedIn("why".to_owned())));
    assert_eq!(after(4403).1, Some(Ended::NotAllowed("why".to_owned())));
}

#[test]
fn a_server_that_stops_says_when_to_come_back() {
    let (mut machine, generation) = open(None);
    let draining = json!({ "type": "draining", "payload": { "reconnectAfterMs": 4321 } }).to_string();
    machine.hear(Input::Text(generation, draining), Duration::ZERO);
    machine.hear(Input::Closed(generation, End::Closed(Some(1012), String::new())), Duration::ZERO);
    assert_eq!(machine.due(), Duration::from_millis(4321));
}

#[test]
fn a_silent_server_is_pinged_and_then_given_up_and_what_it_says_later_is_not_heard() {
    let (mut machine, generation) = open(Some(0));
    while machine.action().is_some() {}
    let answer = json!({ "type": "subscribed", "payload":
        { "epoch": EPOCH, "seq": 0, "recovered": true, "replayed": 0 } });
    machine.hear(Input::Text(generation, answer.to_string()), Duration::ZERO);
    while machine.tell().is_some() {}
    machine.hear(Input::Tick, Duration::from_secs(15));
    assert_eq!(machine.action(), Some(Action::Ping));
    machine.hear(Input::Heard(generation), Duration::from_secs(20));
    machine.hear(Input::Tick, Duration::from_secs(35));
    let actions: Vec<Action> = std::iter::from_fn(|| machine.action()).collect();
    assert!(actions.contains(&Action::Ping) && !actions.contains(&Action::Drop), "{actions:?}");
    machine.hear(Input::Tick, Duration::from_secs(55));
    let actions: Vec<Action> = std::iter::from_fn(|| machine.action()).collect();
    assert!(actions.contains(&Action::Drop), "{actions:?}");
    while machine.tell().is_some() {}
    let late = json!({ "type": "x", "payload": {}, "epoch": EPOCH, "seq": 1, "prev": { "upload": 0 } }).to_string();
    machine.hear(Input::Text(generation, late), Duration::from_secs(55));
    assert_eq!(machine.tell(), None);
}

#[test]
fn a_caller_that_is_slow_is_not_the_servers_silence() {
    let (mut machine, generation) = open(Some(0));
    while machine.action().is_some() {}
    let answer = json!({ "type": "subscribed", "payload":
        { "epoch": EPOCH, "seq": 0, "recovered": true, "replayed": 0 } });
    machine.hear(Input::Text(generation, answer.to_string()), Duration::ZERO);
    assert!(machine.has_told());
    for second in (0..600).step_by(10) {
        machine.hear(Input::Tick, Duration::from_secs(second));
        assert!(machine.due() > Duration::from_secs(second), "it would be looked at again and again at {second} s");
    }
    let actions: Vec<Action> = std::iter::from_fn(|| machine.action()).collect();
    assert!(!actions.contains(&Action::Drop), "{actions:?}");
    let beats = actions.iter().filter(|action| matches!(action, Action::Send(text) if text.contains("heartbeat")));
    assert_eq!(beats.count(), 19);
}
