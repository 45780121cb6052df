//! An S3 server behind a proxy that lies to a call in so many, in a manner drawn each time, while an event is backed up.
//!
//! A run that says *completed* must have every copy; one that says *failed* must say what failed, and a retry completes it
//! once the proxy tells the truth. What it would catch: an acknowledgement that is believed, a checksum that is not
//! compared, a copy that is made twice because an answer was lost.

use std::collections::BTreeMap;
use std::time::Duration;

use kilat_testkit::{Liar, Lie, S3Server, s3_url};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use serde_json::Value;

use super::event::{Event, ask, ended, said, state, wait_end_patiently};
use super::places::{public_tool_agrees, s3_secrets};
use crate::Outcome;
use crate::torture::{Ordeal, Tally};

const SMALL: usize = 24;
const LARGE: usize = 2;
const SMALL_SIZES: std::ops::Range<usize> = 60_000..200_000;
const LARGE_SIZES: std::ops::Range<usize> = 9_000_000..20_000_000;
/// How long it lies: enough for most runs to end.
const LIES: Duration = Duration::from_secs(20);
/// Longest silence of a call.
const SILENCE_MS: u64 = 1_500;
/// Retries of a run that failed, the last ones without lies.
const RETRIES: u32 = 3;

/// Backs so many events up through lies.
///
/// # Errors
/// When a server is missing, or a run does not do what it must.
///
/// # Panics
/// When a server does not start, or does not finish in time.
pub fn lies(ordeal: &Ordeal<'_>, runs: u64) -> Outcome<Tally> {
    let mut rng = SmallRng::seed_from_u64(ordeal.seed);
    let mut tally = Tally::of("events backed up through an S3 proxy that lies");
    let (mut told, mut failed) = (Told::new(), 0);
    while tally.times < runs {
        tally.times += 1;
        failed += u64::from(round(ordeal, &mut rng, &mut tally, &mut told)?);
        let all: u64 = told.values().sum();
        (ordeal.say)(&format!("{} runs through {all} lies, {failed} failed at first: {told:?}", tally.times));
    }
    Ok(tally)
}

/// How often it lied, by manner.
type Told = BTreeMap<&'static str, u64>;

/// One event; answers whether the run failed before the truth was told again.
fn round(ordeal: &Ordeal<'_>, rng: &mut SmallRng, tally: &mut Tally, told: &mut Told) -> Outcome<bool> {
    let home = tempfile::Builder::new().prefix("kilat-place-").tempdir_in(&ordeal.folder)?;
    let s3 = S3Server::start(home.path());
    let liar = Liar::start(s3.address);
    let mut event = Event::new(ordeal, "[backup]\nparallel = 4\n")?;
    let server = event.start();
    event.shoot(SMALL, SMALL_SIZES)?;
    event.shoot(LARGE, LARGE_SIZES)?;
    event.wait_safe(&server);
    event.add("cloud", &s3_url(liar.address, "studio"), &s3_secrets())?;
    let every = [
        Lie::StatusAfter(500),
        Lie::StatusAfter(502),
        Lie::DropAfter,
        Lie::FlipUp,
        Lie::FlipDown,
        Lie::Truncate(home.path().to_owned()),
        Lie::WrongTag,
        Lie::Cut,
        Lie::Short,
        Lie::Slow(Duration::from_millis(rng.random_range(1..200))),
        Lie::HangFor(Duration::from_millis(rng.random_range(1..SILENCE_MS))),
        Lie::Answer(503, "SlowDown", "retry-after: 1\r\n"),
        Lie::Answer(500, "InternalError", ""),
    ];
    // Some runs meet one kind of lie often, some all of them.
    let drawn = if rng.random() { every.to_vec() } else { vec![every[rng.random_range(0..every.len())].clone()] };
    liar.lie_by_chance(drawn, rng.random_range(3..16), rng.random());
    let id = ask(&server, "copy")?;
    // Some lies hold it up until the truth is told; then it says what it waits for.
    let ended = server.viewer().try_wait_within(LIES, &mut |heard| ended(heard, &id));
    if ended.is_none() {
        says_what_holds_it_up(&state(&server, &id))?;
    }
    liar.stop();
    let mut run = wait_end_patiently(&server, &id)?;
    let has_failed = ended.is_none_or(|run| run["phase"] != "completed");
    liar.told_by().into_iter().for_each(|(what, times)| *told.entry(what).or_default() += times);
    for _ in 0..RETRIES {
        if run["phase"] == "completed" {
            break;
        }
        says_what_failed(&run)?;
        // Its exit status says the same as the run, which is asked for.
        event.kilat(&["backup", "retry", &id, "--wait"]).output()?;
        run = state(&server, &id);
    }
    if run["phase"] != "completed" {
        return Err(format!("the truth is told, and the run still fails: {run}\n{}", event.folders.log()).into());
    }
    if !server.stop().success() {
        return Err("the server did not stop well".into());
    }
    tally.owed += event.oracle.count();
    let place = home.path().join(S3Server::BUCKET).join("studio");
    let mut verdict = event.oracle.judge(&place)?;
    // What a lie left under a name that was not ours any more to remove: damaged, and listed nowhere.
    let strangers = verdict.foreign.len() as u64;
    let report = event.kilat(&["verify", &place.to_string_lossy(), "--json"]).output()?;
    let json: Value = serde_json::from_slice(&report.stdout).unwrap_or_default();
    if report.status.success() && json["unlisted"] == strangers && json["sound"] == event.oracle.count() {
        if strangers > 0 {
            (ordeal.say)(&format!("left behind, and listed nowhere: {:?}", verdict.foreign));
        }
        for path in verdict.foreign.drain(..) {
            std::fs::remove_file(path)?;
        }
        public_tool_agrees(&place)?;
    } else {
        (ordeal.say)(&format!("WRONG {}", said(&report)));
        tally.foreign += 1;
    }
    event.note(ordeal, tally, &verdict);
    Ok(has_failed)
}

/// A run that has not ended waits for something that it names, or goes on.
fn says_what_holds_it_up(run: &Value) -> Outcome<()> {
    let is_told = run["reason"].as_str().is_some_and(|text| !text.is_empty());
    if run["phase"] != "waiting" || is_told {
        Ok(())
    } else {
        Err(format!("it waits and does not say why: {run}").into())
    }
}

/// A run that failed names its reason, what to do, and each photo.
fn says_what_failed(run: &Value) -> Outcome<()> {
    let is_told = |key: &str| run[key].as_str().is_some_and(|text| !text.is_empty());
    if is_told("error") && is_told("remedy") {
        Ok(())
    } else {
        Err(format!("it failed and does not say why: {run}").into())
    }
}
