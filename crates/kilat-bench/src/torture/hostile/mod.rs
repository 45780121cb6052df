//! Hostile clients against a server on which an operator goes on working: each must be refused with its
//! code, cheaply, and the operator must not notice.
//!
//! Every loop here is bounded in count and in time, and only loopback addresses are used.

mod calls;
mod crowd;
mod line;
mod operator;
mod talk;

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use kilat_testkit::{Folders, Server};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::Ordeal;
use crate::{Outcome, process};
use operator::{Operator, Worst};

/// An operator who waits longer has noticed: a page's heartbeat is answered well before.
const PATIENCE: Duration = Duration::from_secs(2);
/// Files of this process beside its connections.
const OTHER_FILES: u64 = 200;

/// How many there are of each.
#[derive(Debug, Clone, Copy)]
pub struct Numbers {
    slow: usize,
    silent: usize,
    flood: usize,
    /// Of these, open at once: what this process may hold.
    open: usize,
    large: usize,
    subscribe: usize,
    storm: Duration,
    calls: usize,
    tokens: usize,
}

impl Numbers {
    /// For a run of its own.
    pub const FULL: Self = Self {
        slow: 500,
        silent: 1_500,
        flood: 20_000,
        open: 20_000,
        large: 100,
        subscribe: 10_000,
        storm: Duration::from_secs(5),
        calls: 5_000,
        tokens: 10_000,
    };
    /// For every day.
    pub const SHORT: Self = Self {
        slow: 50,
        silent: 100,
        flood: 1_000,
        open: 1_000,
        large: 5,
        subscribe: 10_000,
        storm: Duration::from_millis(500),
        calls: 300,
        tokens: 500,
    };
}

/// Where to attack, and as whom where one is signed in.
#[derive(Debug)]
struct Field {
    http: SocketAddr,
    ws: SocketAddr,
    viewer: String,
    numbers: Numbers,
}

/// What attackers were answered: how often each answer came.
type Answers = BTreeMap<String, usize>;

/// One attack: what it is, how it goes, and whether its answers are those that must come.
struct Attack {
    what: &'static str,
    make: fn(&Field) -> Outcome<Answers>,
    /// Every answer must be one of these.
    expected: &'static [&'static str],
}

const ATTACKS: [Attack; 10] = [
    Attack { what: "heads of requests, byte by byte", make: crowd::slow_heads, expected: &["ended", "408"] },
    Attack { what: "bodies of `POST /api/session`, byte by byte", make: crowd::slow_bodies, expected: &["408"] },
    Attack { what: "connected and nothing said", make: crowd::silent, expected: &["ended"] },
    Attack { what: "connections from 4 addresses", make: crowd::flood, expected: &["ended"] },
    Attack { what: "frames of 1 MB and of 2 MB", make: talk::large_frames, expected: &["too_large", "1009"] },
    Attack { what: "`subscribe`, as fast as it goes", make: talk::subscriptions, expected: &["1008"] },
    Attack { what: "a message a microsecond", make: talk::storm, expected: &["1008"] },
    Attack { what: "calls with `Origin: null`", make: calls::null_origin, expected: &["403 foreign_origin"] },
    Attack { what: "calls with a foreign `Host`", make: calls::foreign_host, expected: &["403 foreign_host"] },
    Attack { what: "wrong tokens", make: calls::wrong_tokens, expected: &["401 not_signed_in"] },
];

/// What one attack cost, and what it was answered.
#[derive(Debug)]
pub struct Attacked {
    what: String,
    answers: Answers,
    took: Duration,
    cpu: Duration,
    growth: u64,
    worst: Worst,
    is_good: bool,
}

impl Attacked {
    /// The table's head.
    pub const HEAD: &str = "| hostile client | answered | took | server CPU | memory grew by | operator's worst heartbeat | call | call by a new connection |\n\
        | --- | --- | --- | --- | --- | --- | --- | --- |";

    /// Whether each was refused as it must be, and the operator did not notice.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.is_good
    }
}

impl fmt::Display for Attacked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let answers: Vec<String> = self.answers.iter().map(|(answer, times)| format!("{answer} × {times}")).collect();
        let ms = |time: Duration| format!("{:.1} ms", time.as_secs_f64() * 1e3);
        write!(
            f,
            "| {} | {} | {:.1} s | {:.2} s | {:.1} MB | {} | {} | {} |{}",
            self.what,
            answers.join(", "),
            self.took.as_secs_f64(),
            self.cpu.as_secs_f64(),
            self.growth as f64 / 1e6,
            ms(self.worst.beat),
            ms(self.worst.call),
            ms(self.worst.fresh),
            if self.is_good { "" } else { " WRONG" },
        )
    }
}

/// Attacks one server in every way.
///
/// # Errors
/// When an attack cannot be made, or the operator is not answered at all.
pub fn hostile(ordeal: &Ordeal<'_>, numbers: Numbers) -> Outcome<Vec<Attacked>> {
    let folders = Folders::below(&ordeal.folder)?;
    let numbers = Numbers { open: numbers.open.min(open_files()?), ..numbers };
    let server = Server::start(&ordeal.kilat, &folders);
    let made = server.call("POST", "/api/admin/tokens", Some(&serde_json::json!({ "role": "viewer", "name": "eve" })));
    let viewer = made.1["token"].as_str().ok_or("a viewer's token was not made")?.to_owned();
    let address = |url: &str| -> Outcome<SocketAddr> {
        let host = url.split("//").nth(1).and_then(|rest| rest.split('/').next()).unwrap_or_default();
        host.parse().map_err(|error| format!("{url}: {error}").into())
    };
    let field = Field { http: address(&server.http)?, ws: address(&server.ws)?, viewer, numbers };
    let mut told = Vec::new();
    for attack in &ATTACKS {
        let one = attack.against(&field, &server)?;
        (ordeal.say)(&one.to_string());
        told.push(one);
    }
    Ok(told)
}

impl Attack {
    fn against(&self, field: &Field, server: &Server) -> Outcome<Attacked> {
        let pid = server.pid();
        let operator = Operator::start(field.http, server)?;
        let (cpu, memory) = (process::cpu(pid)?, process::memory(pid)?.0);
        let began = Instant::now();
        let answers = (self.make)(field);
        let took = began.elapsed();
        let cpu = process::cpu(pid)?.saturating_sub(cpu);
        let worst = operator.stop()?;
        let answers = answers.map_err(|error| format!("{}: {error}", self.what))?;
        let is_refused = !answers.is_empty() && answers.keys().all(|answer| self.expected.contains(&answer.as_str()));
        let is_unnoticed = worst.beat.max(worst.call) < PATIENCE && worst.rounds > 0;
        let times: usize = answers.values().sum();
        Ok(Attacked {
            what: format!("{times} {}", self.what),
            answers,
            took,
            cpu,
            growth: worst.memory.saturating_sub(memory),
            is_good: is_refused && is_unnoticed,
            worst,
        })
    }
}

/// Connections that this process may hold.
fn open_files() -> Outcome<usize> {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit })?;
    let most = limit.maximum.map_or(u64::MAX, |most| most.saturating_sub(OTHER_FILES));
    Ok(usize::try_from(most).unwrap_or(usize::MAX))
}
