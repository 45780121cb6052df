//! Sources that are changed or removed while an event is backed up, and two Kilats that back up one event to one place.
//!
//! What it would catch: changed bytes that pass for the photo, a photo without a copy that nobody names, two runs where
//! one was asked for, copies of two writers that overwrite or double each other, a chain that names one writer only.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use kilat_testkit::{Server, pause};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use serde_json::json;

use super::event::{Event, ask, files, state, wait_end_patiently};
use super::places::public_tool_agrees;
use crate::Outcome;
use crate::torture::{Ordeal, Tally};

const FILES: usize = 60;
const SIZES: std::ops::Range<usize> = 60_000..300_000;
/// Files that two bring at once: enough that neither has ended before the other begins.
const FILES_OF_TWO: usize = 150;
/// Latest moment at which a source is meddled with, or a server killed.
const LATEST_MS: u64 = 150;
/// Sources of one round that are changed, removed, and removed with their other copy: each so many.
const VICTIMS: usize = 4;
/// Who asks for one run at the same time.
const ASKING: usize = 6;
/// Kills of each of two servers in one round.
const KILLS: u32 = 3;

/// Meddles in so many rounds of each kind.
///
/// # Errors
/// When a run does not do what it must.
///
/// # Panics
/// When a server does not start, or does not finish in time.
pub fn meddling(ordeal: &Ordeal<'_>, rounds: u64) -> Outcome<Vec<Tally>> {
    let mut rng = SmallRng::seed_from_u64(ordeal.seed);
    let mut changed = Tally::of("sources changed or removed while an event is backed up");
    let mut both = Tally::of("two Kilats at once, each killed, back one event up to one disk");
    while changed.times < rounds {
        changed.times += 1;
        let failed = change_sources(ordeal, &mut rng, &mut changed)?;
        both.times += 1;
        two_at_once(ordeal, &mut rng, &mut both)?;
        (ordeal.say)(&format!("{} rounds; in the last {failed} photos had no copy left, all named", changed.times));
    }
    Ok(vec![changed, both])
}

fn settings(shelf: &Path) -> String {
    format!(
        "[[destination]]\nname = \"shelf\"\nurl = \"{}\"\nkind = \"backup\"\n\n[backup]\nparallel = 2\n",
        shelf.display()
    )
}

/// One round; answers how many photos were left without any copy.
fn change_sources(ordeal: &Ordeal<'_>, rng: &mut SmallRng, tally: &mut Tally) -> Outcome<usize> {
    let home = tempfile::Builder::new().prefix("kilat-place-").tempdir_in(&ordeal.folder)?;
    let shelf = home.path().join("shelf");
    let mut event = Event::new(ordeal, &settings(&shelf))?;
    let server = event.start();
    event.shoot(FILES, SIZES)?;
    event.wait_safe(&server);
    let mut names: Vec<String> = event.photos.keys().cloned().collect();
    let id = ask_together(&server)?;
    pause(Duration::from_millis(rng.random_range(0..LATEST_MS)));
    let mut by_length = SmallRng::seed_from_u64(rng.random());
    let mut draw = || names.swap_remove(rng.random_range(0..names.len()));
    for _ in 0..VICTIMS {
        let (changed, removed, lost) = (draw(), draw(), draw());
        // Another photo by now, which is owed beside the first; of the same length as often as not.
        let length = event.photos[&changed].len();
        let other = event.frame(if by_length.random() { SIZES } else { length..length + 1 });
        fs::write(event.folders.hot.join(&changed), &other)?;
        event.oracle.closed(Path::new(&changed), &other);
        fs::remove_file(event.folders.hot.join(removed))?;
        fs::remove_file(event.folders.hot.join(&lost))?;
        remove_copy(&event.folders.out, &lost)?;
    }
    let first = wait_end_patiently(&server, &id)?;
    // What was changed was filed meanwhile; what is gone everywhere is told.
    let then = event.kilat(&["backup", "start", "wedding", "--wait", "--json"]).output()?;
    let last = state(
        &server,
        server.get("/api/admin/backup/status")["data"]["allBackups"][0]["backupId"].as_str().unwrap_or_default(),
    );
    let named: BTreeSet<String> = [&first, &last].iter().flat_map(|run| failed_names(run)).collect();
    let verdict = event.oracle.judge(&shelf)?;
    let missing: BTreeSet<String> =
        verdict.missing.iter().filter_map(|path| Some(path.file_name()?.to_string_lossy().into_owned())).collect();
    tally.owed += event.oracle.count();
    let (twice, foreign) = (verdict.twice.len() as u64, verdict.foreign.len() as u64);
    let unnamed = missing.difference(&failed_names(&last)).count() as u64;
    if twice + foreign + unnamed > 0 || then.status.success() != missing.is_empty() {
        (ordeal.say)(&format!("WRONG {verdict:#?}\nnamed {named:?}\n{last}\n{}", event.folders.log()));
        tally.lost += unnamed.max(1);
    }
    (tally.doubled, tally.foreign) = (tally.doubled + twice, tally.foreign + foreign);
    public_tool_agrees_if_any(&shelf)?;
    if !server.stop().success() {
        return Err("the server did not stop well".into());
    }
    Ok(missing.len())
}

/// The photos that a run names as failed.
fn failed_names(run: &serde_json::Value) -> BTreeSet<String> {
    let failures = run["failures"].as_array().into_iter().flatten();
    failures.filter_map(|failure| failure["name"].as_str().map(str::to_owned)).collect()
}

/// A run that failed before its end has written no list.
fn public_tool_agrees_if_any(shelf: &Path) -> Outcome<()> {
    let is_listed = files(shelf)?.iter().any(|path| path.extension().is_some_and(|kind| kind == "mhl"));
    if is_listed { public_tool_agrees(shelf) } else { Ok(()) }
}

/// Several ask for the same at once: there is one run.
fn ask_together(server: &Server) -> Outcome<String> {
    let ids: BTreeSet<String> = std::thread::scope(|scope| {
        let asking: Vec<_> = (0..ASKING).map(|_| scope.spawn(|| ask(server, "copy"))).collect();
        asking.into_iter().map(|asked| asked.join().map_err(|_panic| "asking broke off")?).collect::<Outcome<_>>()
    })?;
    match ids.len() {
        1 => Ok(ids.into_iter().next().unwrap_or_default()),
        _ => Err(format!("{ASKING} who asked at once began {ids:?}").into()),
    }
}

fn remove_copy(out: &Path, name: &str) -> Outcome<()> {
    for path in files(out)?.iter().filter(|path| path.file_name().is_some_and(|found| found == name)) {
        fs::remove_file(path)?;
    }
    Ok(())
}

/// The same photos in two Kilats, each with a journal of its own, to one disk at once.
fn two_at_once(ordeal: &Ordeal<'_>, rng: &mut SmallRng, tally: &mut Tally) -> Outcome<()> {
    let home = tempfile::Builder::new().prefix("kilat-place-").tempdir_in(&ordeal.folder)?;
    let shelf = home.path().join("shelf");
    let mut events = [Event::new(ordeal, &settings(&shelf))?, Event::new(ordeal, &settings(&shelf))?];
    let mut servers = Vec::new();
    for event in &mut events {
        event.shoot(FILES_OF_TWO, SIZES)?;
        let server = event.start();
        event.wait_safe(&server);
        servers.push(server);
    }
    let ids = std::thread::scope(|scope| {
        let asking: Vec<_> = servers.iter().map(|server| scope.spawn(|| ask(server, "copy"))).collect();
        asking.into_iter().map(|asked| asked.join().map_err(|_panic| "asking broke off")?).collect::<Outcome<Vec<_>>>()
    })?;
    for _ in 0..KILLS {
        for (at, event) in events.iter().enumerate() {
            pause(Duration::from_millis(rng.random_range(0..LATEST_MS)));
            servers.remove(at).kill();
            servers.insert(at, event.start());
        }
    }
    let mut shares = Vec::new();
    for (server, id) in servers.iter().zip(&ids) {
        let run = wait_end_patiently(server, id)?;
        shares.push(run["successfulUploads"].as_u64().unwrap_or(0));
        if run["phase"] != json!("completed") {
            (ordeal.say)(&format!("WRONG one of two ended with {run}"));
            tally.lost += 1;
        }
    }
    (ordeal.say)(&format!("of {FILES_OF_TWO} files, the two brought {shares:?}"));
    tally.owed += events[0].oracle.count();
    events[0].note(ordeal, tally, &events[0].oracle.judge(&shelf)?);
    public_tool_agrees(&shelf)?;
    let verified = events[0].kilat(&["verify", &shelf.to_string_lossy()]).output()?;
    if !verified.status.success() {
        return Err(format!("two at once: {}", super::event::said(&verified)).into());
    }
    Ok(())
}
