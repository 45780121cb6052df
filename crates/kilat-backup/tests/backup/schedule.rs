//! Runs that begin by themselves: once for each cause, whatever the clock does.

use std::sync::Arc;
use std::time::Duration;

use jiff::civil::Time;
use kilat_backup::{Daily, Schedule};
use kilat_core::{AskedBy, BackupFact, Clock, Fact, ManualClock, Millis, Stop};

use crate::scene::{Scene, wedding};

/// A run is asked for at each of the two destinations.
async fn two_asked(scene: &mut Scene) -> Vec<AskedBy> {
    let mut asked = Vec::new();
    while asked.len() < 2 {
        let skip = asked.len();
        let mut at = 0;
        let by = scene
            .fact(|fact| {
                let BackupFact::Asked { run } = fact else { return None };
                at += 1;
                (at > skip).then_some(run.asked_by)
            })
            .await;
        asked.push(by);
    }
    asked
}

fn is_asked(fact: &Fact) -> bool {
    matches!(fact, Fact::Backup(BackupFact::Asked { .. }))
}

/// Lets the schedule look once at the clock as it stands.
async fn look(scene: &Scene, schedule: &Schedule) {
    let stop = Stop::new();
    stop.ask();
    let (journal, clock, ids) = (scene.journal.clone(), Arc::clone(&scene.clock), Arc::clone(&scene.ids));
    kilat_backup::schedule(schedule.clone(), journal, clock, ids, stop).await.unwrap();
}

#[tokio::test]
async fn closing_an_event_asks_once_at_every_backup_destination() {
    let mut scene = Scene::new().await;
    scene.photos(1).await;
    let schedule = Schedule { on_close: true, ..Schedule::default() };
    let start = |scene: &Scene| {
        let stop = Stop::new();
        let (journal, clock, ids) = (scene.journal.clone(), Arc::clone(&scene.clock), Arc::clone(&scene.ids));
        (stop.clone(), tokio::spawn(kilat_backup::schedule(schedule.clone(), journal, clock, ids, stop)))
    };
    let (stop, task) = start(&scene);
    scene.journal.append(vec![Fact::EventClosed { event: wedding() }]).await.unwrap();
    assert_eq!(two_asked(&mut scene).await, [AskedBy::EventClosed; 2]);
    stop.ask();
    task.await.unwrap().unwrap();
    // The runs ended, and a restart reads the closing again.
    for state in scene.journal.backups_going().await.unwrap() {
        let outcome = kilat_core::RunOutcome::Completed;
        scene.append(BackupFact::Ended { run: state.run.id, outcome }).await;
    }
    let (stop, task) = start(&scene);
    scene.journal.append(vec![Fact::EventUsed { event: wedding() }]).await.unwrap();
    scene.journal.append(vec![Fact::EventClosed { event: wedding() }]).await.unwrap();
    // The second closing is another cause; what comes before it in the log was looked at by then.
    let mut asked = 0;
    scene
        .fact(|fact| {
            asked += usize::from(matches!(fact, BackupFact::Asked { .. }));
            (asked == 4).then_some(())
        })
        .await;
    stop.ask();
    task.await.unwrap().unwrap();
    assert_eq!(scene.count(is_asked).await, 4);
}

#[tokio::test]
async fn a_daily_run_is_asked_for_once_a_day_however_the_clock_jumps() {
    // 02:00 by this computer's zone.
    let midnight = jiff::civil::date(2026, 11, 21).at(2, 0, 0, 0).to_zoned(jiff::tz::TimeZone::system()).unwrap();
    let start = midnight.timestamp().as_millisecond();
    let clock = Arc::new(Jumping { at: std::sync::atomic::AtomicI64::new(start) });
    let mut scene = Scene::with(clock.clone()).await;
    scene.photos(1).await;
    let schedule = Schedule { daily: Some(Daily(Time::constant(3, 0, 0, 0))), ..Schedule::default() };
    let mut asked = Vec::new();
    // 02:00, 04:00, 05:00, back to 02:30, 04:00 again, the next day at 03:00 and later, then back by a day.
    for minutes in [0, 120, 180, 30, 120, 25 * 60, 26 * 60, 120] {
        clock.at.store(start + minutes * 60_000, std::sync::atomic::Ordering::SeqCst);
        look(&scene, &schedule).await;
        asked.push(scene.count(is_asked).await);
        for state in scene.journal.backups_going().await.unwrap() {
            let outcome = kilat_core::RunOutcome::Cancelled;
            scene.append(BackupFact::Ended { run: state.run.id, outcome }).await;
        }
    }
    assert_eq!(asked, [0, 2, 2, 2, 2, 4, 4, 4]);
}

#[tokio::test]
async fn an_event_that_is_whole_everywhere_is_not_asked_for_daily() {
    let scene = Scene::new().await;
    let schedule = Schedule { daily: Some(Daily(Time::midnight())), ..Schedule::default() };
    look(&scene, &schedule).await;
    assert_eq!(scene.count(is_asked).await, 0, "it has no photos");
}

#[tokio::test]
async fn a_quiet_while_asks_once_for_what_is_missing() {
    let clock = Arc::new(ManualClock::at_ms(1_795_000_000_000));
    let mut scene = Scene::with(clock.clone()).await;
    scene.photos(1).await;
    let schedule = Schedule { when_idle: Some(Duration::from_secs(600)), ..Schedule::default() };
    let stop = Stop::new();
    let (journal, time, ids) = (scene.journal.clone(), Arc::clone(&scene.clock), Arc::clone(&scene.ids));
    let task = tokio::spawn(kilat_backup::schedule(schedule, journal, time, ids, stop.clone()));
    // The arrival that it reads again counts from when it is read.
    while scene.count(is_asked).await < 2 {
        clock.advance(Duration::from_secs(60));
        // Anything wakes it.
        let uploader_name = clock.now().0.to_string();
        let settings = kilat_core::Settings { uploader_name, ..kilat_core::Settings::default() };
        scene.journal.append(vec![Fact::SettingsChanged { settings }]).await.unwrap();
        tokio::task::yield_now().await;
    }
    assert_eq!(two_asked(&mut scene).await, [AskedBy::Idle; 2]);
    stop.ask();
    task.await.unwrap().unwrap();
}

/// A wall clock that goes where it is put.
#[derive(Debug)]
struct Jumping {
    at: std::sync::atomic::AtomicI64,
}

impl Clock for Jumping {
    fn now(&self) -> Millis {
        Millis(self.at.load(std::sync::atomic::Ordering::SeqCst))
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }
}
