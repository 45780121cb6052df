//! Who pulls cables and kills processes, at random, until told to end.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kilat_demo::{Fault, VirtualCamera};
use kilat_testkit::{Folders, Server, Start, pause};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

/// Between two faults, at most.
const PACE_MS: u64 = 1_500;
/// How long a cable is out, or a camera dozes, at most.
const OUT_MS: u64 = 800;
/// A cable that is to be pulled in the middle of a file is pulled before this byte.
const LATEST_BYTE: u64 = 120_000;

/// The server that runs now, if one does; its folders and how it is started.
#[derive(Debug)]
pub(super) struct Running<'a> {
    kilat: &'a Path,
    folders: &'a Folders,
    start: Start,
    server: Mutex<Life>,
}

/// The server, and the how many-th it is.
#[derive(Debug)]
struct Life {
    number: u64,
    server: Option<Server>,
}

impl<'a> Running<'a> {
    pub(super) fn start(kilat: &'a Path, folders: &'a Folders, start: Start) -> Self {
        let server = Some(Server::start_with(kilat, folders, &start));
        let server = Mutex::new(Life { number: 1, server });
        Self { kilat, folders, start, server }
    }

    /// Where its FTP answers; none while no server is ready.
    pub(super) fn ftp(&self) -> Option<String> {
        let text = fs::read(self.folders.data.join("ready.json")).ok()?;
        let ready: Value = serde_json::from_slice(&text).ok()?;
        Some(ready["ftp"].as_str()?.trim_start_matches("ftp://").to_owned())
    }

    fn kill_and_start(&self, down: Duration) {
        let mut life = self.life();
        if let Some(server) = life.server.take() {
            server.kill();
        }
        pause(down);
        life.server = Some(Server::start_with(self.kilat, self.folders, &self.start));
        life.number += 1;
    }

    /// Kills one of its helpers, if it has any.
    fn kill_helper(&self, rng: &mut SmallRng) -> bool {
        let helpers = self.life().server.as_ref().map(|server| helpers_of(server.pid())).unwrap_or_default();
        if helpers.is_empty() {
            return false;
        }
        let chosen = helpers[rng.random_range(0..helpers.len())];
        kill_process(chosen, Signal::KILL).is_ok()
    }

    /// Runs a program in the server's own view of the machine; answers in which server's, where it did what it should.
    pub(super) fn on_its_machine(&self, command: &[&Path]) -> Option<u64> {
        // Held: nobody kills it meanwhile.
        let life = self.life();
        let pid = life.server.as_ref()?.pid();
        let mut nsenter = Command::new("nsenter");
        let output = nsenter.arg(format!("--mount=/proc/{pid}/ns/mnt")).args(command).output();
        output.is_ok_and(|output| output.status.success()).then_some(life.number)
    }

    /// Whether this server is still the one that runs.
    pub(super) fn is(&self, number: u64) -> bool {
        self.life().number == number
    }

    /// Asks the server that runs; null when that fails.
    pub(super) fn get(&self, path: &str) -> Value {
        self.life().server.as_ref().map(|server| server.get(path)).unwrap_or_default()
    }

    fn life(&self) -> MutexGuard<'_, Life> {
        self.server.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The server, which goes on running.
    ///
    /// # Panics
    /// When none was started.
    pub(super) fn into_server(self) -> Server {
        let life = self.server.into_inner().unwrap_or_else(PoisonError::into_inner);
        life.server.expect("a server runs")
    }
}

/// Processes that the server started to speak with a camera.
fn helpers_of(server: i32) -> Vec<Pid> {
    let mut helpers = Vec::new();
    let processes = fs::read_dir("/proc").into_iter().flatten().filter_map(Result::ok);
    for folder in processes.map(|entry| entry.path()) {
        let is_child = parent_of(&folder) == Some(server);
        let is_tether = fs::read(folder.join("cmdline")).is_ok_and(|line| contains(&line, b"tether-worker"));
        let pid = folder.file_name().and_then(|name| name.to_str()?.parse().ok()).and_then(Pid::from_raw);
        helpers.extend(pid.filter(|_| is_child && is_tether));
    }
    helpers
}

fn parent_of(process: &Path) -> Option<i32> {
    let stat = fs::read_to_string(process.join("stat")).ok()?;
    // The name may hold anything, in brackets; behind it come the state and the parent.
    stat.rsplit_once(") ")?.1.split(' ').nth(1)?.parse().ok()
}

fn contains(line: &[u8], word: &[u8]) -> bool {
    line.windows(word.len()).any(|part| part == word)
}

/// Counts what it breaks.
#[derive(Debug)]
pub(super) struct Chaos {
    seed: u64,
    is_over: AtomicBool,
    unplugs: AtomicU64,
    /// In the middle of a download.
    cuts: AtomicU64,
    dozes: AtomicU64,
    helper_kills: AtomicU64,
    server_kills: AtomicU64,
}

impl Chaos {
    pub(super) fn new(seed: u64) -> Self {
        let none = || AtomicU64::new(0);
        Self {
            seed,
            is_over: AtomicBool::new(false),
            unplugs: none(),
            cuts: none(),
            dozes: none(),
            helper_kills: none(),
            server_kills: none(),
        }
    }

    /// Breaks things until told to end.
    ///
    /// # Panics
    /// When a server does not start again.
    pub(super) fn run(&self, running: &Running<'_>, cameras: [&VirtualCamera; 2]) {
        let mut rng = SmallRng::seed_from_u64(self.seed);
        while !self.is_over.load(Ordering::Relaxed) {
            pause(Duration::from_millis(rng.random_range(0..PACE_MS)));
            let camera = cameras[rng.random_range(0..cameras.len())];
            let out = Duration::from_millis(rng.random_range(0..OUT_MS));
            match rng.random_range(0..12) {
                0..3 => {
                    camera.unplug();
                    pause(out);
                    self.unplugs.fetch_add(1, Ordering::Relaxed);
                }
                3..6 => {
                    let before = camera.cuts();
                    camera.cut(rng.random_range(1..LATEST_BYTE), Fault::Unplug);
                    // Where nothing is downloaded, it is pulled at the next file.
                    if camera.wait_for_cuts(before + 1, Duration::from_millis(PACE_MS)) {
                        pause(out);
                    }
                }
                6..8 => {
                    camera.doze();
                    pause(out);
                    camera.wake();
                    self.dozes.fetch_add(1, Ordering::Relaxed);
                }
                8..10 => {
                    let was_killed = running.kill_helper(&mut rng);
                    self.helper_kills.fetch_add(u64::from(was_killed), Ordering::Relaxed);
                }
                _ => {
                    running.kill_and_start(out / 2);
                    self.server_kills.fetch_add(1, Ordering::Relaxed);
                }
            }
            for camera in cameras {
                camera.plug().expect("the port is its own");
            }
        }
        for camera in cameras {
            // One that did not come yet is not to come when others read the cards.
            camera.cut(u64::MAX, Fault::Unplug);
        }
        self.cuts.store(cameras.iter().map(|camera| camera.cuts()).sum(), Ordering::Relaxed);
    }

    pub(super) fn end(&self) {
        self.is_over.store(true, Ordering::Relaxed);
    }

    /// How many things it broke.
    pub(super) fn count(&self) -> u64 {
        let counted = [&self.unplugs, &self.cuts, &self.dozes, &self.helper_kills, &self.server_kills];
        counted.iter().map(|count| count.load(Ordering::Relaxed)).sum()
    }

    /// In words.
    pub(super) fn summary(&self) -> String {
        let n = |count: &AtomicU64| count.load(Ordering::Relaxed);
        format!(
            "{} cables pulled and {} in the middle of a file, {} dozes, {} helpers and {} servers killed",
            n(&self.unplugs),
            n(&self.cuts),
            n(&self.dozes),
            n(&self.helper_kills),
            n(&self.server_kills)
        )
    }
}
