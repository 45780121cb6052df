//! One content is one photo, whatever ways it comes by, and no name destroys another file.

use kilat_core::{Fact, Way};
use kilat_ingest::Outcome;

use crate::scene::{Scene, content, offer, source};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_whole_file_is_a_photo_once_answered() {
    let scene = Scene::new().await;
    let bytes = scene.jpeg(1);
    let photo = scene.photo(Way::Ftp, "DSC_0001.JPG", &bytes).await;
    assert_eq!((photo.name.as_str(), &photo.source), ("DSC_0001.JPG", &source()));
    assert_eq!(std::fs::read(scene.root().join(&photo.path)).expect("it stands there"), bytes);
    assert!(photo.path.starts_with("z9-budi/ftp"), "{:?}", photo.path);
    let arrivals = scene.arrivals().await;
    assert_eq!(arrivals.len(), 1);
    assert_eq!(arrivals[0].via, Some(offer(Way::Ftp, "").via));
    assert_eq!(scene.files().len(), 1, "no part is left");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_photo_by_three_ways_is_one_photo_one_file_and_three_receipts() {
    let scene = Scene::new().await;
    let bytes = scene.jpeg(1);
    let photo = scene.photo(Way::Ftp, "DSC_0001.JPG", &bytes).await;
    for way in [Way::Card, Way::Http, Way::Ftp] {
        let again = scene.send(way, "DSC_0001.JPG", &bytes).await;
        assert_eq!(again, Outcome::Filed { photo: photo.id.clone(), is_new: false, hash: content(&bytes) });
    }
    assert_eq!(scene.arrivals().await.len(), 4);
    assert_eq!(scene.files(), [(photo.path, bytes)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_second_file_stays_where_the_first_is_not_what_it_was() {
    let scene = Scene::new().await;
    let bytes = scene.jpeg(1);
    let photo = scene.photo(Way::Ftp, "DSC_0001.JPG", &bytes).await;
    let mut rotten = bytes.clone();
    rotten[40] ^= 1;
    std::fs::write(scene.root().join(&photo.path), &rotten).expect("written");
    scene.send(Way::Card, "DSC_0001.JPG", &bytes).await;
    assert_eq!(scene.files().iter().filter(|(_, held)| *held == bytes).count(), 1);
    std::fs::remove_file(scene.root().join(&photo.path)).expect("deleted");
    scene.send(Way::Http, "DSC_0001.JPG", &bytes).await;
    assert_eq!(scene.files().iter().filter(|(_, held)| *held == bytes).count(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_that_comes_again_with_other_bytes_is_another_photo() {
    let scene = Scene::new().await;
    let (first, second) = (scene.jpeg(1), scene.jpeg(2));
    let one = scene.photo(Way::Ftp, "DSC_0001.JPG", &first).await;
    let two = scene.photo(Way::Ftp, "DSC_0001.JPG", &second).await;
    assert_eq!((one.name.as_str(), two.name.as_str()), ("DSC_0001.JPG", "DSC_0001.JPG"));
    assert_ne!(one.key, two.key);
    assert_eq!(std::fs::read(scene.root().join(&one.path)).expect("there"), first);
    assert_eq!(std::fs::read(scene.root().join(&two.path)).expect("there"), second);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_of_one_name_at_once_are_twenty_photos() {
    let scene = Scene::new().await;
    let all: Vec<Vec<u8>> = (0..20).map(|number| scene.jpeg(number)).collect();
    let sent = all.iter().map(|bytes| scene.photo(Way::Http, "IMG_0001.JPG", bytes));
    let mut paths = Vec::new();
    for photo in futures(sent).await {
        paths.push(photo.path);
    }
    paths.sort();
    paths.dedup();
    assert_eq!(paths.len(), 20);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn raw_jpeg_and_sidecar_of_one_frame_are_one_group_in_one_folder() {
    let scene = Scene::new().await;
    let raw = scene.photo(Way::Ftp, "DSC_0001.NEF", &scene.raw(1)).await;
    let jpeg = scene.photo(Way::Ftp, "DSC_0001.JPG", &scene.jpeg(1)).await;
    let sidecar = scene.photo(Way::Ftp, "DSC_0001.xmp", &scene.xmp(1)).await;
    assert_eq!((&raw.group, &raw.group), (&jpeg.group, &sidecar.group));
    let folder = |key: &kilat_core::ObjectKey| key.as_str().rsplit_once('/').map(|(folder, _)| folder.to_owned());
    assert_eq!((folder(&raw.key), folder(&raw.key)), (folder(&jpeg.key), folder(&sidecar.key)));
    assert_eq!(sidecar.camera, jpeg.camera, "it tells of the body beside it");
    let other = scene.photo(Way::Ftp, "DSC_0001.JPG", &scene.jpeg(7)).await;
    assert_ne!(other.key, jpeg.key);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_an_event_a_file_waits_and_is_filed_by_itself_once_there_is_one() {
    let mut scene = Scene::without_event().await;
    scene.start();
    let bytes = scene.jpeg(1);
    let held = scene.send(Way::Ftp, "DSC_0001.JPG", &bytes).await;
    assert_eq!(held, Outcome::Held { hash: content(&bytes) });
    scene.use_event().await;
    let photo = scene.filed(&bytes).await;
    assert_eq!(std::fs::read(scene.root().join(&photo.path)).expect("there"), bytes);
    let via = scene.fact(|fact| match fact {
        Fact::ArrivalSeen { arrival } => Some(arrival.via.clone()),
        _ => None,
    });
    assert_eq!(via.await, Some(offer(Way::Ftp, "").via));
}

/// All at once, in one task.
async fn futures<F: Future>(all: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut waiting: Vec<_> = all.map(|future| (Box::pin(future), None)).collect();
    std::future::poll_fn(|context| {
        let mut is_pending = false;
        for (future, done) in &mut waiting {
            if done.is_none() {
                match future.as_mut().poll(context) {
                    std::task::Poll::Ready(output) => *done = Some(output),
                    std::task::Poll::Pending => is_pending = true,
                }
            }
        }
        if is_pending { std::task::Poll::Pending } else { std::task::Poll::Ready(()) }
    })
    .await;
    waiting.into_iter().filter_map(|(_, done)| done).collect()
}
