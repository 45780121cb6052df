//! Destinations that are away or full, sources that are gone, copies that go wrong, and Kilat's own bugs.

use kilat_core::{BackupFact, DestinationHealth, RunKind, RunOutcome};

use crate::scene::{Fail, Scene, cloud, flip, second, shelf};

async fn reason(scene: &mut Scene) -> String {
    scene.fact(|fact| if let BackupFact::Waits { reason, .. } = fact { Some(reason.clone()) } else { None }).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_destination_that_is_away_is_waited_for_and_named() {
    let mut scene = Scene::new().await;
    scene.photos(3).await;
    scene.shelf.set_gone(true);
    scene.start();
    let id = scene.ask().await;
    assert!(reason(&mut scene).await.contains("unplugged"));
    let known = scene.journal.destinations().await.unwrap();
    let place = known.iter().find(|place| place.id == shelf()).unwrap();
    assert!(matches!(place.health, DestinationHealth::Down { .. }));
    assert!(scene.state(&id).await.waits.is_some(), "it waits, it has not failed");
    scene.shelf.set_gone(false);
    assert_eq!(scene.ended(&id).await, RunOutcome::Completed);
    scene.is_good(&scene.shelf);
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_destination_that_goes_away_midway_costs_no_photo_its_attempts() {
    let mut scene = Scene::new().await;
    scene.photos(20).await;
    scene.shelf.let_go(5);
    scene.start();
    let id = scene.ask().await;
    scene.until_puts(&scene.shelf, 6).await;
    scene.shelf.set_gone(true);
    scene.shelf.hold(false);
    reason(&mut scene).await;
    scene.shelf.set_gone(false);
    assert_eq!(scene.ended(&id).await, RunOutcome::Completed);
    assert_eq!(scene.state(&id).await.failed, 0);
    scene.is_good(&scene.shelf);
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn too_little_room_is_said_before_the_first_byte() {
    let mut scene = Scene::new().await;
    scene.photos(5).await;
    scene.shelf.set_free(Some(1_000));
    scene.start();
    let id = scene.ask().await;
    let reason = reason(&mut scene).await;
    assert!(reason.contains("too little room") && reason.contains("1.0 kB are free"), "{reason}");
    assert_eq!(scene.shelf.puts(), 0);
    scene.shelf.set_free(None);
    assert_eq!(scene.ended(&id).await, RunOutcome::Completed);
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_destination_that_fills_up_midway_is_waited_for() {
    let mut scene = Scene::new().await;
    scene.photos(5).await;
    scene.shelf.fail_next(&[Fail::Full, Fail::Full]);
    scene.start();
    let id = scene.ask().await;
    assert!(reason(&mut scene).await.contains("full"));
    assert_eq!(scene.ended(&id).await, RunOutcome::Completed);
    scene.is_good(&scene.shelf);
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_destination_that_looks_well_and_refuses_does_not_hold_a_run_up_for_ever() {
    let mut scene = Scene::new().await;
    scene.photos(2).await;
    scene.shelf.fail_next(&[Fail::Full; 40]);
    scene.start();
    let id = scene.ask().await;
    let RunOutcome::Failed { error, .. } = scene.ended(&id).await else { panic!("it must fail") };
    assert!(error.contains("2 of 2 photos"), "{error}");
    let failures = scene.journal.backup_failures(&id, 9).await.unwrap();
    assert!(failures.iter().all(|failure| failure.message.contains("full")), "{failures:?}");
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_that_fails_is_tried_again_and_the_others_do_not_wait() {
    let mut scene = Scene::new().await;
    scene.photos(6).await;
    scene.shelf.fail_next(&[Fail::Io]);
    scene.start();
    let id = scene.backed_up().await;
    assert_eq!((scene.state(&id).await.failed, scene.shelf.puts()), (0, 7));
    scene.is_good(&scene.shelf);
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_photo_whose_source_is_gone_fails_alone_and_is_listed_until_a_retry_finds_it() {
    let mut scene = Scene::new().await;
    let photos = scene.photos(5).await;
    let (path, aside) = (scene.hot(&photos[2].name), scene.hot("aside"));
    std::fs::rename(&path, &aside).unwrap();
    scene.start();
    let id = scene.ask().await;
    let RunOutcome::Failed { error, remedy } = scene.ended(&id).await else { panic!("it must fail") };
    assert!(error.contains("1 of 5 photos"), "{error}");
    assert!(remedy.contains("retry"), "{remedy}");
    let failures = scene.journal.backup_failures(&id, 100).await.unwrap();
    assert_eq!(failures.len(), 1);
    assert!(failures[0].message.contains("put it back"), "{}", failures[0].message);
    assert_eq!(scene.state(&id).await.stored, 4);
    std::fs::rename(&aside, &path).unwrap();
    scene.forget_seen().await;
    scene.append(BackupFact::RetryAsked { run: id.clone() }).await;
    assert_eq!(scene.ended(&id).await, RunOutcome::Completed);
    let state = scene.state(&id).await;
    assert_eq!((state.stored, state.failed), (5, 0));
    assert_eq!(scene.journal.backup_failures(&id, 100).await.unwrap(), []);
    scene.is_good(&scene.shelf);
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_source_that_was_overwritten_is_never_backed_up_as_what_it_was() {
    let mut scene = Scene::new().await;
    let photos = scene.photos(3).await;
    std::fs::write(scene.hot(&photos[1].name), b"something else").unwrap();
    scene.start();
    let id = scene.ask().await;
    assert!(matches!(scene.ended(&id).await, RunOutcome::Failed { .. }));
    let verdict = scene.oracle.judge(&scene.shelf.root).unwrap();
    assert_eq!((verdict.missing.len(), verdict.foreign.len()), (1, 0));
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_photo_is_read_from_another_copy_when_its_source_is_gone() {
    let mut scene = Scene::new().await;
    let photos = scene.photos(3).await;
    scene.start();
    scene.backed_up().await;
    for photo in &photos {
        std::fs::remove_file(scene.hot(&photo.name)).unwrap();
    }
    let id = scene.ask_for(scene.run(second(), RunKind::Copy)).await;
    assert_eq!(scene.ended(&id).await, RunOutcome::Completed);
    scene.is_good(&scene.second);
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_photo_whose_only_copy_is_far_away_is_fetched_and_proven_on_the_way() {
    let mut scene = Scene::new().await;
    let photos = scene.photos(4).await;
    scene.start();
    let id = scene.ask_for(scene.run(cloud(), RunKind::Copy)).await;
    assert_eq!(scene.ended(&id).await, RunOutcome::Completed);
    for photo in &photos {
        std::fs::remove_file(scene.hot(&photo.name)).unwrap();
    }
    // One of them rotted there: what was fetched is not believed.
    flip(&scene.cloud.root.join(photos[2].key.as_str()));
    let id = scene.ask().await;
    let RunOutcome::Failed { error, .. } = scene.ended(&id).await else { panic!("one has no good copy") };
    assert!(error.contains("1 of 4 photos"), "{error}");
    let verdict = scene.oracle.judge(&scene.shelf.root).unwrap();
    assert_eq!((verdict.missing.len(), verdict.foreign.len()), (1, 0));
    assert_eq!(std::fs::read_dir(scene.scratch()).unwrap().count(), 0, "nothing is left of what was fetched");
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bug_in_one_copy_costs_that_copy_and_not_the_run() {
    let mut scene = Scene::new().await;
    scene.photos(4).await;
    scene.shelf.fail_next(&[Fail::Panic]);
    scene.start();
    let id = scene.ask().await;
    let RunOutcome::Failed { error, .. } = scene.ended(&id).await else { panic!("it must fail") };
    assert!(error.contains("1 of 4 photos"), "{error}");
    scene.forget_seen().await;
    scene.append(BackupFact::RetryAsked { run: id.clone() }).await;
    assert_eq!(scene.ended(&id).await, RunOutcome::Completed);
    scene.is_good(&scene.shelf);
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_that_vanished_from_the_shelf_is_made_again_by_the_next_run() {
    let mut scene = Scene::new().await;
    let photos = scene.photos(4).await;
    scene.start();
    scene.backed_up().await;
    std::fs::remove_file(scene.shelf.root.join(photos[1].key.as_str())).unwrap();
    std::fs::write(scene.shelf.root.join(photos[2].key.as_str()), b"short").unwrap();
    let id = scene.backed_up().await;
    assert_eq!(scene.state(&id).await.stored, 2);
    let verdict = scene.oracle.judge(&scene.shelf.root).unwrap();
    assert_eq!((verdict.missing.len(), verdict.foreign.len()), (0, 1), "the short file stands as it was");
    scene.stop().await;
}
