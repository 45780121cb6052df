//! Thousands of files at once: none missed, memory within bounds, and quiet afterwards.

use std::fs;
use std::time::{Duration, Instant};

use kilat_testkit::{Folders, Server, pause};

use crate::report::Met;
use crate::stage::Stage;
use crate::{Outcome, Row, Setup, process};

/// A full card of small JPEGs.
const FILES: usize = 5_000;
const FILES_QUICK: usize = 500;
const SIZES: std::ops::Range<usize> = 100_000..300_000;
/// How long idleness is watched.
const IDLE: Duration = Duration::from_secs(60);
const IDLE_QUICK: Duration = Duration::from_secs(5);
/// Until the last copies are recorded, announced and their memory is given back.
const REST: Duration = Duration::from_secs(5);
/// What is asked.
const MOST_PEAK: f64 = 150.0;
const MOST_IDLE: f64 = 60.0;
const MOST_IDLE_CPU: f64 = 0.5;

/// Measures.
///
/// # Errors
/// When a file is missed or a copy is wrong.
pub fn crowd(setup: &Setup) -> Outcome<Vec<Row>> {
    let folders = Folders::below(&setup.folder)?;
    let (count, idle) = if setup.is_quick { (FILES_QUICK, IDLE_QUICK) } else { (FILES, IDLE) };
    let stage = Stage::fill(&folders.path().join("card"), SIZES, |files, _| files >= count)?;
    let server = Server::start(&setup.kilat, &folders);
    let viewer = server.viewer();
    let begun = Instant::now();
    // One rename: all of them are there in the same moment.
    fs::rename(&stage.folder, folders.hot.join("card"))?;
    viewer.wait_safe(count as u64);
    let wall = begun.elapsed();
    let verdict = stage.oracle.judge(&folders.out)?;
    pause(REST);
    let cpu = process::cpu(server.pid())?;
    pause(idle);
    let busy = process::cpu(server.pid())?.saturating_sub(cpu).as_secs_f64() / idle.as_secs_f64() * 100.0;
    let (now, most) = process::memory(server.pid())?;
    let megabytes = |bytes: u64| bytes as f64 / 1e6;
    let row = |what: String, kilat: String, target: Option<(String, Met)>| Row {
        what,
        kilat,
        rival: "–".to_owned(),
        ratio: None,
        target,
    };
    let wrong = verdict.missing.len() + verdict.twice.len() + verdict.foreign.len();
    if wrong > 0 {
        return Err(format!("{wrong} of {count} files that came at once are missed, doubled or damaged").into());
    }
    Ok(vec![
        row(
            format!("{count} files at once: missed, doubled or damaged"),
            "0".to_owned(),
            Some(("0".to_owned(), Met::Yes)),
        ),
        row(format!("{count} files at once: all proven after"), format!("{:.1} s", wall.as_secs_f64()), None),
        row(
            "memory at the peak (VmHWM)".to_owned(),
            format!("{:.1} MB", megabytes(most)),
            Some((format!("≤ {MOST_PEAK} MB"), Met::of(megabytes(most) <= MOST_PEAK))),
        ),
        row(
            "memory when idle afterwards (VmRSS)".to_owned(),
            format!("{:.1} MB", megabytes(now)),
            Some((format!("≤ {MOST_IDLE} MB"), Met::of(megabytes(now) <= MOST_IDLE))),
        ),
        row(
            format!("CPU when idle, over {} s with a viewer", idle.as_secs()),
            format!("{busy:.2} % of a core"),
            Some((format!("< {MOST_IDLE_CPU} %"), Met::of(busy < MOST_IDLE_CPU))),
        ),
    ])
}
