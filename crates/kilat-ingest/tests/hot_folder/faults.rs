//! What goes wrong: roots that vanish, files that vanish, a process that died, no event, no room.

use kilat_core::{Arrival, ArrivalFailure, Fact, FileStamp, Millis};

use crate::scene::{Scene, source};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_root_that_is_deleted_and_made_again_is_offline_and_then_watched_again() {
    let mut scene = Scene::started().await;
    std::fs::rename(scene.hot(""), scene.folder.path().join("away")).expect("moved");
    let reason = scene
        .fact(|fact| match fact {
            Fact::SourceOffline { reason, .. } => Some(reason.clone()),
            _ => None,
        })
        .await;
    assert!(reason.contains("gone"), "{reason}");
    std::fs::create_dir(scene.hot("")).expect("made");
    scene.put("DSC_1.JPG", &scene.jpeg(1));
    scene.photo("DSC_1.JPG").await;
    scene.fact(|fact| matches!(fact, Fact::SourceOnline { .. }).then_some(())).await;
    // Watched, not only listed once.
    scene.put("sub/DSC_2.JPG", &scene.jpeg(2));
    scene.photo("sub/DSC_2.JPG").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_root_that_is_not_there_at_the_start_is_awaited() {
    let mut scene = Scene::stopped().await;
    std::fs::remove_dir(scene.hot("")).expect("removed");
    scene.start();
    scene.fact(|fact| matches!(fact, Fact::SourceOffline { .. }).then_some(())).await;
    scene.put("DSC_1.JPG", &scene.jpeg(1));
    scene.photo("DSC_1.JPG").await;
}

/// What a process left that died between announcing and filing.
async fn announced(scene: &Scene, path: &str, stamp: FileStamp) -> Arrival {
    let arrival = Arrival {
        id: "arrival-1".parse().expect("an id"),
        source: source(),
        path: path.into(),
        stamp,
        event: "wedding".parse().expect("an id"),
        at: Millis(1),
        via: None,
    };
    scene.journal.append(vec![Fact::ArrivalSeen { arrival: arrival.clone() }]).await.expect("recorded");
    arrival
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_announced_before_the_process_died_is_filed_once_after_the_restart() {
    let mut scene = Scene::stopped().await;
    scene.put("DSC_1.JPG", &scene.jpeg(1));
    let stamp = kilat_objects::stamp_of(&scene.hot("DSC_1.JPG")).expect("there");
    let before = announced(&scene, "DSC_1.JPG", stamp).await;
    scene.start();
    scene.photo("DSC_1.JPG").await;
    scene.probe().await;
    assert_eq!(scene.arrivals("DSC_1.JPG").await, 1, "it is not announced twice");
    let filed = scene
        .fact(|fact| match fact {
            Fact::PhotoFiled { arrival, photo, .. } if photo.path.ends_with("DSC_1.JPG") => Some(arrival.clone()),
            _ => None,
        })
        .await;
    assert_eq!(filed, before.id);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_vanished_before_it_was_read_is_reported_with_what_to_do() {
    let mut scene = Scene::stopped().await;
    scene.put("other.JPG", &scene.jpeg(2));
    announced(&scene, "DSC_1.JPG", FileStamp { size_bytes: 1, mtime_ns: 1, ino: 1 }).await;
    scene.start();
    let (failure, message) = scene.failure("DSC_1.JPG").await;
    assert_eq!(failure, ArrivalFailure::Vanished);
    assert!(message.contains("again"), "{message}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_of_a_source_that_is_away_wait_instead_of_failing() {
    let mut scene = Scene::stopped().await;
    let bytes = scene.jpeg(1);
    scene.put("DSC_1.JPG", &bytes);
    let stamp = kilat_objects::stamp_of(&scene.hot("DSC_1.JPG")).expect("there");
    announced(&scene, "DSC_1.JPG", stamp).await;
    std::fs::rename(scene.hot(""), scene.folder.path().join("away")).expect("unplugged");
    scene.start();
    scene.fact(|fact| matches!(fact, Fact::SourceOffline { .. }).then_some(())).await;
    std::fs::rename(scene.folder.path().join("away"), scene.hot("")).expect("plugged in");
    scene.photo("DSC_1.JPG").await;
    let failed = scene.all().await.into_iter().filter(|fact| matches!(fact, Fact::ArrivalFailed { .. })).count();
    assert_eq!(failed, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn photos_that_come_before_there_is_an_event_wait_for_it() {
    let mut scene = Scene::without_event().await;
    scene.start();
    scene.put("DSC_1.JPG", &scene.jpeg(1));
    scene.use_event().await;
    assert_eq!(scene.photo("DSC_1.JPG").await.event.as_str(), "wedding");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_that_was_closed_takes_no_photo_more() {
    let mut scene = Scene::started().await;
    let event = "wedding".parse().expect("an id");
    scene.journal.append(vec![Fact::EventClosed { event }]).await.expect("recorded");
    scene.put("DSC_1.JPG", &scene.jpeg(1));
    let party = kilat_core::NewEvent { name: "Party".to_owned(), date: None };
    let event = scene.plan(&party);
    let id = event.id.clone();
    scene.journal.append(vec![Fact::EventCreated { event }, Fact::EventUsed { event: id }]).await.expect("recorded");
    assert_eq!(scene.photo("DSC_1.JPG").await.event.as_str(), "party");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_above_the_limit_is_reported_and_taken_when_the_limit_is_raised() {
    let mut scene = Scene::stopped().await;
    let bytes = scene.jpeg(1);
    scene.config.max_size_bytes = bytes.len() as u64 - 1;
    scene.put("DSC_1.JPG", &bytes);
    scene.start();
    let (failure, message) = scene.failure("DSC_1.JPG").await;
    assert_eq!(failure, ArrivalFailure::TooLarge);
    assert!(message.contains("max_file_mb"), "{message}");
    scene.stop().await;
    scene.config.max_size_bytes = u64::MAX;
    scene.start();
    scene.photo("DSC_1.JPG").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_zero_byte_file_is_filled_later_and_is_then_a_photo() {
    let mut scene = Scene::started().await;
    scene.put("DSC_1.JPG", b"");
    scene.probe().await;
    assert_eq!(scene.arrivals("DSC_1.JPG").await, 0);
    scene.put("DSC_1.JPG", &scene.jpeg(1));
    scene.photo("DSC_1.JPG").await;
}
