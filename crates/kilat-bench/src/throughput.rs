//! Big files from the hot folder to proven copies, against `cp` and `sync`, which prove nothing, and
//! against the processor time of `cp`, `sync` and hashing the copies once.
//!
//! The files are written beforehand on the same disk and moved in one by one: what is measured is
//! Kilat, not the writer. Every round, of all, finds them in the page cache and the disk in sync.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use kilat_testkit::{Folders, Server, hash_file};

use crate::percentile::median;
use crate::report::Met;
use crate::stage::Stage;
use crate::{Outcome, Row, Setup, process};

/// Rounds of each; the medians count.
const ROUNDS: usize = 5;
const ROUNDS_QUICK: usize = 1;
/// Sizes of RAW files.
const SIZES: std::ops::Range<usize> = 8 << 20..32 << 20;
const BYTES: u64 = 2_000_000_000;
const BYTES_QUICK: u64 = 250_000_000;

/// What one round took.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
struct Cost {
    wall: Duration,
    cpu: Duration,
}

/// Measures; `hasher` is a program that hashes a folder when called with `hash-tree FOLDER`.
///
/// # Errors
/// When a copy is wrong or missing, or a tool cannot be run.
pub fn throughput(setup: &Setup, hasher: &Path, say: &dyn Fn(&str)) -> Outcome<Vec<Row>> {
    let work = tempfile::Builder::new().prefix("kilat-bench-").tempdir_in(&setup.folder)?;
    let enough = if setup.is_quick { BYTES_QUICK } else { BYTES };
    let stage = Stage::fill(&work.path().join("stage"), SIZES, |_, bytes| bytes >= enough)?;
    let rounds = if setup.is_quick { ROUNDS_QUICK } else { ROUNDS };
    let (mut kilat, mut cp, mut hash) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..rounds {
        kilat.push(kilat_round(setup, &stage)?);
        let (copied, hashed) = cp_round(&stage, &work.path().join("copies"), hasher)?;
        cp.push(copied);
        hash.push(hashed);
        say(&format!(
            "round {}: Kilat {}; cp and sync {}; hashing {}",
            round + 1,
            shown(kilat[round]),
            shown(copied),
            shown(hashed)
        ));
    }
    let what = format!("{:.1} GB in {} files of 8 to 32 MB", stage.bytes as f64 / 1e9, stage.files.len());
    let wall = |costs: &[Cost]| median(&costs.iter().map(|cost| cost.wall.as_secs_f64()).collect::<Vec<_>>());
    let cpu = |costs: &[Cost]| median(&costs.iter().map(|cost| cost.cpu.as_secs_f64()).collect::<Vec<_>>());
    let all: Vec<Cost> =
        cp.iter().zip(&hash).map(|(a, b)| Cost { wall: a.wall + b.wall, cpu: a.cpu + b.cpu }).collect();
    let row = |what: String, kilat: Option<f64>, rival: Option<f64>, name: &str, is_target: bool| {
        let (kilat, rival) = kilat.zip(rival).ok_or("no round was made")?;
        let ratio = kilat / rival;
        let target = is_target.then(|| ("≤ 1.0 ×".to_owned(), Met::of(ratio <= 1.0)));
        Ok::<_, Box<dyn std::error::Error + Send + Sync>>(Row {
            what,
            kilat: format!("{kilat:.2} s"),
            rival: format!("{rival:.2} s ({name})"),
            ratio: Some(ratio),
            target,
        })
    };
    Ok(vec![
        row(format!("{what}: wall"), wall(&kilat), wall(&cp), "`cp -r`, `sync`", true)?,
        row(format!("{what}: CPU"), cpu(&kilat), cpu(&all), "`cp -r`, `sync`, hash of the copies", true)?,
        row(format!("{what}: wall"), wall(&kilat), wall(&all), "`cp -r`, `sync`, hash of the copies", false)?,
        row(format!("{what}: CPU"), cpu(&kilat), cpu(&cp), "`cp -r`, `sync`", false)?,
    ])
}

fn kilat_round(setup: &Setup, stage: &Stage) -> Outcome<Cost> {
    let folders = Folders::below(&setup.folder)?;
    let server = Server::start(&setup.kilat, &folders);
    let viewer = server.viewer();
    stage.warm()?;
    sync()?;
    let (begun, cpu) = (Instant::now(), process::cpu(server.pid())?);
    let moved = |path: &Path| folders.hot.join(path.file_name().unwrap_or_default());
    for path in &stage.files {
        fs::rename(path, moved(path))?;
    }
    viewer.wait_safe(stage.files.len() as u64);
    let cost = Cost { wall: begun.elapsed(), cpu: process::cpu(server.pid())?.saturating_sub(cpu) };
    let verdict = stage.oracle.judge(&folders.out)?;
    server.kill();
    for path in &stage.files {
        fs::rename(moved(path), path)?;
    }
    if !verdict.is_good() {
        return Err(format!("the copies are wrong: {verdict:?}").into());
    }
    Ok(cost)
}

fn cp_round(stage: &Stage, copies: &Path, hasher: &Path) -> Outcome<(Cost, Cost)> {
    stage.warm()?;
    sync()?;
    let copied = cost_of(|| {
        run(Command::new("cp").arg("-r").arg(&stage.folder).arg(copies))?;
        sync()
    })?;
    let hashed = cost_of(|| run(Command::new(hasher).arg("hash-tree").arg(copies).stdout(Stdio::null())))?;
    fs::remove_dir_all(copies)?;
    Ok((copied, hashed))
}

fn cost_of(run: impl FnOnce() -> Outcome<()>) -> Outcome<Cost> {
    let (begun, cpu) = (Instant::now(), process::cpu_of_ended_children()?);
    run()?;
    Ok(Cost { wall: begun.elapsed(), cpu: process::cpu_of_ended_children()?.saturating_sub(cpu) })
}

fn sync() -> Outcome<()> {
    run(&mut Command::new("sync"))
}

fn run(command: &mut Command) -> Outcome<()> {
    let status = command.status().map_err(|error| format!("cannot run {command:?}: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("{command:?} ended with {status}").into()) }
}

/// Hashes every file of a folder with BLAKE3 and says the hashes: what `b3sum` does, in a process of its own.
///
/// # Errors
/// When one cannot be read.
pub fn hash_tree(folder: &Path, say: &mut dyn FnMut(&str)) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let hash = hash_file(&File::open(&path)?)?;
        say(&format!("{}  {}", hash, path.display()));
    }
    Ok(())
}

fn shown(cost: Cost) -> String {
    format!("{:.2} s wall, {:.2} s CPU", cost.wall.as_secs_f64(), cost.cpu.as_secs_f64())
}
