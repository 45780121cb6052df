//! Keeps the limit of the network in step with the ceremonies that operators begin and end.

use std::sync::Arc;
use std::time::Duration;

use kilat_core::{Class, Classify, Clock, Fact, Stop, Uplink};
use kilat_journal::{Journal, JournalError};
use kilat_objects::RateLimit;

/// Longest time until the clock is looked at again: it may be set meanwhile.
const LOOK: Duration = Duration::from_secs(30);

/// Sets the limit on every change and when a ceremony ends, until asked to stop.
pub(super) async fn follow(
    uplink: Uplink,
    limit: Arc<RateLimit>,
    journal: Journal,
    clock: Arc<dyn Clock>,
    stop: Stop,
) -> Result<(), JournalError> {
    let mut tail = journal.tail(journal.head());
    loop {
        let mut wait = LOOK;
        match journal.settings().await {
            Ok(settings) => {
                let now = clock.now();
                let until = settings.ceremony(now);
                let rate = uplink.limit(until.is_some());
                if limit.rate() != rate {
                    let bytes_per_second = rate.map(u64::from);
                    tracing::info!(ceremony = until.is_some(), bytes_per_second, "what copies over the network take");
                    limit.set(rate);
                }
                let left = until.map(|until| u64::try_from(until.0 - now.0).unwrap_or(0));
                wait = left.map_or(LOOK, |left| LOOK.min(Duration::from_millis(left)));
            }
            Err(error) if error.class() == Class::GiveUp => return Err(error),
            Err(error) => tracing::warn!(%error, "the limit of the network stays as it is"),
        }
        loop {
            let batch = tokio::select! {
                () = stop.asked() => return Ok(()),
                () = tokio::time::sleep(wait) => break,
                batch = tail.next() => batch?,
            };
            if batch.iter().any(|recorded| matches!(recorded.fact, Fact::SettingsChanged { .. })) {
                break;
            }
        }
    }
}
