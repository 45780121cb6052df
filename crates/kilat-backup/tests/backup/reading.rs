//! Copies that are read back: by a run that was asked for, and by the scrub.

use kilat_core::{BackupCopy, BackupFact, CopyFault, RunKind, RunOutcome};

use crate::scene::{Scene, flip, shelf};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_verification_reads_every_copy_and_names_what_is_damaged_or_gone() {
    let mut scene = Scene::new().await;
    let photos = scene.photos(6).await;
    scene.start();
    scene.backed_up().await;
    flip(&scene.shelf.root.join(photos[1].key.as_str()));
    std::fs::remove_file(scene.shelf.root.join(photos[4].key.as_str())).unwrap();
    let id = scene.ask_for(scene.run(shelf(), RunKind::Verify)).await;
    let RunOutcome::Failed { error, remedy } = scene.ended(&id).await else { panic!("it must fail") };
    assert!(error.contains("2 of 6 copies"), "{error}");
    assert!(remedy.contains("kilat backup start wedding --to shelf"), "{remedy}");
    let names: Vec<_> = scene.journal.backup_failures(&id, 9).await.unwrap().into_iter().map(|f| f.name).collect();
    assert_eq!(names, [photos[1].name.clone(), photos[4].name.clone()]);
    assert_eq!(scene.state(&id).await.proven, 4);
    // The next backup copies both anew; the damaged file stands as it was.
    let again = scene.backed_up().await;
    assert_eq!(scene.state(&again).await.stored, 2);
    let verdict = scene.oracle.judge(&scene.shelf.root).unwrap();
    assert_eq!((verdict.missing.len(), verdict.foreign.len(), verdict.twice.len()), (0, 1, 0));
    let verify = scene.ask_for(scene.run(shelf(), RunKind::Verify)).await;
    assert_eq!(scene.ended(&verify).await, RunOutcome::Completed);
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_verification_that_was_killed_counts_no_copy_twice() {
    let mut scene = Scene::new().await;
    let photos = scene.photos(150).await;
    scene.start();
    scene.backed_up().await;
    flip(&scene.shelf.root.join(photos[0].key.as_str()));
    let id = scene.ask_for(scene.run(shelf(), RunKind::Verify)).await;
    scene.fact(|fact| matches!(fact, BackupFact::Proven { .. }).then_some(())).await;
    scene.kill().await;
    scene.start();
    assert!(matches!(scene.ended(&id).await, RunOutcome::Failed { .. }));
    let state = scene.state(&id).await;
    let photos = state.totals.expect("it was listed").photos;
    assert_eq!((photos, state.proven, state.failed), (150, 149, 1));
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_verification_says_which_photos_have_no_copy_at_all() {
    let mut scene = Scene::new().await;
    scene.photos(2).await;
    scene.start();
    scene.backed_up().await;
    scene.photo("later.jpg", b"later").await;
    let id = scene.ask_for(scene.run(shelf(), RunKind::Verify)).await;
    let RunOutcome::Failed { error, .. } = scene.ended(&id).await else { panic!("it must fail") };
    assert!(error.contains("1 photo of the event have no copy"), "{error}");
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scrub_finds_a_flipped_bit_and_makes_a_good_copy_beside_it() {
    let mut scene = Scene::new().await;
    let photos = scene.photos(5).await;
    scene.start();
    scene.backed_up().await;
    let bad = scene.shelf.root.join(photos[3].key.as_str());
    flip(&bad);
    let flipped = std::fs::read(&bad).unwrap();
    scene.append(BackupFact::ScrubAsked { destination: shelf() }).await;
    scene.start_scrub();
    let found = scene
        .fact(|fact| {
            let BackupFact::Found { run: None, photo, fault, .. } = fact else { return None };
            Some((photo.clone(), *fault))
        })
        .await;
    assert_eq!(found, (photos[3].id.clone(), CopyFault::Damaged));
    scene.fact(|fact| matches!(fact, BackupFact::ScrubEnded { .. }).then_some(())).await;
    let state = scene.journal.scrubs().await.unwrap().remove(0);
    assert_eq!((state.sound, state.damaged, state.missing, state.mended), (4, 1, 0, 1));
    assert_eq!(std::fs::read(&bad).unwrap(), flipped, "bad bytes are never overwritten");
    let copies = scene.journal.backup_copies_of(&photos[3].id).await.unwrap();
    let (_, BackupCopy::Stored { key, .. }) = &copies[0] else { panic!("it is stored again: {copies:?}") };
    assert!(key.as_str().ends_with(" (2).JPG"), "{key}");
    let verdict = scene.oracle.judge(&scene.shelf.root).unwrap();
    assert_eq!((verdict.missing.len(), verdict.foreign.len()), (0, 1));
    scene.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scrub_that_was_stopped_goes_on_where_it_was() {
    let mut scene = Scene::new().await;
    scene.photos(150).await;
    scene.start();
    scene.backed_up().await;
    scene.append(BackupFact::ScrubAsked { destination: shelf() }).await;
    scene.start_scrub();
    scene.fact(|fact| matches!(fact, BackupFact::Proven { run: None, .. }).then_some(())).await;
    scene.stop().await;
    let read = scene.shelf.verified();
    scene.start_scrub();
    scene.fact(|fact| matches!(fact, BackupFact::ScrubEnded { .. }).then_some(())).await;
    assert_eq!(scene.journal.scrubs().await.unwrap()[0].sound, 150);
    assert!(scene.shelf.verified() <= 150, "{read} of them were not read again, but for none");
    scene.stop().await;
}
