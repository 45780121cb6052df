//! Wall clocks that are wrong: runs and scrubs end all the same, and read nothing twice.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use kilat_backup::ScrubConfig;
use kilat_core::{BackupFact, Clock, Millis, RunKind};

use crate::scene::{Scene, second, shelf};

const YEAR_MS: i64 = 365 * 86_400_000;

/// Each look at it says another time, by so many years later or earlier than the one before.
#[derive(Debug)]
struct Wild {
    at: AtomicI64,
    step: i64,
}

impl Clock for Wild {
    fn now(&self) -> Millis {
        Millis(self.at.fetch_add(self.step * YEAR_MS, Ordering::SeqCst))
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn runs_and_scrubs_end_and_read_nothing_twice_however_the_clock_jumps() {
    for step in [1, -1, 7, -7] {
        let mut scene = Scene::with(Arc::new(Wild { at: AtomicI64::new(0), step })).await;
        scene.photos(9).await;
        scene.start();
        let id = scene.backed_up().await;
        assert_eq!(scene.state(&id).await.stored, 9);
        scene.is_good(&scene.shelf);
        let id = scene.ask_for(scene.run(second(), RunKind::Copy)).await;
        scene.ended(&id).await;
        scene.is_good(&scene.second);
        scene.stop().await;
        // All are old by some clock; each is read once in a round.
        let scrub = ScrubConfig { every: Some(Duration::from_secs(86_400)), bytes_per_second: 1 << 40 };
        scene.append(BackupFact::ScrubAsked { destination: shelf() }).await;
        let before = scene.shelf.verified();
        scene.start_scrub_with(scrub);
        scene
            .fact(|fact| {
                matches!(fact, BackupFact::ScrubEnded { destination } if *destination == shelf()).then_some(())
            })
            .await;
        assert_eq!(scene.shelf.verified() - before, 9, "in steps of {step} years");
        scene.stop().await;
    }
}
