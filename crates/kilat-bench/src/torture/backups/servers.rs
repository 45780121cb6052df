//! `kill -9` at random moments while an event is backed up to S3, SFTP, WebDAV and a vault; judged by what stands there.
//!
//! What it would catch: a copy that is recorded before it is proven, a part that is taken for a copy, an upload in parts
//! that goes on with the wrong ones, a copy that is made twice, a repository or manifest that a kill leaves broken.

use std::fs;
use std::time::Duration;

use kilat_testkit::{Server, pause};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use rustix::process::{Pid, Signal, kill_process};

use super::event::{Event, ask, is_going, wait_end_patiently};
use super::places::{Kind, Place};
use crate::Outcome;
use crate::torture::{Ordeal, Tally};

/// Files of one round that go in one call.
const SMALL: usize = 20;
/// Files that go in parts of 8 MiB.
const LARGE: usize = 2;
const SMALL_SIZES: std::ops::Range<usize> = 60_000..300_000;
const LARGE_SIZES: std::ops::Range<usize> = 9_000_000..14_000_000;
/// Latest moment of a kill after the server is up.
const LATEST_MS: u64 = 400;
/// Kills of one run.
const KILLS: u64 = 8;

/// Kills so many times at each kind of place, all kinds at once: they mostly wait.
///
/// # Errors
/// When a server is missing, or a run does not do what it must.
///
/// # Panics
/// When a server does not start, or does not finish in time.
pub fn servers(ordeal: &Ordeal<'_>, times: u64) -> Outcome<Vec<Tally>> {
    std::thread::scope(|scope| {
        let kinds = Kind::ALL.map(|kind| scope.spawn(move || at(ordeal, kind, times)));
        kinds.into_iter().map(|kind| kind.join().map_err(|_panic| "a part broke off")?).collect()
    })
}

fn at(ordeal: &Ordeal<'_>, kind: Kind, times: u64) -> Outcome<Tally> {
    let mut rng = SmallRng::seed_from_u64(ordeal.seed);
    let mut tally = Tally::of(&format!("`kill -9` while an event is backed up to {}", kind.name()));
    let mut midway = 0;
    while tally.times < times {
        midway += round(ordeal, kind, (times - tally.times).min(KILLS), &mut rng, &mut tally)?;
        let Tally { what, times, owed, lost, .. } = &tally;
        (ordeal.say)(&format!("{what}: {times} times, {midway} midway, {owed} files, {lost} lost"));
    }
    if times >= KILLS && midway == 0 {
        return Err("the harness is blind: no kill came before the end of a run".into());
    }
    Ok(tally)
}

/// One event to one new place; answers how many kills came before the end of the run.
fn round(ordeal: &Ordeal<'_>, kind: Kind, kills: u64, rng: &mut SmallRng, tally: &mut Tally) -> Outcome<u64> {
    let place = Place::start(kind, &ordeal.folder)?;
    let mut event = Event::new(ordeal, "[backup]\nparallel = 2\n")?;
    let mut server = event.start();
    event.shoot(SMALL, SMALL_SIZES)?;
    event.shoot(LARGE, LARGE_SIZES)?;
    event.wait_safe(&server);
    event.add("place", &place.url, &place.secrets)?;
    let id = ask(&server, "copy")?;
    let mut midway = 0;
    for _ in 0..kills {
        pause(Duration::from_millis(rng.random_range(0..LATEST_MS)));
        if !is_going(&server, &id) {
            break;
        }
        // Of a vault, its own process as often as the whole.
        if kind == Kind::Vault && rng.random_ratio(1, 2) {
            kill_workers(&server)?;
        } else {
            server.kill();
            server = event.start();
        }
        tally.times += 1;
        midway += u64::from(is_going(&server, &id));
    }
    let run = wait_end_patiently(&server, &id)?;
    if run["phase"] != "completed" {
        (ordeal.say)(&format!("WRONG the run ended with {run}\n{}", event.folders.log()));
        tally.lost += 1;
    }
    if !server.stop().success() {
        return Err("the last server did not stop well".into());
    }
    tally.owed += event.oracle.count();
    event.note(ordeal, tally, &place.judge(&event.oracle)?);
    Ok(midway)
}

/// Kills the processes that work on a vault for this server.
fn kill_workers(server: &Server) -> Outcome<()> {
    for process in fs::read_dir("/proc")? {
        let process = process?;
        // What ends meanwhile is read as empty.
        let read = |name: &str| fs::read_to_string(process.path().join(name)).unwrap_or_default();
        let is_its = read("status").contains(&format!("\nPPid:\t{}\n", server.pid()));
        let pid = process.file_name().to_string_lossy().parse().ok().and_then(Pid::from_raw);
        if let Some(pid) = pid.filter(|_| is_its && read("cmdline").contains("vault-worker")) {
            // Ended by itself already is as good.
            kill_process(pid, Signal::KILL).unwrap_or(());
        }
    }
    Ok(())
}
