//! What breaks, when: drawn from the seed, carried out between two steps.

use std::time::Duration;

use rand::Rng;
use rand::rngs::SmallRng;
use turmoil::Sim;

use crate::world::{SERVER, Work, World, lock};

/// What is broken now, and until when.
#[derive(Debug, Default)]
pub(crate) struct Broken {
    /// By watcher: how its link is broken.
    links: Vec<Option<(Link, Duration)>>,
    blocked: Vec<Option<Duration>>,
    down: Vec<Option<Duration>>,
    server: Option<Server>,
    next: Duration,
    pub(crate) faults: u64,
}

#[derive(Debug, Clone, Copy)]
enum Link {
    /// Nothing gets through, and what is on its way is lost.
    Parted,
    /// Everything waits.
    Held,
}

#[derive(Debug)]
enum Server {
    /// It was asked to stop, and comes back so long after its end.
    Draining(Duration),
    /// It comes back then.
    Down(Duration),
}

fn between(rng: &mut SmallRng, from_ms: u64, to_ms: u64) -> Duration {
    Duration::from_millis(rng.random_range(from_ms..to_ms))
}

impl Broken {
    pub(crate) fn none(watchers: usize) -> Self {
        let times = || vec![None; watchers];
        Self { links: vec![None; watchers], blocked: times(), down: times(), ..Self::default() }
    }

    /// Mends what is due, and breaks something now and then.
    pub(crate) fn step(&mut self, sim: &mut Sim<'_>, world: &World, rng: &mut SmallRng, now: Duration) {
        self.mend(sim, world, now, false);
        if now >= self.next {
            self.next = now + between(rng, 100, 2_000);
            self.break_something(sim, world, rng, now);
        }
    }

    /// Mends what is due, or everything; also waits for a server that stops. True when nothing is broken.
    pub(crate) fn mend(&mut self, sim: &mut Sim<'_>, world: &World, now: Duration, all: bool) -> bool {
        for (at, watcher) in world.watchers.iter().enumerate() {
            let name = watcher.name.as_str();
            if let Some((link, _)) = self.links[at].take_if(|(_, until)| all || now >= *until) {
                match link {
                    Link::Parted => sim.repair(name, SERVER),
                    Link::Held => sim.release(name, SERVER),
                }
            }
            if self.blocked[at].take_if(|until| all || now >= *until).is_some() {
                *lock(&watcher.is_blocked) = false;
            }
            if self.down[at].take_if(|until| all || now >= *until).is_some() {
                sim.bounce(name);
            }
        }
        match &self.server {
            Some(Server::Draining(after)) if !sim.is_host_running(SERVER) => {
                self.server = Some(Server::Down(now + *after));
            }
            Some(Server::Down(until)) if all || now >= *until => {
                // The old one's: the new one has its own, a step later.
                *lock(&world.stop) = None;
                sim.bounce(SERVER);
                self.server = None;
            }
            Some(_) | None => {}
        }
        self.server.is_none()
    }

    fn break_something(&mut self, sim: &mut Sim<'_>, world: &World, rng: &mut SmallRng, now: Duration) {
        let at = rng.random_range(0..world.watchers.len());
        let watcher = &world.watchers[at];
        let name = watcher.name.as_str();
        self.faults += 1;
        match rng.random_range(0..12) {
            0..3 if self.links[at].is_none() => {
                let long = between(rng, 100, 25_000);
                sim.partition(name, SERVER);
                self.links[at] = Some((Link::Parted, now + long));
                world.tell(now, format!("{name} is cut off for {long:?}"));
            }
            3..5 if self.links[at].is_none() => {
                let long = between(rng, 50, 15_000);
                sim.hold(name, SERVER);
                self.links[at] = Some((Link::Held, now + long));
                world.tell(now, format!("everything between {name} and the server waits for {long:?}"));
            }
            5..7 => {
                let long = between(rng, 500, 15_000);
                *lock(&watcher.nap) = Some(long);
                let many = rng.random_range(0..3_000);
                lock(&world.work).push(Work::Entries(vec![kilat_wire::Channel::Upload; many]));
                world.tell(now, format!("{name} reads nothing for {long:?}, and {many} entries come"));
            }
            7 if self.down[at].is_none() => {
                let long = between(rng, 0, 8_000);
                sim.crash(name);
                self.down[at] = Some(now + long);
                world.tell(now, format!("{name} dies, and comes back in {long:?}"));
            }
            8..10 if self.blocked[at].is_none() => {
                let long = between(rng, 5_000, 25_000);
                *lock(&watcher.is_blocked) = true;
                self.blocked[at] = Some(now + long);
                // What is open stays open: cut it, so that it looks for another.
                sim.partition(name, SERVER);
                sim.repair(name, SERVER);
                world.tell(now, format!("no new WebSocket gets through to {name} for {long:?}"));
            }
            10 if self.server.is_none() => {
                let long = between(rng, 0, 6_000);
                sim.crash(SERVER);
                self.server = Some(Server::Down(now + long));
                world.tell(now, format!("the server dies, and comes back in {long:?}"));
            }
            11 if self.server.is_none() => {
                let long = between(rng, 0, 4_000);
                if let Some(stop) = lock(&world.stop).as_ref() {
                    stop.ask();
                    self.server = Some(Server::Draining(long));
                    world.tell(now, format!("the server is told to stop, and comes back {long:?} after its end"));
                }
            }
            _ => self.faults -= 1,
        }
    }
}
