//! A writer in a thread of its own: files in every manner, each known to the oracle once it is closed.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use kilat_demo::{Body, Darkroom, Frame, Manner, jpeg, write};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

use crate::{Oracle, pause};

/// Between the pieces of a slow file.
const PIECE: Duration = Duration::from_millis(2);

/// A thread that writes files.
#[derive(Debug)]
pub struct Shooter {
    writing: JoinHandle<Oracle>,
    end: SyncSender<()>,
}

impl Shooter {
    /// Writes `count` files into `hot`, with a pause between them that is `pace` on average.
    #[must_use]
    pub fn start(hot: &Path, count: u64, pace: Duration, seed: u64) -> Self {
        let hot = hot.to_owned();
        let (end, ended) = sync_channel(1);
        let writing = std::thread::spawn(move || shoot(&hot, count, pace, seed, &ended));
        Self { writing, end }
    }

    /// Whether it still writes.
    #[must_use]
    pub fn is_writing(&self) -> bool {
        !self.writing.is_finished()
    }

    /// Waits until every file is written.
    ///
    /// # Panics
    /// When it could not write.
    #[must_use]
    pub fn finish(self) -> Oracle {
        self.writing.join().expect("the shooter writes")
    }

    /// Ends it after the file under way.
    ///
    /// # Panics
    /// When it could not write.
    #[must_use]
    pub fn stop(self) -> Oracle {
        // Full or gone: it was told, or has ended.
        self.end.try_send(()).unwrap_or(());
        self.finish()
    }
}

fn shoot(hot: &Path, count: u64, pace: Duration, seed: u64, ended: &Receiver<()>) -> Oracle {
    let mut rng = SmallRng::seed_from_u64(seed);
    let darkroom = Darkroom::with(seed, 1).expect("a picture");
    let mut oracle = Oracle::default();
    for number in 0..count {
        if ended.try_recv().is_ok() {
            break;
        }
        let frame = Frame {
            body: Body::A,
            number: seed.wrapping_mul(1_000_003).wrapping_add(number),
            taken: jiff::civil::date(2026, 11, 21).at(16, 4, 5, 0),
            orientation: 1,
            size_bytes: Some(rng.random_range(60_000..200_000)),
        };
        let (bytes, path) = (jpeg(&darkroom, &frame), path(number, &mut rng));
        let manner = Manner::ALL[rng.random_range(0..Manner::ALL.len())];
        write(&hot.join(&path), &bytes, manner, || pause(PIECE)).expect("written");
        oracle.closed(&path, &bytes);
        pause(pace.mul_f64(rng.random_range(0.0..2.0)));
    }
    oracle
}

/// Names repeat in different folders, as those of two bodies do.
fn path(number: u64, rng: &mut SmallRng) -> PathBuf {
    PathBuf::from(format!("card{}/{}/DSC_{:04}.JPG", rng.random_range(0..3), number / 100, number % 100))
}
