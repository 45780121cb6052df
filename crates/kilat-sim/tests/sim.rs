//! Some seeds in every test run; `make torture` runs ten thousand.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use kilat_sim::{Build, Summary, run};

/// Seeds of a test run.
const SEEDS: u64 = 100;
/// Seeds beyond those that found something: a replay that went on twice named a place that nobody had told.
const FOUND: [u64; 1] = [535];
/// Seeds within which the planted bug must show.
const PLANTED: u64 = 40;

#[test]
fn every_watcher_gets_every_entry_once_and_in_order_whatever_breaks() {
    let seeds: Vec<u64> = (0..SEEDS).chain(FOUND).collect();
    let next = AtomicUsize::new(0);
    let all: Mutex<(Summary, Vec<String>)> = Mutex::default();
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                loop {
                    let Some(seed) = seeds.get(next.fetch_add(1, Ordering::Relaxed)) else { return };
                    let ran = run(*seed, Build::Real);
                    let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
                    match ran {
                        Ok(summary) => all.0 = all.0.plus(summary),
                        Err(failure) => all.1.push(failure.to_string()),
                    }
                }
            });
        }
    });
    let (summary, failures) = all.into_inner().unwrap_or_else(PoisonError::into_inner);
    println!("{summary}");
    assert!(failures.is_empty(), "{} of {}:\n{}", failures.len(), seeds.len(), failures.join("\n"));
    // A simulation in which nothing happens proves nothing.
    assert!(summary.owed > 50_000 && summary.resyncs > 10 && summary.polls > 10, "{summary}");
}

#[test]
fn a_subscription_that_reads_before_it_registers_is_found() {
    let failure = (0..PLANTED).find_map(|seed| run(seed, Build::PlantedBug).err());
    let failure = failure.expect("the simulation is blind: the planted bug was not found");
    println!("{failure}");
}
