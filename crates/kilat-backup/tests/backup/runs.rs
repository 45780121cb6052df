//! What a run does when all is well, and what an operator may do to it.

use kilat_core::{BackupFact, Fact, RunKind, RunOutcome};

use crate::scene::{Scene, second, shelf};

fn is_copied(fact: &Fact) -> bool {
    matches!(fact, Fact::Backup(BackupFact::Copied { .. }))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_brings_every_photo_and_a_second_one_reads_and_writes_nothing() {
    let mut scene = Scene::new().await;
    scene.photos(12).await;
    scene.start();
    let id = scene.backed_up().await;
    scene.is_good(&scene.shelf);
    let state = scene.state(&id).await;
    assert_eq!((state.stored, state.failed, state.totals.map(|t| t.there)), (12, 0, Some(0)));
    let (puts, verified) = (scene.shelf.puts(), scene.shelf.verified());
    let again = scene.backed_up().await;
    let state = scene.state(&again).await;
    assert_eq!((state.stored, state.totals.map(|t| (t.photos, t.there))), (0, Some((12, 12))));
    assert_eq!((scene.shelf.puts(), scene.shelf.verified()), (puts, verified), "no file is touched");
    assert_eq!(scene.seals.0.lock().unwrap().len(), 1, "the list was written once");
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn photos_that_came_later_are_all_that_the_next_run_copies() {
    let mut scene = Scene::new().await;
    scene.photos(3).await;
    scene.start();
    scene.backed_up().await;
    scene.photo("later.jpg", b"later").await;
    let id = scene.backed_up().await;
    assert_eq!((scene.state(&id).await.stored, scene.shelf.puts()), (1, 4));
    scene.is_good(&scene.shelf);
    let seals = scene.seals.0.lock().unwrap().clone();
    assert_eq!(seals.iter().map(Vec::len).collect::<Vec<_>>(), [3, 4], "a list holds all copies");
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn asking_twice_is_one_run_and_destinations_do_not_wait_for_each_other() {
    let mut scene = Scene::new().await;
    scene.photos(4).await;
    scene.shelf.hold(true);
    scene.start();
    let first = scene.ask().await;
    scene.ask().await;
    assert_eq!(scene.journal.backups_going().await.unwrap().len(), 1);
    let other = scene.ask_for(scene.run(second(), RunKind::Copy)).await;
    assert_eq!(scene.ended(&other).await, RunOutcome::Completed);
    scene.shelf.hold(false);
    assert_eq!(scene.ended(&first).await, RunOutcome::Completed);
    scene.is_good(&scene.shelf);
    scene.is_good(&scene.second);
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn runs_at_one_destination_go_one_after_the_other() {
    let mut scene = Scene::new().await;
    scene.photos(4).await;
    scene.shelf.hold(true);
    scene.start();
    let copy = scene.ask().await;
    scene.until_puts(&scene.shelf, 1).await;
    let verify = scene.ask_for(scene.run(shelf(), RunKind::Verify)).await;
    scene.shelf.hold(false);
    assert_eq!(scene.ended(&verify).await, RunOutcome::Completed);
    assert_eq!(scene.state(&verify).await.proven, 4, "it began after all copies were made");
    assert!(scene.state(&copy).await.ended.is_some());
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_was_killed_goes_on_by_itself_without_a_gap_or_a_double() {
    let mut scene = Scene::new().await;
    scene.photos(20).await;
    scene.shelf.let_go(7);
    scene.start();
    let id = scene.ask().await;
    scene.until_puts(&scene.shelf, 8).await;
    scene.kill().await;
    scene.shelf.hold(false);
    scene.start();
    assert_eq!(scene.ended(&id).await, RunOutcome::Completed);
    scene.is_good(&scene.shelf);
    let state = scene.state(&id).await;
    let totals = state.totals.expect("it was listed");
    assert_eq!((totals.photos, totals.there + state.stored), (20, 20));
    assert_eq!(scene.count(is_copied).await, 20, "each copy is recorded once");
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_stands_there_unrecorded_is_read_and_recorded_not_written_again() {
    let mut scene = Scene::new().await;
    let photos = scene.photos(2).await;
    // As after a kill between the rename and the record.
    let at = scene.shelf.root.join(photos[0].key.as_str());
    std::fs::create_dir_all(at.parent().unwrap()).unwrap();
    std::fs::write(&at, std::fs::read(scene.hot(&photos[0].name)).unwrap()).unwrap();
    scene.start();
    let id = scene.backed_up().await;
    assert_eq!((scene.shelf.puts(), scene.shelf.verified()), (1, 1));
    assert_eq!(scene.state(&id).await.stored, 2);
    scene.is_good(&scene.shelf);
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pause_holds_over_a_restart_until_it_is_taken_back() {
    let mut scene = Scene::new().await;
    scene.photos(10).await;
    scene.shelf.let_go(3);
    scene.start();
    let id = scene.ask().await;
    scene.until_puts(&scene.shelf, 4).await;
    scene.append(BackupFact::Paused { run: id.clone() }).await;
    scene.stop().await;
    scene.shelf.hold(false);
    let puts = scene.shelf.puts();
    scene.start();
    // A run of another destination shows that the engine has looked.
    let other = scene.ask_for(scene.run(second(), RunKind::Copy)).await;
    assert_eq!(scene.ended(&other).await, RunOutcome::Completed);
    assert_eq!(scene.shelf.puts(), puts, "paused");
    assert!(scene.state(&id).await.is_paused);
    scene.append(BackupFact::Resumed { run: id.clone() }).await;
    assert_eq!(scene.ended(&id).await, RunOutcome::Completed);
    scene.is_good(&scene.shelf);
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancelled_run_keeps_whole_copies_removes_its_parts_and_can_be_taken_up_again() {
    let mut scene = Scene::new().await;
    scene.photos(10).await;
    scene.shelf.let_go(3);
    scene.start();
    let id = scene.ask().await;
    scene.copied(3).await;
    scene.append(BackupFact::CancelAsked { run: id.clone() }).await;
    assert_eq!(scene.ended(&id).await, RunOutcome::Cancelled);
    let parts = std::fs::read_dir(scene.shelf.root.join(".kilat-parts")).unwrap().count();
    assert_eq!(parts, 0, "nothing half is left");
    let verdict = scene.oracle.judge(&scene.shelf.root).unwrap();
    assert_eq!((verdict.missing.len(), verdict.foreign.len()), (7, 0), "whole copies stay");
    scene.shelf.hold(false);
    scene.forget_seen().await;
    scene.append(BackupFact::RetryAsked { run: id.clone() }).await;
    assert_eq!(scene.ended(&id).await, RunOutcome::Completed);
    scene.is_good(&scene.shelf);
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancellation_that_a_crash_swallowed_is_carried_out_at_the_next_start() {
    let mut scene = Scene::new().await;
    scene.photos(3).await;
    let id = scene.ask().await;
    scene.append(BackupFact::CancelAsked { run: id.clone() }).await;
    scene.start();
    assert_eq!(scene.ended(&id).await, RunOutcome::Cancelled);
    assert_eq!(scene.shelf.puts(), 0);
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_without_photos_is_backed_up_at_once() {
    let mut scene = Scene::new().await;
    scene.start();
    scene.backed_up().await;
    scene.stop().await;
}
