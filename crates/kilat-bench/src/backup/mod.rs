//! Whole events to backup destinations, against the tools that people use for that: `cp` and `sync`, restic, rclone,
//! a plain client library. Kilat reads every copy back and writes a manifest; of the others, none does both.

mod kilat;
mod many;
mod rivals;

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use kilat_testkit::{S3Server, server_program};

use self::kilat::Subject;
use self::rivals::Rivals;
use crate::percentile::median;
use crate::report::Met;
use crate::stage::Stage;
use crate::{Outcome, Row, Setup, process};

pub use self::many::many;

/// Rounds of each; the medians count.
const ROUNDS: usize = 3;
const ROUNDS_QUICK: usize = 1;
/// Sizes of RAW files.
const SIZES: std::ops::Range<usize> = 8 << 20..32 << 20;
const BYTES: u64 = 2_000_000_000;
const BYTES_QUICK: u64 = 60_000_000;

/// What one round took.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cost {
    pub(crate) wall: Duration,
    pub(crate) cpu: Duration,
}

/// To a disk and to an S3 server.
///
/// # Errors
/// When a copy is wrong or missing, or a tool cannot be run.
pub fn backup(setup: &Setup, say: &dyn Fn(&str)) -> Outcome<Vec<Row>> {
    let work = tempfile::Builder::new().prefix("kilat-bench-").tempdir_in(&setup.folder)?;
    let enough = if setup.is_quick { BYTES_QUICK } else { BYTES };
    let stage = Stage::fill(&work.path().join("stage"), SIZES, |_, bytes| bytes >= enough)?;
    let rounds = if setup.is_quick { ROUNDS_QUICK } else { ROUNDS };
    let what = format!("{:.1} GB in {} files of 8 to 32 MB", stage.bytes as f64 / 1e9, stage.files.len());
    let subject = Subject::start(setup, &stage)?;
    let rivals = Rivals { stage: &stage, work: work.path() };
    let mut rows = to_disk(&what, rounds, &subject, &rivals, say)?;
    rows.extend(to_s3(&what, rounds, &subject, &rivals, say)?);
    rows.push(subject.memory(&what)?);
    Ok(rows)
}

fn to_disk(
    what: &str,
    rounds: usize,
    subject: &Subject<'_>,
    rivals: &Rivals<'_>,
    say: &dyn Fn(&str),
) -> Outcome<Vec<Row>> {
    let (mut kilat, mut cp, mut dd, mut restic) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for round in 0..rounds {
        kilat.push(subject.to_disk(round)?);
        cp.push(rivals.cp()?);
        dd.push(rivals.dd()?);
        restic.push(rivals.restic()?);
        say(&format!(
            "disk, round {}: Kilat {}; cp and sync {}; dd there and back {}; restic {}",
            round + 1,
            shown(kilat[round]),
            shown(cp[round]),
            shown(dd[round]),
            shown(restic[round])
        ));
    }
    let cp_name = "`cp -r`, `sync`, which verify nothing";
    Ok(vec![
        row(format!("{what} to a disk, verified: wall"), wall(&kilat)?, (wall(&cp)?, cp_name), Some(1.0)),
        row(
            format!("{what} to a disk, verified: wall"),
            wall(&kilat)?,
            (wall(&dd)?, "`dd` there and back past the cache, nothing compared"),
            None,
        ),
        row(format!("{what} to a disk, verified: CPU"), cpu(&kilat)?, (cpu(&restic)?, "`restic backup`"), Some(0.25)),
        row(format!("{what} to a disk, verified: wall"), wall(&kilat)?, (wall(&restic)?, "`restic backup`"), None),
        row(format!("{what} to a disk, verified: CPU"), cpu(&kilat)?, (cpu(&cp)?, cp_name), None),
    ])
}

fn to_s3(
    what: &str,
    rounds: usize,
    subject: &Subject<'_>,
    rivals: &Rivals<'_>,
    say: &dyn Fn(&str),
) -> Outcome<Vec<Row>> {
    let folder = rivals.work.join("s3");
    let (mut kilat, mut rclone, mut library) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..rounds {
        // A server for each, so that none finds what another left.
        kilat.push(on_server(&folder, |server| subject.to_s3(round, server))?);
        rclone.push(on_server(&folder, |server| rivals.rclone_s3(server))?);
        library.push(on_server(&folder, |server| rivals.boto3(server))?);
        say(&format!(
            "S3, round {}: Kilat {}; rclone {}; boto3 {}",
            round + 1,
            shown(kilat[round]),
            shown(rclone[round]),
            shown(library[round])
        ));
    }
    let (rclone_wall, library_wall) = (wall(&rclone)?, wall(&library)?);
    let names = [(rclone_wall, "`rclone copy`"), (library_wall, "boto3, four at a time")];
    let [faster, slower] = if rclone_wall <= library_wall { names } else { [names[1], names[0]] };
    let title = format!("{what} to an S3 server on this machine, each copy proven: wall");
    Ok(vec![
        row(title.clone(), wall(&kilat)?, faster, Some(1.1)),
        row(title, wall(&kilat)?, slower, None),
        row(format!("{what} to that S3 server: CPU"), cpu(&kilat)?, (cpu(&rclone)?, "`rclone copy`"), None),
    ])
}

fn on_server(folder: &Path, measure: impl FnOnce(&S3Server) -> Outcome<Cost>) -> Outcome<Cost> {
    fs::create_dir_all(folder)?;
    let server = S3Server::start(folder);
    let cost = measure(&server)?;
    drop(server);
    fs::remove_dir_all(folder)?;
    Ok(cost)
}

pub(crate) fn row(what: String, kilat: f64, (rival, name): (f64, &str), most: Option<f64>) -> Row {
    let ratio = kilat / rival;
    Row {
        what,
        kilat: format!("{kilat:.2} s"),
        rival: format!("{rival:.2} s ({name})"),
        ratio: Some(ratio),
        target: most.map(|most| (format!("≤ {most} ×"), Met::of(ratio <= most))),
    }
}

fn wall(costs: &[Cost]) -> Outcome<f64> {
    of(costs, |cost| cost.wall)
}

fn cpu(costs: &[Cost]) -> Outcome<f64> {
    of(costs, |cost| cost.cpu)
}

fn of(costs: &[Cost], part: impl Fn(&Cost) -> Duration) -> Outcome<f64> {
    median(&costs.iter().map(|cost| part(cost).as_secs_f64()).collect::<Vec<_>>())
        .ok_or_else(|| "no round was made".into())
}

/// What our own children cost while this runs.
pub(crate) fn cost_of(run: impl FnOnce() -> Outcome<()>) -> Outcome<Cost> {
    let (begun, cpu) = (Instant::now(), process::cpu_of_ended_children()?);
    run()?;
    Ok(Cost { wall: begun.elapsed(), cpu: process::cpu_of_ended_children()?.saturating_sub(cpu) })
}

pub(crate) fn sync() -> Outcome<()> {
    run(&mut Command::new("sync"))
}

pub(crate) fn run(command: &mut Command) -> Outcome<()> {
    let done = command.output().map_err(|error| format!("cannot run {command:?}: {error}"))?;
    if done.status.success() {
        return Ok(());
    }
    Err(format!("{command:?} ended with {}: {}", done.status, String::from_utf8_lossy(&done.stderr)).into())
}

/// A tool that `scripts/setup.sh` brought or the system has.
pub(crate) fn tool(name: &str) -> Command {
    Command::new(server_program(name))
}

fn shown(cost: Cost) -> String {
    format!("{:.2} s wall, {:.2} s CPU", cost.wall.as_secs_f64(), cost.cpu.as_secs_f64())
}
