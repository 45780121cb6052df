//! Tails: every record once, in order, also for a reader that lags or begins amid writes.

use kilat_core::{Clock, EventStatus, Fact, Offset};
use kilat_journal::{Journal, JournalError};

use super::scene::{Backend, Scene, event_id, nikon, notice, offsets};

async fn raise(journal: &Journal, writer: usize, from: usize, until: usize) {
    for n in from..until {
        let facts = (0..7).map(|part| Fact::NoticeRaised { notice: notice(&format!("{writer} {n} {part}")) }).collect();
        journal.append(facts).await.unwrap();
    }
}

async fn read_until(journal: &Journal, after: Offset, until: u64) -> Vec<u64> {
    let mut tail = journal.tail(after);
    let mut seen = Vec::new();
    while tail.position().0 < until {
        seen.extend(offsets(&tail.next().await.unwrap()));
    }
    seen
}

pub(crate) async fn tails_have_no_holes_while_writers_append(backend: &impl Backend) {
    let scene = Scene::empty(backend).await;
    let total = 4 * 100 * 7;
    let mut tails = Vec::new();
    let mut writers = Vec::new();
    for writer in 0..4 {
        let journal = scene.journal.clone();
        writers.push(tokio::spawn(async move { raise(&journal, writer, 0, 100).await }));
    }
    for _ in 0..8 {
        tokio::task::yield_now().await;
        let journal = scene.journal.clone();
        // Each begins wherever the log stands by then, the first ones at its start.
        let after = scene.journal.head();
        tails.push(tokio::spawn(async move { (after, read_until(&journal, after, total).await) }));
    }
    for writer in writers {
        writer.await.unwrap();
    }
    for tail in tails {
        let (after, seen) = tail.await.unwrap();
        assert_eq!(seen, (after.0 + 1..=total).collect::<Vec<u64>>());
    }
}

pub(crate) async fn a_reader_that_lags_beyond_memory_misses_nothing(backend: &impl Backend) {
    let scene = Scene::empty(backend).await;
    let mut tail = scene.journal.tail(Offset(0));
    raise(&scene.journal, 0, 0, 10).await;
    let mut seen = offsets(&tail.next().await.unwrap());
    // Far more than is kept in memory.
    for n in 0..10 {
        let facts = (0..1_000).map(|part| Fact::NoticeRaised { notice: notice(&format!("{n}/{part}")) }).collect();
        scene.journal.append(facts).await.unwrap();
    }
    while tail.position() < scene.journal.head() {
        let batch = tail.next().await.unwrap();
        assert!(!batch.is_empty() && batch.len() <= 1_024);
        seen.extend(offsets(&batch));
    }
    assert_eq!(seen, (1..=10_070).collect::<Vec<u64>>());
}

pub(crate) async fn a_tail_in_the_middle_of_a_batch_gets_its_rest(backend: &impl Backend) {
    let scene = Scene::empty(backend).await;
    raise(&scene.journal, 0, 0, 1).await;
    assert_eq!(offsets(&scene.journal.tail(Offset(3)).next().await.unwrap()), [4, 5, 6, 7]);
}

pub(crate) async fn a_tail_hands_out_the_last_record_before_it_ends(backend: &impl Backend) {
    let scene = Scene::empty(backend).await;
    let mut tail = scene.journal.tail(Offset(0));
    scene.append(vec![Fact::UploadsPaused]).await;
    scene.journal.close().await.unwrap();
    assert_eq!(offsets(&tail.next().await.unwrap()), [1]);
    assert!(matches!(tail.next().await, Err(JournalError::Closed)));
}

pub(crate) async fn a_dropped_wait_loses_nothing(backend: &impl Backend) {
    let scene = Scene::empty(backend).await;
    let mut tail = scene.journal.tail(Offset(0));
    tokio::select! {
        biased;
        _ = tail.next() => panic!("nothing was written"),
        () = std::future::ready(()) => {}
    }
    scene.append(vec![Fact::UploadsPaused]).await;
    assert_eq!(offsets(&tail.next().await.unwrap()), [1]);
}

pub(crate) async fn a_snapshot_and_the_tail_after_it_are_the_whole(backend: &impl Backend) {
    let scene = Scene::new(backend).await;
    let first = scene.file(scene.shot("a.jpg", nikon(), "2026-11-21T12:00:00").await).await;
    scene.append(vec![Fact::NoticeRaised { notice: notice("hello") }, Fact::UploadsPaused]).await;
    let snapshot = scene.journal.snapshot().await.unwrap();
    assert_eq!(snapshot.offset, scene.journal.head());
    assert_eq!(snapshot.events, scene.journal.events().await.unwrap());
    assert_eq!(snapshot.sources, scene.journal.sources().await.unwrap());
    assert_eq!(snapshot.destinations, scene.journal.destinations().await.unwrap());
    assert_eq!(snapshot.settings, scene.journal.settings().await.unwrap());
    assert!(snapshot.is_paused);
    let wedding = event_id("wedding");
    assert_eq!(snapshot.counts[&wedding], scene.journal.counts(Some(&wedding)).await.unwrap());
    assert_eq!(snapshot.cameras[&wedding], scene.journal.cameras(&wedding).await.unwrap());
    assert_eq!(snapshot.cameras[&wedding][0].held, 1);
    assert_eq!(snapshot.last_photo, Some(first));
    assert_eq!(snapshot.notices[0].1.notice.id, "hello");
    let party = super::scene::event("party", EventStatus::Open, scene.clock.now());
    let after = scene.append(vec![Fact::EventCreated { event: party }]).await;
    assert_eq!(scene.journal.tail(snapshot.offset).next().await.unwrap().as_ref(), after);
}
