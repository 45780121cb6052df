//! Stops and deaths: nothing under way is lost or made twice.

use std::fs;
use std::sync::Arc;

use kilat_core::Fact;
use kilat_objects::{DiskStore, Item, ObjectStore, Watch, stamp_of};

use crate::scene::{Act, Scene, disk, fresh};

struct Unwatched;

impl Watch for Unwatched {
    fn sent(&self, _bytes: u64) {}

    fn is_cancelled(&self) -> bool {
        false
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_that_does_not_end_is_cancelled_by_a_stop_and_made_by_the_next_start() {
    let mut scene = Scene::new().await;
    scene.script.then(&[Act::Hang]);
    let photo = scene.photo("a.JPG").await;
    scene.start();
    scene.until(|script| !script.asked().is_empty()).await;
    scene.stop().await;
    assert!(!scene.all().await.iter().any(|fact| matches!(fact, Fact::CopyFailed { .. } | Fact::CopyStored { .. })));
    scene.start();
    scene.stored(&photo).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_made_by_a_process_that_died_before_it_could_say_so_is_found_and_counted_once() {
    let mut scene = Scene::new().await;
    let photo = scene.photo("a.JPG").await;
    let out = scene.folder.path().join("disk");
    let store = DiskStore::new(out.clone(), fresh());
    store.attach().unwrap();
    let file = scene.hot("a.JPG");
    let item = Item {
        file: &file,
        stamp: stamp_of(&file).unwrap(),
        proof: photo.proof,
        key: &photo.key,
        part: "p",
        resume: None,
    };
    store.put(&item, &Unwatched).unwrap();
    scene.start_with(Arc::new(store));
    scene.stored(&photo).await;
    let folder = out.join(photo.key.as_str());
    assert_eq!(fs::read_dir(folder.parent().unwrap()).unwrap().count(), 1, "one copy, not two");
    let of_disk = |fact: &Fact| matches!(fact, Fact::CopyStored { destination, .. } if *destination == disk());
    assert_eq!(scene.all().await.iter().filter(|fact| of_disk(fact)).count(), 1);
}
