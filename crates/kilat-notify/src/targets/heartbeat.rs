//! Calls an address in regular intervals for as long as the journal can be written: a watch elsewhere tells
//! when the calls stay away.

use std::sync::Arc;

use kilat_core::{Clock, Stop};
use kilat_journal::JournalError;
use std::time::Duration;
use tokio::time::MissedTickBehavior;

use super::send::{Outgoing, Sender, Verdict};
use super::worker::Follower;

/// Calls until it is asked to stop. What was missed is not caught up with.
pub(super) async fn beat(
    follower: Arc<Follower>,
    (url, every): (String, Duration),
    sender: Sender,
    clock: Arc<dyn Clock>,
    stop: Stop,
) -> Result<(), JournalError> {
    let mut tick = tokio::time::interval(every);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.asked() => return Ok(()),
            _ = tick.tick() => {}
        }
        let (sender, call) = (sender.clone(), Outgoing::get(&url));
        let sent = tokio::task::spawn_blocking(move || sender.send(&call));
        let verdict = tokio::select! {
            () = stop.asked() => return Ok(()),
            verdict = sent => verdict,
        };
        let now = clock.now();
        let mut state = follower.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        match verdict {
            Ok(Verdict::Taken) => state.taken(now),
            Ok(Verdict::Failed(trouble)) => state.failed(&trouble, now),
            Ok(Verdict::Gone) | Err(_) => state.failed(
                &super::send::Trouble::operator("nobody is there any more".to_owned(), "check the address".to_owned()),
                now,
            ),
        }
    }
}
