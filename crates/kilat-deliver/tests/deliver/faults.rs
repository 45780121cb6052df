//! Faults of one file, of the place, and of the source: each stops no more than it must.

use std::fs;

use kilat_core::{Fact, ReadBack};
use kilat_objects::DiskStore;

use crate::scene::{Act, Scene, fresh};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_that_failed_is_retried_by_itself_and_does_not_stop_the_others() {
    let mut scene = Scene::new().await;
    let (first, second) = (scene.photo("a.JPG").await, scene.photo("b.JPG").await);
    scene.script.then(&[Act::Fail]);
    scene.start();
    scene.stored(&first).await;
    scene.stored(&second).await;
    let failed: Vec<_> = scene.all().await.into_iter().filter(|fact| matches!(fact, Fact::CopyFailed { .. })).collect();
    assert!(matches!(&failed[..], [Fact::CopyFailed { retry_at: Some(_), message, .. }] if message.contains("cable")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_place_is_said_once_costs_no_attempts_and_goes_on_when_there_is_room() {
    let mut scene = Scene::new().await;
    scene.script.always(Some(Act::Full));
    let mut photos = Vec::new();
    for number in 0..3 {
        photos.push(scene.photo(&format!("{number}.JPG")).await);
    }
    scene.start();
    let reason = scene.down().await;
    assert!(reason.contains("full") && reason.contains("/copies"), "{reason}");
    scene.script.always(None);
    for photo in &photos {
        scene.stored(photo).await;
    }
    let all = scene.all().await;
    assert_eq!(all.iter().filter(|fact| matches!(fact, Fact::DestinationDown { .. })).count(), 1);
    assert!(!all.iter().any(|fact| matches!(fact, Fact::CopyFailed { .. })), "waiting is no failure");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_place_that_is_not_there_at_the_start_is_awaited() {
    let mut scene = Scene::new().await;
    scene.script.set_gone(true);
    let photo = scene.photo("a.JPG").await;
    scene.start();
    assert!(scene.down().await.contains("unplugged"));
    scene.script.set_gone(false);
    scene.stored(&photo).await;
    scene.fact(|fact| matches!(fact, Fact::DestinationUp { .. }).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_place_where_every_copy_fails_is_paused_as_a_whole() {
    let mut scene = Scene::new().await;
    scene.script.always(Some(Act::Fail));
    for number in 0..6 {
        scene.photo(&format!("{number}.JPG")).await;
    }
    scene.start();
    scene.down().await;
    let failed = scene.all().await.iter().filter(|fact| matches!(fact, Fact::CopyFailed { .. })).count();
    assert_eq!(failed, 3, "three in a row, then it is left alone");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_photo_whose_source_disk_is_away_waits_without_failing() {
    let mut scene = Scene::new().await;
    scene.script.always(Some(Act::Read));
    let photo = scene.photo("a.JPG").await;
    fs::rename(scene.hot(""), scene.folder.path().join("away")).unwrap();
    scene.start();
    // The second attempt shows what became of the first.
    scene.until(|script| script.asked().len() >= 2).await;
    assert!(!scene.all().await.iter().any(|fact| matches!(fact, Fact::CopyFailed { .. })));
    fs::rename(scene.folder.path().join("away"), scene.hot("")).unwrap();
    scene.stored(&photo).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_photo_whose_source_is_gone_is_read_from_another_copy() {
    let mut scene = Scene::new().await;
    let photo = scene.photo("a.JPG").await;
    scene.photo("stays.JPG").await;
    let copy = photo.key.segments().fold(scene.folder.path().join("second"), |path, segment| path.join(segment));
    fs::create_dir_all(copy.parent().unwrap()).unwrap();
    fs::write(&copy, "a.JPG").unwrap();
    let stored = Fact::CopyStored {
        photo: photo.id.clone(),
        destination: "second".parse().unwrap(),
        key: photo.key.clone(),
        read_back: ReadBack::Device,
    };
    scene.journal.append(vec![stored]).await.unwrap();
    fs::remove_file(scene.hot("a.JPG")).unwrap();
    let out = scene.folder.path().join("disk");
    scene.start_with(std::sync::Arc::new(DiskStore::new(out.clone(), fresh())));
    let id = photo.id.clone();
    let key = scene
        .fact(|fact| match fact {
            Fact::CopyStored { photo, destination, key, .. } if *photo == id && destination.as_str() == "disk" => {
                Some(key.clone())
            }
            _ => None,
        })
        .await;
    assert_eq!(fs::read(out.join(key.as_str())).unwrap(), b"a.JPG");
}
