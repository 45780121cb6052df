//! The line that says now and then how things stand, for whoever reads logs.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use kilat_core::{Clock, Millis, Stop};
use kilat_hub::Hub;
use kilat_ingest::IngestStats;
use kilat_journal::Journal;

/// How often the line is logged.
const STATISTICS: Duration = Duration::from_secs(30);

/// Logs what the replaced system logged every 30 s.
pub(super) async fn log(
    hub: Hub,
    journal: Journal,
    clock: Arc<dyn Clock>,
    ingest: Arc<IngestStats>,
    stop: Stop,
) -> Result<(), Infallible> {
    let started = clock.monotonic();
    let mut tick = tokio::time::interval_at(tokio::time::Instant::now() + STATISTICS, STATISTICS);
    loop {
        tokio::select! {
            () = stop.asked() => return Ok(()),
            _ = tick.tick() => {}
        }
        let (clients, subscriptions) = hub.count();
        let last = match journal.snapshot().await {
            Ok(snapshot) => snapshot.last_photo.map(|photo| photo.filed_at),
            Err(error) => {
                tracing::warn!(%error, "the statistics cannot be read");
                continue;
            }
        };
        let active_backups = match journal.backup_tally().await {
            Ok(tally) => tally.going,
            Err(error) => {
                tracing::warn!(%error, "the statistics cannot be read");
                continue;
            }
        };
        let taken = ingest.now();
        tracing::info!(
            clients,
            subscriptions,
            uptime_s = (clock.monotonic() - started).as_secs(),
            last_camera_update = last.map(Millis::to_rfc3339).unwrap_or_else(|| "none".to_owned()),
            active_backups,
            journal_offset = journal.head().0,
            files_taken = taken.announced,
            files_failed = taken.failed,
            noise_passed_over = taken.noise + taken.empty,
            "server statistics"
        );
    }
}
