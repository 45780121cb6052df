//! Watches the room at each destination; says so once when it runs low, and again when it is nearly gone.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use kilat_core::{
    Board, Clock, DESTINATION_MARK, DestinationId, Fact, Notice, NoticeChange, Priority, Said, Space, Stop, size_text,
};
use kilat_journal::{Journal, JournalError};
use tokio::time::MissedTickBehavior;

/// How often to look: at 300 MB/s, the fastest intake measured, low becomes full after 17 s.
const INTERVAL: Duration = Duration::from_secs(10);
/// Below this a destination is low: an hour of one photographer shooting RAW.
pub(crate) const LOW_BYTES: u64 = 5_000_000_000;
/// Below this it is nearly full: some minutes.
const CRITICAL_BYTES: u64 = 500_000_000;

/// What to watch.
#[derive(Debug, Clone)]
pub struct SpaceConfig {
    /// Folders beside those of destinations that must not run full: Kilat's own, and those that cameras write into.
    pub others: Vec<PathBuf>,
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
    let mut watch = Watch::default();
    let mut tick = tokio::time::interval(INTERVAL);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.asked() => return Ok(()),
            _ = tick.tick() => {}
        }
        let mut notices = Vec::new();
        let mut devices = BTreeSet::new();
        for (destination, place) in &journal.copy_folders().await? {
            let room = measure_destination(place, clock.as_ref()).await;
            board.set_space(destination.clone(), room.map(|room| room.space));
            devices.extend(room.map(|room| room.device));
            notices.extend(room.and_then(|room| watch.look(place, Some(destination), room.space)));
        }
        for place in &config.others {
            let room = measure(place.clone(), clock.as_ref()).await;
            // One disk is told of once.
            let room = room.filter(|room| devices.insert(room.device));
            notices.extend(room.and_then(|room| watch.look(place, None, room.space)));
        }
        if !notices.is_empty() {
            let silent = !journal.settings().await?.notifications_enabled;
            let facts = notices.into_iter().map(|fact| hushed(fact, silent)).collect();
            tokio::select! {
                () = stop.asked() => return Ok(()),
                told = journal.append_patiently(facts) => told?,
            };
        }
    }
}

/// The operator may have switched notices off: they are kept, and told to nobody.
pub(crate) fn hushed(fact: Fact, silent: bool) -> Fact {
    let Fact::NoticeRaised { notice } = fact else { return fact };
    Fact::NoticeRaised { notice: Notice { silent, ..notice } }
}

/// Room, and the file system that it is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Room {
    space: Space,
    device: u64,
}

/// The room at a destination; none where its mark is missing: an empty mount point has another disk's room.
async fn measure_destination(place: &Path, clock: &dyn Clock) -> Option<Room> {
    let mark = place.join(DESTINATION_MARK);
    let is_there = tokio::task::spawn_blocking(move || mark.exists()).await.ok()?;
    if is_there { measure(place.to_owned(), clock).await } else { None }
}

/// The room of the file system that holds `place`; none when it cannot be asked.
async fn measure(place: PathBuf, clock: &dyn Clock) -> Option<Room> {
    // A network mount may hang: never ask on a thread that serves others.
    let ask = move || Some((rustix::fs::statvfs(&place).ok()?, rustix::fs::stat(&place).ok()?.st_dev));
    let (stat, device) = tokio::task::spawn_blocking(ask).await.ok()??;
    let at = clock.now();
    let space = Space { free_bytes: stat.f_bavail * stat.f_frsize, total_bytes: stat.f_blocks * stat.f_frsize, at };
    Some(Room { space, device })
}

/// How low each place was when it was looked at last; nothing before the first look.
#[derive(Debug, Default)]
struct Watch(BTreeMap<PathBuf, Level>);

impl Watch {
    /// What follows when `place` is lower than before, or has enough room again.
    fn look(&mut self, place: &Path, destination: Option<&DestinationId>, space: Space) -> Option<Fact> {
        let level = Level::of(space.free_bytes);
        let before = self.0.insert(place.to_owned(), level);
        match level {
            // At the first look too: it may have been low when Kilat stopped.
            Level::Enough if before == Some(Level::Enough) => None,
            Level::Enough => Some(enough(place, destination)),
            Level::Low | Level::Critical if before.is_some_and(|before| before >= level) => None,
            Level::Low | Level::Critical => {
                Some(Fact::NoticeRaised { notice: low(place, destination, space, level == Level::Critical) })
            }
        }
    }
}

/// One notice about a destination, whether it fills up or takes nothing any more.
fn key(place: &Path, destination: Option<&DestinationId>) -> String {
    match destination {
        Some(id) => format!("destination:{id}"),
        None => format!("folder:{}", place.display()),
    }
}

fn enough(place: &Path, destination: Option<&DestinationId>) -> Fact {
    let only = vec![Said::SpaceLow, Said::SpaceCritical, Said::FolderLow, Said::FolderCritical];
    Fact::Notice { change: NoticeChange::Resolved { key: key(place, destination), only }, standing: None }
}

fn low(place: &Path, destination: Option<&DestinationId>, space: Space, is_critical: bool) -> Notice {
    let priority = if is_critical { Priority::Critical } else { Priority::High };
    let path = place.display().to_string();
    let (id, said) = match (destination, is_critical) {
        (Some(id), false) => (id.to_string(), Said::SpaceLow),
        (Some(id), true) => (id.to_string(), Said::SpaceCritical),
        (None, false) => (path.clone(), Said::FolderLow),
        (None, true) => (path.clone(), Said::FolderCritical),
    };
    let notice = Notice::new(format!("space-{id}-{}", space.at.0), said, priority, space.at)
        .about(key(place, destination))
        .with("place", &path)
        .with("path", &path)
        .with("left", size_text(space.free_bytes))
        .with("freeBytes", space.free_bytes.to_string())
        .with("totalBytes", space.total_bytes.to_string());
    match destination {
        Some(destination) => notice.with("destination", destination.as_str()),
        None => notice,
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
        assert!(measure("/".into(), &clock).await.is_some_and(|room| room.space.total_bytes > 0));
    }

    #[tokio::test]
    async fn a_mount_point_without_its_disk_has_no_room() {
        let clock = kilat_core::SystemClock::new();
        let place = tempfile::tempdir().unwrap();
        assert_eq!(measure_destination(place.path(), &clock).await, None);
        std::fs::write(place.path().join(DESTINATION_MARK), "{}").unwrap();
        assert!(measure_destination(place.path(), &clock).await.is_some());
    }

    fn told(fact: Option<Fact>) -> Option<Priority> {
        let Fact::NoticeRaised { notice } = fact? else { return None };
        Some(notice.priority)
    }

    #[test]
    fn each_step_down_is_told_once_and_again_after_room_was_made() {
        let mut watch = Watch::default();
        let disk: DestinationId = "disk".parse().unwrap();
        let mut look = |free_bytes| {
            let space = Space { free_bytes, total_bytes: 1 << 40, at: kilat_core::Millis(free_bytes.cast_signed()) };
            watch.look(Path::new("/media/ssd"), Some(&disk), space)
        };
        assert!(matches!(look(9_000_000_000), Some(Fact::Notice { .. })), "what was low at the last stop is over");
        assert_eq!(look(9_000_000_000), None);
        let seen = [4_000_000_000, 3_000_000_000, 400_000_000, 300_000_000, 4_000_000_000].map(|n| told(look(n)));
        assert_eq!(seen, [Some(Priority::High), None, Some(Priority::Critical), None, None]);
        assert!(matches!(look(9_000_000_000), Some(Fact::Notice { .. })));
        assert_eq!(told(look(4_000_000_000)), Some(Priority::High));
    }

    #[test]
    fn the_disk_of_a_folder_that_is_no_destination_is_told_of_by_its_path() {
        let space = Space { free_bytes: 36_000_000, total_bytes: 1 << 30, at: kilat_core::Millis(1) };
        let notice = low(Path::new("/srv/tether"), None, space, true);
        let text = kilat_core::NoticeStanding::new(notice.clone()).text(kilat_core::Lang::En);
        assert!(text.message.starts_with("/srv/tether has 36 MB left. Free some room"), "{}", text.message);
        assert_eq!(notice.data.get("destination"), None);
    }
}
