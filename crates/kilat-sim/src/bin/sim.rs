//! `sim`: many seeds, on every core; prints what was owed and what failed.

#![expect(clippy::print_stdout, reason = "a program whose output is a table")]

use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use clap::Parser;
use kilat_sim::{Build, Failure, Summary, run};

/// Failures that are printed in full.
const SHOWN: usize = 5;

/// Runs the live wire on a simulated network
#[derive(Debug, Parser)]
struct Arguments {
    /// The first seed
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many
    #[arg(long, default_value_t = 10_000)]
    seeds: u64,
    /// With the planted bug: succeeds only when it is found
    #[arg(long)]
    planted: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let build = if arguments.planted { Build::PlantedBug } else { Build::Real };
    let next = AtomicU64::new(arguments.seed);
    let all: Mutex<(Summary, Vec<Box<Failure>>)> = Mutex::default();
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= arguments.seed + arguments.seeds {
                        return;
                    }
                    let ran = run(seed, build);
                    let mut all = all.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                    match ran {
                        Ok(summary) => all.0 = all.0.plus(summary),
                        Err(failure) => all.1.push(failure),
                    }
                }
            });
        }
    });
    let (summary, failures) = all.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    for failure in failures.iter().take(SHOWN) {
        println!("{failure}");
    }
    println!("{summary}; {} of {} seeds failed", failures.len(), arguments.seeds);
    match (build, failures.is_empty()) {
        (Build::Real, true) | (Build::PlantedBug, false) => ExitCode::SUCCESS,
        (Build::Real, false) | (Build::PlantedBug, true) => ExitCode::FAILURE,
    }
}
