//! Watches the room at each destination; says so once when it runs low, and again when it is nearly gone.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use kilat_core::{Board, Clock, DestinationId, Fact, Notice, NoticeKind, Priority, Space, Stop, size_text};
use kilat_journal::{Journal, JournalError};
use tokio::time::MissedTickBehavior;

/// How often to look: at 300 MB/s, the fastest intake measured, low becomes full after 17 s.
const INTERVAL: Duration = Duration::from_secs(10);
/// Below this a destination is low: an hour of one photographer shooting RAW.
const LOW_BYTES: u64 = 5_000_000_000;
/// Below this it is nearly full: some minutes.
const CRITICAL_BYTES: u64 = 500_000_000;

/// What to watch.
#[derive(Debug, Clone)]
pub struct SpaceConfig {
    /// The folder of each destination on this machine.
    pub places: BTreeMap<DestinationId, PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Enough,
    Low,
    Critical,
}

impl Level {
    fn of(free_bytes: u64) -> Self {
        match free_bytes {
            0..CRITICAL_BYTES => Self::Critical,
            CRITICAL_BYTES..LOW_BYTES => Self::Low,
            _ => Self::Enough,
        }
    }
}

/// Measures until it is asked to stop.
///
/// # Errors
/// When the journal cannot take a notice.
pub async fn run(
    config: SpaceConfig,
    board: Board,
    journal: Journal,
    clock: Arc<dyn Clock>,
    stop: Stop,
) -> Result<(), JournalError> {
    let mut levels: BTreeMap<DestinationId, Level> = BTreeMap::new();
    let mut tick = tokio::time::interval(INTERVAL);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.asked() => return Ok(()),
            _ = tick.tick() => {}
        }
        for (destination, place) in &config.places {
            let measured = measure(place.clone(), clock.as_ref()).await;
            board.set_space(destination.clone(), measured);
            let Some(space) = measured else { continue };
            let level = Level::of(space.free_bytes);
            let before = levels.insert(destination.clone(), level).unwrap_or(Level::Enough);
            if level > before {
                let notice = low(destination, place, space, level);
                tokio::select! {
                    () = stop.asked() => return Ok(()),
                    told = journal.append_patiently(vec![Fact::NoticeRaised { notice }]) => told?,
                };
            }
        }
    }
}

/// The room of the file system that holds `place`; none when it cannot be asked.
async fn measure(place: PathBuf, clock: &dyn Clock) -> Option<Space> {
    // A network mount may hang: never ask on a thread that serves others.
    let asked = tokio::task::spawn_blocking(move || rustix::fs::statvfs(&place)).await;
    let stat = asked.ok()?.ok()?;
    let at = clock.now();
    Some(Space { free_bytes: stat.f_bavail * stat.f_frsize, total_bytes: stat.f_blocks * stat.f_frsize, at })
}

fn low(destination: &DestinationId, place: &Path, space: Space, level: Level) -> Notice {
    let left = size_text(space.free_bytes);
    let (priority, name) = match level {
        Level::Critical => (Priority::Critical, "nearly full"),
        Level::Enough | Level::Low => (Priority::High, "filling up"),
    };
    let data = [
        ("destination", destination.to_string()),
        ("path", place.display().to_string()),
        ("freeBytes", space.free_bytes.to_string()),
        ("totalBytes", space.total_bytes.to_string()),
    ];
    Notice {
        id: format!("space-{destination}-{}", space.at.0),
        kind: NoticeKind::StorageWarning,
        title: format!("Storage {name}"),
        message: format!(
            "{} has {left} left. Free some room there or name another destination; photos are kept in the hot folder meanwhile.",
            place.display()
        ),
        priority,
        data: data.into_iter().map(|(key, value)| (key.to_owned(), value)).collect(),
        event: None,
        at: space.at,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn low_comes_before_critical_comes_before_full() {
        assert_eq!(Level::of(LOW_BYTES), Level::Enough);
        assert_eq!(Level::of(LOW_BYTES - 1), Level::Low);
        assert_eq!(Level::of(0), Level::Critical);
    }

    #[tokio::test]
    async fn a_place_that_is_not_there_has_no_number() {
        let clock = kilat_core::SystemClock::new();
        assert_eq!(measure("/nowhere/at/all".into(), &clock).await, None);
        assert!(measure("/".into(), &clock).await.is_some_and(|space| space.total_bytes > 0));
    }
}
