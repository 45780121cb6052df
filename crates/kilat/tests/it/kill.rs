//! Killed without warning, again and again, while files stream in: each closed file is copied, once.

use std::time::Duration;

use kilat_testkit::{Server, Shooter, pause};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

use crate::scene::{folders, kilat};

const CYCLES: u32 = 30;
const FILES: u64 = 500;

#[test]
fn nothing_is_lost_or_doubled_when_the_process_is_killed_at_any_moment() {
    let seed = SmallRng::from_os_rng().random::<u32>().into();
    println!("seed {seed}");
    let mut rng = SmallRng::seed_from_u64(seed);
    let folders = folders();
    let shooter = Shooter::start(&folders.hot, FILES, Duration::from_millis(20), seed);
    for _ in 0..CYCLES {
        let server = Server::start(kilat(), &folders);
        // The moment is left to chance; what must hold, holds at any.
        pause(Duration::from_millis(rng.random_range(0..300)));
        server.kill();
    }
    let oracle = shooter.finish();
    let server = Server::start(kilat(), &folders);
    server.viewer().wait_safe(oracle.count());
    let verdict = oracle.judge(&folders.out).expect("read");
    assert!(verdict.is_good(), "seed {seed}: {verdict:#?}");
    assert!(server.stop().success());
}
