//! Leases: what is copied first, by whom, and again after what.

use std::collections::BTreeSet;
use std::time::Duration;

use kilat_core::{Camera, Clock, EventStatus, Fact, PhotoId};
use kilat_journal::{Due, Filing, MAX_WAIT};

use super::scene::{Backend, HOUR, Scene, cloud, disk, event, event_id, failed, ids_of, nikon, stored, taken};

pub(crate) async fn the_active_event_then_kind_then_newest_goes_first(backend: &impl Backend) {
    let scene = Scene::new(backend).await;
    let shot = async |path: &str, civil: &str| scene.file(scene.shot(path, nikon(), civil).await).await.id;
    let old = shot("a.JPG", "2026-11-21T10:00:00").await;
    let raw = shot("c.NEF", "2026-11-21T13:00:00").await;
    let new = shot("b.JPG", "2026-11-21T12:00:00.5").await;
    let newest_in_burst = shot("d.JPG", "2026-11-21T12:00:00.9").await;
    let video = Filing { taken: Some(taken("2026-11-21T14:00:00")), ..scene.filing("e.MP4").await };
    let video = scene.file(video).await.id;
    scene.clock.advance(HOUR);
    let party = event("party", EventStatus::Open, scene.clock.now());
    scene.append(vec![Fact::EventCreated { event: party }]).await;
    let later_event = Filing { event: event_id("party"), ..scene.filing("p.JPG").await };
    let later_event = scene.file(later_event).await.id;

    let expected = [newest_in_burst, new, old, raw, video, later_event.clone()];
    let mut leased = ids_of(&scene.lease(4).await);
    leased.extend(ids_of(&scene.lease(4).await));
    assert_eq!(leased, expected);
    assert_eq!(scene.lease(4).await, []);

    scene.append(vec![Fact::EventUsed { event: event_id("party") }]).await;
    for photo in &expected {
        scene.journal.release(photo, &disk()).await.unwrap();
    }
    assert_eq!(ids_of(&scene.lease(1).await), [later_event]);
}

pub(crate) async fn a_time_without_an_offset_orders_within_its_camera(backend: &impl Backend) {
    let scene = Scene::new(backend).await;
    let mut photos = Vec::new();
    for hour in [9, 11, 10] {
        let mut filing = scene.shot(format!("{hour}.JPG"), nikon(), &format!("2026-11-21T{hour:02}:00:00")).await;
        filing.taken.as_mut().unwrap().offset_minutes = None;
        photos.push(scene.file(filing).await.id);
    }
    let expected = [photos[1].clone(), photos[2].clone(), photos[0].clone()];
    assert_eq!(ids_of(&scene.lease(9).await), expected);
    let listed: Vec<PhotoId> =
        scene.journal.photos(&event_id("wedding"), None, 9).await.unwrap().into_iter().map(|p| p.id).collect();
    assert_eq!(listed, expected);
}

pub(crate) async fn a_lease_ends_with_its_time(backend: &impl Backend) {
    let scene = Scene::new(backend).await;
    let photo = scene.file(scene.filing("a.jpg").await).await.id;
    let ttl = Duration::from_secs(30);
    let lease = async || ids_of(&scene.journal.lease_copies(&disk(), 1, ttl).await.unwrap());
    assert_eq!(lease().await, std::slice::from_ref(&photo));
    scene.clock.advance(ttl - Duration::from_millis(1));
    assert_eq!(lease().await, []);
    scene.clock.advance(Duration::from_millis(1));
    assert_eq!(lease().await, [photo]);
}

pub(crate) async fn a_restart_ends_all_leases(backend: &impl Backend) {
    let scene = Scene::new(backend).await;
    scene.file(scene.filing("a.jpg").await).await;
    assert_eq!(scene.lease(1).await.len(), 1);
    let clock = scene.clock.clone();
    drop(scene);
    let journal = backend.open(clock).await;
    assert_eq!(journal.lease_copies(&disk(), 1, HOUR).await.unwrap().len(), 1);
}

pub(crate) async fn a_stored_copy_is_never_leased_again(backend: &impl Backend) {
    let scene = Scene::new(backend).await;
    let filing = Filing { due: Due::At(vec![disk(), cloud()]), ..scene.filing("a.jpg").await };
    let photo = scene.file(filing).await;
    scene.lease(1).await;
    scene.append(vec![stored(&photo, disk())]).await;
    scene.clock.advance(2 * HOUR);
    assert_eq!(scene.lease(1).await, []);
    assert_eq!(scene.journal.lease_copies(&cloud(), 1, HOUR).await.unwrap().len(), 1, "each destination on its own");
}

pub(crate) async fn a_failed_copy_waits_for_its_time_and_counts_its_attempts(backend: &impl Backend) {
    let scene = Scene::new(backend).await;
    let photo = scene.file(scene.filing("a.jpg").await).await;
    scene.lease(1).await;
    let soon = scene.clock.now().plus(Duration::from_secs(5));
    scene.append(vec![failed(&photo, disk(), Some(soon))]).await;
    assert_eq!(scene.lease(1).await, []);
    assert_eq!(scene.journal.next_due(&disk()).await.unwrap(), Some(soon));
    assert_eq!(scene.journal.next_due(&cloud()).await.unwrap(), None);
    scene.clock.advance(Duration::from_secs(5));
    let leases = scene.lease(1).await;
    assert_eq!((leases[0].photo.id.clone(), leases[0].attempts), (photo.id.clone(), 1));
    assert_eq!(scene.journal.next_due(&disk()).await.unwrap(), None);
}

pub(crate) async fn no_wait_is_longer_than_the_longest(backend: &impl Backend) {
    let scene = Scene::new(backend).await;
    let photo = scene.file(scene.filing("a.jpg").await).await;
    let never = scene.clock.now().plus(MAX_WAIT * 1_000);
    scene.append(vec![failed(&photo, disk(), Some(never))]).await;
    assert_eq!(scene.journal.next_due(&disk()).await.unwrap(), Some(scene.clock.now().plus(MAX_WAIT)));
    scene.clock.advance(MAX_WAIT);
    assert_eq!(scene.lease(1).await.len(), 1);
}

/// A restart with a clock a day behind stands for a wall clock that jumped back.
pub(crate) async fn a_clock_that_jumped_back_makes_waiting_copies_due(backend: &impl Backend) {
    let scene = Scene::new(backend).await;
    let day_before = std::sync::Arc::new(kilat_core::ManualClock::at_ms(
        u64::try_from(scene.clock.now().0).unwrap() - 24 * 3_600_000,
    ));
    let photo = scene.file(scene.filing("a.jpg").await).await;
    let soon = scene.clock.now().plus(Duration::from_secs(5));
    scene.append(vec![failed(&photo, disk(), Some(soon))]).await;
    drop(scene);
    let journal = backend.open(day_before.clone()).await;
    assert_eq!(journal.next_due(&disk()).await.unwrap(), Some(day_before.now()));
    assert_eq!(journal.lease_copies(&disk(), 1, HOUR).await.unwrap().len(), 1);
}

pub(crate) async fn a_copy_given_up_comes_back_when_an_operator_asks(backend: &impl Backend) {
    let scene = Scene::new(backend).await;
    let filing = Filing { due: Due::At(vec![disk(), cloud()]), ..scene.filing("a.jpg").await };
    let photo = scene.file(filing).await;
    scene.append(vec![failed(&photo, disk(), None), failed(&photo, cloud(), None)]).await;
    assert_eq!(scene.lease(1).await, []);
    scene.append(vec![Fact::RetryAsked { destination: Some(disk()) }]).await;
    assert_eq!(scene.lease(1).await[0].attempts, 0);
    assert_eq!(scene.journal.lease_copies(&cloud(), 1, HOUR).await.unwrap(), []);
    scene.append(vec![Fact::RetryAsked { destination: None }]).await;
    assert_eq!(scene.journal.lease_copies(&cloud(), 1, HOUR).await.unwrap().len(), 1);
}

pub(crate) async fn no_copy_is_leased_twice_under_concurrency(backend: &impl Backend) {
    let scene = Scene::new(backend).await;
    for n in 0..100 {
        let camera = Camera { serial: Some(n.to_string()), ..nikon() };
        scene.file(scene.shot(format!("{n}.jpg"), camera, "2026-11-21T12:00:00").await).await;
    }
    let mut tasks = Vec::new();
    for _ in 0..8 {
        let journal = scene.journal.clone();
        tasks.push(tokio::spawn(async move {
            let mut mine = Vec::new();
            loop {
                let leases = journal.lease_copies(&disk(), 3, HOUR).await.unwrap();
                if leases.is_empty() {
                    return mine;
                }
                mine.extend(ids_of(&leases));
                assert!(mine.len() <= 100, "one worker alone got more than there are");
            }
        }));
    }
    let (mut leased, mut distinct) = (0, BTreeSet::new());
    for task in tasks {
        let mine = task.await.unwrap();
        leased += mine.len();
        distinct.extend(mine);
    }
    assert_eq!((leased, distinct.len()), (100, 100));
}
