//! Counts: kept with every fact, equal to a recount, and never contradicting each other.

use std::collections::BTreeMap;

use kilat_core::{ArrivalFailure, ArrivalId, Clock, CopyState, EventStatus, Fact, Millis, Photo};
use kilat_journal::{Counts, DestinationCounts, Due, Filing, Journal, JournalError, Refusal};

use super::scene::{
    Backend, HOUR, Scene, cloud, destination, disk, event, event_id, failed, folder, ids_of, source, stored, whole_log,
};

/// One step of a random history; numbers choose among what there is by then.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    File { path: u8, due: u8, party: bool },
    FileAgain { photo: u8 },
    FailArrival { path: u8, failure: ArrivalFailure },
    FailOldArrival { arrival: u8 },
    ForgetArrival { arrival: u8 },
    Store { photo: u8, cloud: bool },
    Fail { photo: u8, cloud: bool, give_up: bool },
    Retry { everywhere: bool },
    Use { cloud: bool, used: bool },
}

pub(crate) async fn counts_equal_a_recount_after_any_history(backend: &impl Backend, steps: &[Step]) {
    let scene = Scene::new(backend).await;
    scene.append(vec![Fact::EventCreated { event: event("party", EventStatus::Open, scene.clock.now()) }]).await;
    let mut photos = Vec::new();
    let mut arrivals = Vec::new();
    for step in steps {
        take(&scene, step, &mut photos, &mut arrivals).await;
    }
    let mut sum = Counts::default();
    for name in ["wedding", "party"] {
        let counts = scene.journal.counts(Some(&event_id(name))).await.unwrap();
        assert_eq!(somewhere(counts.clone()), recount(&scene.journal, name).await, "{name}");
        assert!(counts.held >= counts.stored && counts.stored >= counts.safe, "{counts:?}");
        assert!(counts.unfiled >= counts.incomplete, "{counts:?}");
        sum.held += counts.held;
        sum.safe += counts.safe;
    }
    let all = scene.journal.counts(None).await.unwrap();
    assert_eq!((all.held, all.safe), (sum.held, sum.safe));
}

async fn take(scene: &Scene, step: &Step, photos: &mut Vec<Photo>, arrivals: &mut Vec<ArrivalId>) {
    let pick = |n: &u8| photos.get(usize::from(*n) % photos.len().max(1)).cloned();
    let place = |is_cloud: &bool| if *is_cloud { cloud() } else { disk() };
    let retry_at = |give_up: &bool| (!give_up).then(|| scene.clock.now());
    match step {
        Step::File { path, due, party } => {
            let due = [disk(), cloud()].into_iter().take(usize::from(due % 3)).collect();
            let due = Due::At(due);
            let name = if *party { "party" } else { "wedding" };
            let filing = scene.filing(format!("{path}.jpg")).await;
            photos.push(scene.file(Filing { due, event: event_id(name), ..filing }).await);
        }
        Step::FileAgain { photo } => {
            let Some(photo) = pick(photo) else { return };
            let filing = scene.filing("again.jpg").await;
            scene.journal.file(Filing { hash: photo.hash, event: photo.event, ..filing }).await.unwrap();
        }
        Step::FailArrival { path, failure } => {
            let arrival = scene.arrive(format!("{path}.jpg")).await;
            arrivals.push(arrival.clone());
            let message = "broken".to_owned();
            scene.append(vec![Fact::ArrivalFailed { arrival, failure: *failure, message }]).await;
        }
        Step::FailOldArrival { arrival } => {
            let Some(arrival) = arrivals.get(usize::from(*arrival) % arrivals.len().max(1)).cloned() else { return };
            let (failure, message) = (ArrivalFailure::Vanished, "late".to_owned());
            scene.append(vec![Fact::ArrivalFailed { arrival, failure, message }]).await;
        }
        Step::ForgetArrival { arrival } => {
            let Some(arrival) = arrivals.get(usize::from(*arrival) % arrivals.len().max(1)).cloned() else { return };
            scene.append(vec![Fact::ArrivalForgotten { arrival }]).await;
        }
        // Refused where the photo is not due there: that too must leave the counts alone.
        Step::Store { photo, cloud } => {
            let Some(photo) = pick(photo) else { return };
            scene.journal.append(vec![stored(&photo, place(cloud))]).await.ok();
        }
        Step::Fail { photo, cloud, give_up } => {
            let Some(photo) = pick(photo) else { return };
            scene.journal.append(vec![failed(&photo, place(cloud), retry_at(give_up))]).await.ok();
        }
        Step::Retry { everywhere } => {
            let destination = (!everywhere).then(disk);
            scene.append(vec![Fact::RetryAsked { destination }]).await;
        }
        Step::Use { cloud, used: true } => {
            let destination = destination(place(cloud), scene.clock.now());
            scene.append(vec![Fact::DestinationAdded { destination }]).await;
        }
        Step::Use { cloud, used: false } => {
            scene.append(vec![Fact::DestinationRemoved { destination: place(cloud) }]).await;
        }
    }
}

/// Without the destinations that have nothing, and nothing due.
fn somewhere(mut counts: Counts) -> Counts {
    counts.destinations.retain(|_, at| at.stored + at.pending + at.failed > 0);
    counts
}

/// Counts from the photos, their copies and the log alone.
async fn recount(journal: &Journal, name: &str) -> Counts {
    let mut counts = Counts::default();
    for photo in journal.photos(&event_id(name), None, 1_000).await.unwrap() {
        let copies = journal.copies_of(&photo.id).await.unwrap();
        let (mut stored, mut failed) = (0, 0);
        for (destination, state) in &copies {
            let at = counts.destinations.entry(destination.clone()).or_default();
            count_copy(at, state, &mut stored, &mut failed);
        }
        counts.held += 1;
        counts.held_bytes += photo.size_bytes;
        counts.stored += u64::from(stored > 0);
        counts.safe += u64::from(stored > 0 && stored == copies.len());
        counts.failed += u64::from(failed > 0);
    }
    // The newest arrival of each path, where it failed.
    let mut newest = BTreeMap::new();
    for record in whole_log(journal).await {
        if let Fact::ArrivalSeen { arrival } = record.fact {
            newest.insert(arrival.path.clone(), (arrival, None));
        } else if let Fact::ArrivalFailed { arrival, failure, .. } = record.fact {
            let standing = newest.values_mut().find(|(seen, _)| seen.id == arrival);
            standing.into_iter().for_each(|(_, outcome)| *outcome = Some(failure));
        } else if let Fact::ArrivalForgotten { arrival } = record.fact {
            let standing = newest.values_mut().find(|(seen, _)| seen.id == arrival);
            standing.into_iter().for_each(|(_, outcome)| *outcome = None);
        }
    }
    for (arrival, failure) in newest.into_values() {
        let here = arrival.event == event_id(name);
        counts.unfiled += u64::from(here && failure.is_some());
        counts.incomplete += u64::from(here && failure == Some(ArrivalFailure::Incomplete));
    }
    counts
}

fn count_copy(at: &mut DestinationCounts, state: &CopyState, stored: &mut usize, failed: &mut usize) {
    match state {
        CopyState::Pending { .. } => at.pending += 1,
        CopyState::Failed { .. } => {
            at.failed += 1;
            *failed += 1;
        }
        CopyState::Stored { at: since, .. } => {
            at.stored += 1;
            at.last_stored_at = at.last_stored_at.max(Some(*since));
            *stored += 1;
        }
    }
}

pub(crate) async fn a_photo_is_safe_when_every_copy_due_is_stored(backend: &impl Backend) {
    let scene = Scene::new(backend).await;
    let filing = Filing { due: Due::At(vec![disk(), cloud(), disk()]), ..scene.filing("a.jpg").await };
    let photo = scene.file(filing).await;
    scene.file(Filing { due: Due::Nowhere, ..scene.filing("b.jpg").await }).await;
    let counts = async || {
        let c = scene.journal.counts(None).await.unwrap();
        (c.held, c.stored, c.safe, c.failed)
    };
    assert_eq!(counts().await, (2, 0, 0, 0));
    scene.append(vec![stored(&photo, disk()), failed(&photo, cloud(), None)]).await;
    assert_eq!(counts().await, (2, 1, 0, 1));
    scene.append(vec![stored(&photo, cloud())]).await;
    assert_eq!(counts().await, (2, 1, 1, 0));
}

pub(crate) async fn cameras_are_told_apart_and_the_last_to_deliver_comes_first(backend: &impl Backend) {
    use super::scene::{HOUR, nikon, second_nikon};
    let scene = Scene::new(backend).await;
    scene.file(scene.shot("a.jpg", nikon(), "2026-11-21T12:00:00").await).await;
    scene.clock.advance(HOUR);
    scene.file(scene.shot("b.jpg", second_nikon(), "2026-11-21T12:00:00").await).await;
    scene.file(scene.shot("c.jpg", second_nikon(), "2026-11-21T12:00:00").await).await;
    let cameras = scene.journal.cameras(&event_id("wedding")).await.unwrap();
    let told: Vec<_> = cameras.iter().map(|c| (c.camera.clone(), c.held, c.last_filed_at)).collect();
    let now = scene.clock.now();
    let before = Millis(now.0 - i64::try_from(HOUR.as_millis()).unwrap());
    assert_eq!(told, [(second_nikon(), 2, now), (nikon(), 1, before)]);
}

pub(crate) async fn a_destination_that_moved_keeps_its_counts(backend: &impl Backend) {
    let scene = Scene::new(backend).await;
    let photo = scene.file(scene.filing("a.jpg").await).await;
    scene.append(vec![stored(&photo, disk())]).await;
    let moved = kilat_core::Destination { root: "/elsewhere".into(), ..destination(disk(), scene.clock.now()) };
    assert_eq!(scene.append(vec![Fact::DestinationAdded { destination: moved.clone() }]).await.len(), 1);
    assert!(scene.journal.destinations().await.unwrap().contains(&moved));
    assert_eq!(scene.journal.counts(None).await.unwrap().destinations[&disk()].stored, 1);
}

pub(crate) async fn what_is_due_at_a_destination_out_of_use_is_set_aside_until_it_is_used_again(
    backend: &impl Backend,
) {
    let scene = Scene::new(backend).await;
    let both =
        async |name: &str| scene.file(Filing { due: Due::At(vec![disk(), cloud()]), ..scene.filing(name).await }).await;
    let (a, b, c) = (both("a.jpg").await, both("b.jpg").await, both("c.jpg").await);
    let facts = vec![stored(&a, disk()), stored(&a, cloud()), stored(&b, disk()), failed(&b, cloud(), None)];
    scene.append(facts).await;
    let counts = async || {
        let c = scene.journal.counts(None).await.unwrap();
        let at = |id| c.destinations.get(&id).copied().unwrap_or_default();
        let cloud = at(cloud());
        ((c.stored, c.safe, c.failed), (cloud.stored, cloud.pending, cloud.failed))
    };
    assert_eq!(counts().await, ((2, 1, 1), (1, 1, 1)));

    scene.append(vec![Fact::DestinationRemoved { destination: cloud() }]).await;
    assert_eq!(counts().await, ((2, 2, 0), (1, 0, 0)));
    let used = scene.journal.destinations().await.unwrap();
    assert_eq!(used.into_iter().map(|used| used.id).collect::<Vec<_>>(), [disk()]);
    assert!(scene.journal.problems(10).await.unwrap().is_empty());
    assert_eq!(scene.journal.copies_of(&c.id).await.unwrap().len(), 1);
    let late = scene.journal.append(vec![stored(&c, cloud())]).await;
    assert!(matches!(late, Err(JournalError::Refused(Refusal::NotDue { .. }))), "{late:?}");

    // Filed meanwhile, so nobody named the place for it.
    let d = scene.file(scene.filing("d.jpg").await).await;
    scene.append(vec![Fact::DestinationAdded { destination: destination(cloud(), scene.clock.now()) }]).await;
    assert_eq!(counts().await, ((2, 1, 0), (1, 3, 0)));
    for photo in [&b, &c, &d] {
        scene.append(vec![stored(photo, cloud())]).await;
    }
    assert_eq!(counts().await, ((4, 2, 0), (4, 0, 0)));
}

pub(crate) async fn a_new_destination_gets_the_photos_of_the_active_event_that_are_copied_at_all(
    backend: &impl Backend,
) {
    let scene = Scene::new(backend).await;
    scene.file(scene.filing("old.jpg").await).await;
    let at = scene.clock.now();
    scene.append(vec![Fact::EventCreated { event: event("party", EventStatus::Active, at) }]).await;
    let new = scene.file(Filing { event: event_id("party"), ..scene.filing("new.jpg").await }).await;
    scene.file(Filing { due: Due::Nowhere, event: event_id("party"), ..scene.filing("film.mov").await }).await;

    let nas: kilat_core::DestinationId = "nas".parse().unwrap();
    scene.append(vec![Fact::DestinationAdded { destination: destination(nas.clone(), at) }]).await;
    let due = scene.journal.lease_copies(&nas, 10, HOUR).await.unwrap();
    assert_eq!(ids_of(&due), std::slice::from_ref(&new.id));
    assert_eq!(scene.journal.copies_of(&new.id).await.unwrap().len(), 2);
}

pub(crate) async fn a_source_out_of_use_is_not_shown_until_it_is_used_again(backend: &impl Backend) {
    let scene = Scene::new(backend).await;
    let facts = vec![
        Fact::SourceOffline { source: folder(), reason: "unplugged".into() },
        Fact::SourceRemoved { source: folder() },
    ];
    scene.append(facts).await;
    assert_eq!(scene.journal.sources().await.unwrap(), []);
    let back = source(scene.clock.now());
    scene.append(vec![Fact::SourceAdded { source: back.clone() }]).await;
    assert_eq!(scene.journal.sources().await.unwrap(), [back]);
}
