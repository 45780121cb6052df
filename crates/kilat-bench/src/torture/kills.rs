//! `kill -9` at random moments, also while Kilat starts, while 500 files stream in by every manner.

use std::time::Duration;

use kilat_testkit::{Folders, Server, Shooter, pause};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

use super::{Ordeal, Tally};
use crate::Outcome;

/// Files of one round; each round has folders of its own.
const FILES: u64 = 500;
/// Between two of them, on average.
const PACE: Duration = Duration::from_millis(20);
/// Latest moment of a kill: by then it copies.
const LATEST_MS: u64 = 300;
/// Kills after the last file of a round: the backlog is under way.
const AFTER: u64 = 4;

/// Kills so many times, and judges after the last restart of each round.
///
/// # Errors
/// When the folders cannot be made or read.
///
/// # Panics
/// When a server does not start, or does not finish in time.
pub fn kills(ordeal: &Ordeal<'_>, times: u64) -> Outcome<Tally> {
    let mut rng = SmallRng::seed_from_u64(ordeal.seed);
    let mut tally = Tally::of("`kill -9` while 500 files stream in");
    let mut round = 0;
    while tally.times < times {
        round += 1;
        let folders = Folders::below(&ordeal.folder)?;
        let shooter = Shooter::start(&folders.hot, FILES, PACE, ordeal.seed.wrapping_add(round));
        let mut after = 0;
        while after < AFTER && tally.times < times {
            after += u64::from(!shooter.is_writing());
            let moment = Duration::from_millis(rng.random_range(0..LATEST_MS));
            if rng.random_ratio(1, 4) {
                Server::kill_in_start(&ordeal.kilat, &folders, moment / 4);
            } else {
                let server = Server::start(&ordeal.kilat, &folders);
                pause(moment);
                server.kill();
            }
            tally.times += 1;
        }
        let oracle = shooter.finish();
        let server = Server::start(&ordeal.kilat, &folders);
        server.viewer().wait_safe(oracle.count());
        let verdict = oracle.judge(&folders.out)?;
        tally.owed += oracle.count();
        tally.add(&verdict);
        if !verdict.is_good() {
            (ordeal.say)(&format!("{verdict:#?}\n{}", folders.log()));
        }
        if !server.stop().success() {
            return Err("the last server did not stop well".into());
        }
        (ordeal.say)(&format!(
            "round {round}: {} kills, {} files so far, {} lost",
            tally.times, tally.owed, tally.lost
        ));
    }
    Ok(tally)
}
