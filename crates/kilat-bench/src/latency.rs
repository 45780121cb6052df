//! From the writer's close to the message at a connected viewer: at a photographer's pace and in a
//! burst, against the replaced design on the same files in the same run.
//!
//! The clock starts just before the close, so the close itself is counted.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use kilat_testkit::{Folders, Heard, Server, Viewer, pause};

use crate::percentile::percentile;
use crate::poller::Poller;
use crate::report::Met;
use crate::stage::Studio;
use crate::{Outcome, Row, Setup};

/// Files of a plain session: fewer would make the 99th percentile a matter of luck.
const FILES: usize = 1_000;
const FILES_QUICK: usize = 200;
/// Between two of them: 20 frames a second, the burst of a fast body.
const PACE: Duration = Duration::from_millis(50);
/// Files written back to back.
const BURST: usize = 100;
/// A small JPEG of a camera.
const SIZES: std::ops::Range<usize> = 1_000_000..1_500_000;
/// What is asked.
const P50: Duration = Duration::from_millis(10);
const P99: Duration = Duration::from_millis(50);

/// Measures.
///
/// # Errors
/// When a file cannot be written or is never announced.
pub fn latency(setup: &Setup) -> Outcome<Vec<Row>> {
    let folders = Folders::below(&setup.folder)?;
    let server = Server::start(&setup.kilat, &folders);
    let viewer = server.viewer();
    let poller = Poller::start(&folders.hot);
    let count = if setup.is_quick { FILES_QUICK } else { FILES };
    let mut studio = Studio::open()?;
    let calm = write(&mut studio, &folders.hot, "CLM", count, PACE)?;
    viewer.wait_safe(count as u64);
    let burst = write(&mut studio, &folders.hot, "BST", BURST, Duration::ZERO)?;
    viewer.wait_safe((count + BURST) as u64);
    let announced = poller.stop()?;
    let arrived = first(&viewer, "starting");
    let stored = first(&viewer, "completed");
    let mut rows = Vec::new();
    for (how, closed, targets) in [
        (format!("{count} files at 20/s"), &calm, Some((P50, P99))),
        (format!("{BURST} files back to back"), &burst, None),
    ] {
        let old = since(closed, &announced)?;
        let arrival = format!("close → the file is announced, {how}");
        rows.extend(rows_of(&arrival, &since(closed, &arrived)?, &old, targets));
        rows.extend(rows_of(&format!("close → its copy is proven, {how}"), &since(closed, &stored)?, &old, None));
    }
    Ok(rows)
}

type Times = HashMap<String, Instant>;

fn write(studio: &mut Studio, hot: &Path, prefix: &str, count: usize, pace: Duration) -> Outcome<Times> {
    let folder = hot.join(prefix);
    fs::create_dir_all(&folder)?;
    let mut closed = Times::new();
    for number in 0..count {
        let bytes = studio.frame(SIZES);
        let name = format!("{prefix}_{number:04}.JPG");
        let mut file = File::create(folder.join(&name))?;
        file.write_all(&bytes)?;
        let at = Instant::now();
        drop(file);
        closed.insert(name, at);
        if !pace.is_zero() {
            pause(pace);
        }
    }
    Ok(closed)
}

/// When each file name was first heard of with this status.
fn first(viewer: &Viewer, status: &str) -> Times {
    let mut times = Times::new();
    for Heard { message, at } in viewer.heard() {
        let payload = &message["payload"];
        if message["type"] == "upload_progress" && payload["status"] == status {
            times.entry(payload["fileName"].as_str().unwrap_or_default().to_owned()).or_insert(at);
        }
    }
    times
}

fn since(closed: &Times, heard: &Times) -> Outcome<Vec<Duration>> {
    let one = |(name, at): (&String, &Instant)| {
        let heard = heard.get(name).ok_or_else(|| format!("{name} was never announced"))?;
        Ok(heard.saturating_duration_since(*at))
    };
    closed.iter().map(one).collect()
}

fn rows_of(what: &str, kilat: &[Duration], old: &[Duration], targets: Option<(Duration, Duration)>) -> Vec<Row> {
    let targets = [targets.map(|(p50, _)| p50), targets.map(|(_, p99)| p99), None];
    let ranks = [("p50", 50), ("p99", 99), ("most", 100)];
    let row = |((name, percent), target): ((&str, usize), Option<Duration>)| {
        let (kilat, old) = (percentile(kilat, percent)?, percentile(old, percent)?);
        Some(Row {
            what: format!("{what}: {name}"),
            kilat: milliseconds(kilat),
            rival: format!("{} (2 s poll, 2 s settle)", milliseconds(old)),
            ratio: Some(kilat.as_secs_f64() / old.as_secs_f64()),
            target: target.map(|target| (format!("≤ {}", milliseconds(target)), Met::of(kilat <= target))),
        })
    };
    ranks.into_iter().zip(targets).filter_map(row).collect()
}

fn milliseconds(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1_000.0)
}
