//! What is copied when: the newest first, nothing while paused, progress on the board.

use kilat_core::Fact;

use crate::scene::{Act, Scene};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_newest_photo_goes_first() {
    let mut scene = Scene::new().await;
    let mut photos = Vec::new();
    for number in 0..5 {
        photos.push(scene.photo(&format!("{number}.JPG")).await);
    }
    scene.start();
    for photo in &photos {
        scene.stored(photo).await;
    }
    assert_eq!(scene.script.asked(), ["4.JPG", "3.JPG", "2.JPG", "1.JPG", "0.JPG"]);
    assert!(scene.script.swept() >= 1, "what an earlier process left is looked through");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_photo_that_comes_now_overtakes_those_that_wait() {
    let mut scene = Scene::new().await;
    for number in 0..3 {
        scene.photo(&format!("{number}.JPG")).await;
    }
    scene.script.hold(true);
    scene.start();
    scene.until(|script| !script.asked().is_empty()).await;
    let newest = scene.photo("new.JPG").await;
    scene.script.hold(false);
    scene.stored(&newest).await;
    assert_eq!(scene.script.asked()[..2], ["2.JPG", "new.JPG"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_copied_while_paused_and_all_of_it_after() {
    let mut scene = Scene::new().await;
    scene.journal.append(vec![Fact::UploadsPaused]).await.unwrap();
    scene.start();
    let photo = scene.photo("a.JPG").await;
    scene.until(|script| script.swept() > 0).await;
    scene.photo("b.JPG").await;
    assert!(scene.script.asked().is_empty());
    scene.journal.append(vec![Fact::UploadsResumed]).await.unwrap();
    scene.stored(&photo).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_under_way_is_on_the_board_and_gone_from_it_when_it_ended() {
    let mut scene = Scene::new().await;
    let photo = scene.photo("a.JPG").await;
    scene.script.hold(true);
    scene.start();

    scene.until(|script| !script.asked().is_empty()).await;
    assert_eq!(scene.board.reader().transfers().len(), 1);
    scene.script.hold(false);
    scene.stored(&photo).await;
    scene.stop().await;
    assert!(scene.board.reader().transfers().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_given_up_is_tried_again_when_somebody_asks() {
    let mut scene = Scene::new().await;
    scene.script.then(&[Act::SourceChanged]);
    let photo = scene.photo("a.JPG").await;
    scene.start();
    scene.fact(|fact| matches!(fact, Fact::CopyFailed { retry_at: None, .. }).then_some(())).await;
    scene.journal.append(vec![Fact::RetryAsked { destination: None }]).await.unwrap();
    scene.stored(&photo).await;
}
