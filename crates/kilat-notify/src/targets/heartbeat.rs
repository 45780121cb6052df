//! Calls an address in regular intervals for as long as the journal can be written: a watch elsewhere tells
//! when the calls stay away.

use std::sync::Arc;
use std::time::Duration;

use kilat_core::{Clock, Stop};
use kilat_journal::{Journal, JournalError};
use tokio::time::MissedTickBehavior;

use super::send::{Trouble, Verdict};
use super::worker::Follower;

/// Calls until it is asked to stop. What was missed is not caught up with.
pub(super) async fn beat<F>(
    follower: Arc<Follower>,
    every: Duration,
    (journal, clock): (Journal, Arc<dyn Clock>),
    stop: Stop,
    call: impl Fn() -> F,
) -> Result<(), JournalError>
where
    F: Future<Output = Verdict>,
{
    let mut tick = tokio::time::interval(every);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.asked() => return Ok(()),
            _ = tick.tick() => {}
        }
        let beaten = async {
            // First of all the journal: a Kilat that cannot write is not well.
            follower.note(&journal).await?;
            let now = || clock.now();
            match call().await {
                Verdict::Taken => follower.taken(&journal, now()).await,
                Verdict::Failed(trouble) => follower.failed(&trouble, &journal, now()).await.map(|_| ()),
                Verdict::Gone => {
                    let what = "it answered 410: nobody is there any more".to_owned();
                    let trouble = Trouble::operator(what, "check the address".to_owned());
                    follower.failed(&trouble, &journal, now()).await.map(|_| ())
                }
            }
        };
        tokio::select! {
            () = stop.asked() => return Ok(()),
            done = beaten => done?,
        }
    }
}
