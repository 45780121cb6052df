//! One run: hosts, work, faults, then peace; and the verdict.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use kilat_core::{Clock, IdSource, Offset, Recorded};
use kilat_journal::Journal;
use kilat_wire::{Channel, Channels};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use turmoil::{Builder, Sim};

use crate::clock::SimClock;
use crate::faults::Broken;
use crate::oracle::{Failure, Summary, entries, is_settled, judge, last};
use crate::server::serve;
use crate::watcher::watch;
use crate::world::{SERVER, Seen, Watcher, Work, World, lock};

/// One step of the network.
const TICK: Duration = Duration::from_millis(5);
/// How long things break.
const WAR: Duration = Duration::from_secs(20);
/// How long everybody has to be up to date after the last thing broke: dead peers are found within a minute.
const PEACE: Duration = Duration::from_secs(150);
/// Segments that wait in the receiver's kernel: so few that a watcher that reads nothing is noticed.
const SEGMENTS: usize = 8;

/// The last entries: `upload` is everybody's, so that its place is everybody's last.
const LAST_WORDS: [Channel; 5] = [Channel::Dslr, Channel::Backup, Channel::Camera, Channel::System, Channel::Upload];

/// Which server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Build {
    /// As it is.
    Real,
    /// With subscriptions that read before they register.
    PlantedBug,
}

/// Runs one seed.
///
/// # Errors
/// What must not be, with what broke before.
pub fn run(seed: u64, build: Build) -> Result<Summary, Box<Failure>> {
    let mut rng = SmallRng::seed_from_u64(seed);
    let world = Arc::new(World {
        build,
        seed,
        journal: std::path::PathBuf::new(),
        clock: Arc::default(),
        watchers: (0..rng.random_range(2..5)).map(|number| watcher(number, &mut rng)).collect(),
        work: Mutex::default(),
        head: Mutex::default(),
        stop: Mutex::default(),
        story: Mutex::default(),
    });
    let fail = |world: &World, what: String| Box::new(Failure { seed, what, story: lock(&world.story).clone() });
    let folder = tempfile::Builder::new().prefix("kilat-sim-").tempdir();
    let folder = folder.map_err(|error| fail(&world, format!("no folder: {error}")))?;
    let mut world = world;
    if let Some(world) = Arc::get_mut(&mut world) {
        world.journal = folder.path().join("journal.db");
    }
    let mut sim = network(seed, &mut rng);
    let served = Arc::clone(&world);
    sim.host(SERVER, move || serve(Arc::clone(&served)));
    for watcher in &world.watchers {
        let (watched, around) = (Arc::clone(watcher), Arc::clone(&world));
        sim.host(watcher.name.as_str(), move || watch(Arc::clone(&around), Arc::clone(&watched)));
    }
    let ran = play(&mut sim, &world, &mut rng);
    // Ends every host, so that the journal is free.
    drop(sim);
    let (faults, head, paused) = ran.map_err(|what| fail(&world, what))?;
    let log = read(&world).map_err(|what| fail(&world, what))?;
    if last(&log) != head {
        return Err(fail(&world, format!("the journal ends at {}, and it told {head}", last(&log))));
    }
    let mut all = Summary { runs: 1, faults, ..Summary::default() };
    for watcher in &world.watchers {
        all = all.plus(judge(watcher, &log, paused).map_err(|what| fail(&world, what))?);
    }
    Ok(all)
}

fn watcher(number: usize, rng: &mut SmallRng) -> Arc<Watcher> {
    let some: Channels = Channel::ALL.into_iter().filter(|_| rng.random_bool(0.5)).collect();
    Arc::new(Watcher {
        name: format!("watcher-{number}"),
        channels: some.and(Channels::of(&[Channel::Upload])),
        seed: rng.random(),
        seen: Mutex::new(Seen::default()),
        nap: Mutex::default(),
        is_blocked: Mutex::default(),
    })
}

fn network(seed: u64, rng: &mut SmallRng) -> Sim<'static> {
    Builder::new()
        .tick_duration(TICK)
        .simulation_duration(WAR + PEACE + PEACE)
        .min_message_latency(Duration::from_millis(1))
        .max_message_latency(Duration::from_millis(rng.random_range(5..200)))
        .tcp_capacity(SEGMENTS)
        .enable_random_order()
        .rng_seed(seed)
        .build()
}

/// War, then peace until everybody is up to date. Answers the faults, the last entry, and the last state.
fn play(sim: &mut Sim<'_>, world: &Arc<World>, rng: &mut SmallRng) -> Result<(u64, u64, bool), String> {
    let mut broken = Broken::none(world.watchers.len());
    let mut next_work = Duration::ZERO;
    while sim.elapsed() < WAR {
        let now = sim.elapsed();
        if now >= next_work {
            next_work = now + Duration::from_millis(rng.random_range(5..400));
            lock(&world.work).push(work(rng));
        }
        broken.step(sim, world, rng, now);
        step(sim, world)?;
    }
    world.tell(sim.elapsed(), "peace");
    let until = sim.elapsed() + PEACE;
    while !broken.mend(sim, world, sim.elapsed(), true) || !lock(&world.work).is_empty() {
        if sim.elapsed() > until {
            return Err(format!("the server did not come back; running: {}", sim.is_host_running(SERVER)));
        }
        step(sim, world)?;
    }
    // The last word: everybody is owed it, and nobody is cut off.
    let paused: bool = rng.random();
    lock(&world.work).extend([Work::Pause(!paused), Work::Pause(paused), Work::Entries(LAST_WORDS.to_vec())]);
    let until = sim.elapsed() + PEACE;
    let mut head = 0;
    while sim.elapsed() < until {
        step(sim, world)?;
        if head == 0 && lock(&world.work).is_empty() {
            head = *lock(&world.head);
        }
        // All settled: nothing to wait for but the watchers' own pace.
        if head > 0 && is_settled(world, head, paused) {
            return Ok((broken.faults, head, paused));
        }
    }
    let places: Vec<String> = world.watchers.iter().map(|watcher| stands(watcher)).collect();
    Err(format!("not everybody was up to date {PEACE:?} after peace: the log ends at {head}; {}", places.join(", ")))
}

fn stands(watcher: &Watcher) -> String {
    let seen = lock(&watcher.seen);
    let place = seen.cursor.as_ref().map_or("nowhere".to_owned(), ToString::to_string);
    format!("{} at {place}, paused {:?}, holes {:?}", watcher.name, seen.paused, seen.holes)
}

fn work(rng: &mut SmallRng) -> Work {
    match rng.random_range(0..20) {
        0 => Work::Pause(rng.random()),
        1 => Work::Entries(vec![Channel::Upload; rng.random_range(50..600)]),
        _ => {
            let some = 0..rng.random_range(1..4);
            Work::Entries(some.map(|_| Channel::ALL[rng.random_range(0..Channel::ALL.len())]).collect())
        }
    }
}

fn step(sim: &mut Sim<'_>, world: &World) -> Result<(), String> {
    world.clock.set(sim.elapsed());
    // Only watchers and the server run, which never end by themselves.
    sim.step().map(|_is_over| ()).map_err(|error| format!("a host failed: {error}"))
}

/// The entries in the journal, once no host holds it.
fn read(world: &World) -> Result<Vec<(u64, Channels)>, String> {
    records(&world.journal).map(|records| entries(&records))
}

fn records(path: &std::path::Path) -> Result<Vec<Recorded>, String> {
    let clock: Arc<dyn Clock> = Arc::new(SimClock::default());
    let journal = Journal::open(path, Arc::clone(&clock), Arc::new(IdSource::new(clock)));
    let journal = journal.map_err(|error| error.to_string())?;
    let runtime = tokio::runtime::Builder::new_current_thread().build().map_err(|error| error.to_string())?;
    runtime.block_on(async {
        let mut tail = journal.tail(Offset(0));
        let mut all = Vec::new();
        while tail.position() < journal.head() {
            all.extend(tail.next().await.map_err(|error| error.to_string())?.iter().cloned());
        }
        Ok(all)
    })
}
