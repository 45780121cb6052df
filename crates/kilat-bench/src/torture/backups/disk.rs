//! `kill -9` at random moments of a backup run, then flipped bits; judged by hashing what stands on the backup disk.
//!
//! Each round ends with a planted fault: bits are flipped in copies. The oracle must see that, or it is blind, and a
//! verification must name each of them.

use std::path::{Path, PathBuf};
use std::time::Duration;

use kilat_testkit::{Folders, Server, Shooter, Verdict, pause};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

use super::event::{ask, is_going, wait_end};
use crate::Outcome;
use crate::torture::{Ordeal, Tally};

/// Files of one round.
const FILES: u64 = 300;
/// Latest moment of a kill: by then a run copies.
const LATEST_MS: u64 = 250;
/// Kills of one run.
const KILLS: u64 = 10;
/// Copies of one round in which a bit is flipped.
const FLIPS: usize = 5;

/// Kills so many times in the middle of backups, and flips bits in what they made.
///
/// # Errors
/// When the folders cannot be made or read, or a server does not do what it must.
///
/// # Panics
/// When a server does not start, or does not finish in time.
pub fn backups(ordeal: &Ordeal<'_>, times: u64) -> Outcome<Vec<Tally>> {
    let mut rng = SmallRng::seed_from_u64(ordeal.seed);
    let mut killed = Tally::of("`kill -9` while an event of 300 files is backed up");
    let mut flipped = Tally::of("bits flipped in its copies, found by verify, made anew by the next run");
    let (mut round, mut midway) = (0, 0);
    while killed.times < times {
        round += 1;
        let folders = Folders::below(&ordeal.folder)?;
        let shelf = folders.path().join("shelf");
        std::fs::create_dir_all(&folders.data)?;
        let settings = format!("[[destination]]\nname = \"shelf\"\nurl = \"{}\"\nkind = \"backup\"\n", shelf.display());
        std::fs::write(folders.data.join("kilat.toml"), settings)?;
        let shooter = Shooter::start(&folders.hot, FILES, Duration::ZERO, ordeal.seed.wrapping_add(round));
        let server = Server::start(&ordeal.kilat, &folders);
        let oracle = shooter.finish();
        server.viewer().wait_safe(oracle.count());
        let id = ask(&server, "copy")?;
        let mut server = server;
        for _ in 0..KILLS.min(times - killed.times) {
            pause(Duration::from_millis(rng.random_range(0..LATEST_MS)));
            server.kill();
            killed.times += 1;
            server = Server::start(&ordeal.kilat, &folders);
            midway += u64::from(is_going(&server, &id));
        }
        let viewer = server.viewer();
        wait_end(&viewer, &id);
        killed.owed += oracle.count();
        let verdict = oracle.judge(&shelf)?;
        note(ordeal, &mut killed, &verdict, &folders);

        let bad = flip(&mut rng, &shelf)?;
        if oracle.judge(&shelf)?.is_good() {
            return Err("the harness is blind: bits were flipped and the oracle saw nothing".into());
        }
        let check = ask(&server, "verify")?;
        let found = wait_end(&viewer, &check);
        let named = found["failedUploads"].as_u64().unwrap_or(0);
        flipped.times += bad.len() as u64;
        flipped.owed += bad.len() as u64;
        if named != bad.len() as u64 {
            (ordeal.say)(&format!("{named} of {} flipped copies were found: {found}", bad.len()));
            flipped.lost += (bad.len() as u64).abs_diff(named);
        }
        let again = ask(&server, "copy")?;
        wait_end(&viewer, &again);
        for path in bad {
            // By hand, as an operator may: what was damaged is never overwritten, so it is still there.
            std::fs::remove_file(path)?;
        }
        note(ordeal, &mut flipped, &oracle.judge(&shelf)?, &folders);
        if !server.stop().success() {
            return Err("the last server did not stop well".into());
        }
        (ordeal.say)(&format!("{} kills, {midway} of them midway, {} flipped bits", killed.times, flipped.times));
    }
    if midway == 0 {
        return Err("the harness is blind: no kill came before the end of a run".into());
    }
    Ok(vec![killed, flipped])
}

fn note(ordeal: &Ordeal<'_>, tally: &mut Tally, verdict: &Verdict, folders: &Folders) {
    tally.add(verdict);
    if !verdict.is_good() {
        (ordeal.say)(&format!("{verdict:#?}\n{}", folders.log()));
    }
}

/// Flips a bit in some copies; answers which.
fn flip(rng: &mut SmallRng, shelf: &Path) -> Outcome<Vec<PathBuf>> {
    let mut copies = files(shelf)?;
    copies.sort();
    let mut bad = Vec::new();
    while bad.len() < FLIPS && !copies.is_empty() {
        let path = copies.swap_remove(rng.random_range(0..copies.len()));
        let mut bytes = std::fs::read(&path)?;
        if bytes.is_empty() {
            continue;
        }
        let at = rng.random_range(0..bytes.len());
        bytes[at] ^= 1 << rng.random_range(0..8);
        std::fs::write(&path, bytes)?;
        bad.push(path);
    }
    Ok(bad)
}

/// Every copy, past Kilat's own files and the lists of what stands there.
fn files(folder: &Path) -> Outcome<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if name.starts_with('.') || name == "ascmhl" {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push(path);
            }
        }
    }
    Ok(files)
}
