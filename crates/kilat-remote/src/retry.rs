//! A call that failed is made again a few times, at once where that may help: a part is sent twice, not a file.

use std::sync::mpsc::sync_channel;
use std::time::Duration;

use kilat_core::{Backoff, Class, Classify};
use kilat_objects::{StoreError, Watch};
use rand::SeedableRng;
use rand::rngs::SmallRng;

/// A dropped connection or a server between two processes is well again within seconds; what lasts longer is
/// for the caller, who has more patience and tells people.
const TRIES: u32 = 4;
const DELAYS: Backoff = Backoff { first: Duration::from_millis(200), most: Duration::from_secs(2) };
/// Longest delay that the other side may ask for without the caller hearing of it.
const LONGEST: Duration = Duration::from_secs(3);
/// Longest wait before a copy looks whether it was cancelled.
const LOOK: Duration = Duration::from_millis(100);

/// Makes the call until it succeeds, fails for good, or was tried often enough. The call hears which try it is,
/// from 1.
pub(crate) fn again<T>(
    watch: &dyn Watch,
    seed: u64,
    mut call: impl FnMut(u32) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let mut rng = SmallRng::seed_from_u64(seed);
    let mut attempt = 1;
    loop {
        let error = match call(attempt) {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        let may_help = !matches!(error, StoreError::Cancelled | StoreError::SourceGone { .. });
        let delay = match error.class() {
            Class::Retry { after } if may_help => after.unwrap_or_default().max(DELAYS.delay(attempt, &mut rng)),
            Class::Retry { .. } | Class::GiveUp | Class::NeedsOperator => return Err(error),
        };
        if attempt == TRIES || delay > LONGEST {
            return Err(error);
        }
        tracing::debug!(%error, attempt, "a call is made again");
        pause(delay, watch)?;
        attempt += 1;
    }
}

fn pause(delay: Duration, watch: &dyn Watch) -> Result<(), StoreError> {
    let (_open, never) = sync_channel::<()>(0);
    let mut left = delay;
    while !left.is_zero() {
        if watch.is_cancelled() {
            return Err(StoreError::Cancelled);
        }
        let step = left.min(LOOK);
        // Nothing is ever sent: this is a wait with a name for why it ends.
        if never.recv_timeout(step).is_ok() {
            break;
        }
        left -= step;
    }
    Ok(())
}
