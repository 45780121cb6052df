//! An event of ten thousand photos: records that share commits, and a second run that is quick.

use std::time::{Duration, Instant};

use kilat_core::{BackupFact, Fact, ReadBack, RunOutcome};

use crate::scene::{Scene, shelf};

/// Photos of a large event.
const PHOTOS: usize = 10_000;
/// What the second run may take in a build without optimisation, beside other tests. Alone it takes under one second.
const MOST: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_run_over_ten_thousand_photos_touches_none_of_them_and_is_quick() {
    let mut scene = Scene::new().await;
    std::fs::create_dir_all(scene.shelf.root.join("Wedding")).unwrap();
    let (mut seen, mut copied) = (Vec::new(), Vec::new());
    let mut photos = Vec::with_capacity(PHOTOS);
    for number in 0..PHOTOS {
        let name = format!("DSC_{number:05}.JPG");
        let path = scene.hot(&name);
        std::fs::write(&path, name.as_bytes()).unwrap();
        std::fs::write(scene.shelf.root.join("Wedding").join(&name), name.as_bytes()).unwrap();
        let hashed = kilat_objects::hash_file(&std::fs::File::open(&path).unwrap()).unwrap();
        seen.push((name, path, hashed));
    }
    // Filed at once, so that they share commits.
    for chunk in seen.chunks(512) {
        let filed = chunk
            .iter()
            .map(|(name, path, hashed)| scene.file(name, path, (hashed.content, hashed.proof, hashed.size_bytes)));
        photos.extend(join_all(filed).await);
    }
    let began = Instant::now();
    for photo in &photos {
        copied.push(Fact::Backup(BackupFact::Copied {
            run: None,
            photo: photo.id.clone(),
            destination: shelf(),
            key: photo.key.clone(),
            read_back: ReadBack::Device,
            was_there: false,
        }));
    }
    for chunk in copied.chunks(500) {
        scene.journal.append(chunk.to_vec()).await.unwrap();
    }
    println!("{PHOTOS} copies recorded in {:?}", began.elapsed());
    scene.start();
    let began = Instant::now();
    let id = scene.ask().await;
    assert_eq!(scene.ended(&id).await, RunOutcome::Completed);
    let took = began.elapsed();
    println!("a run with nothing to do took {took:?}");
    let totals = scene.state(&id).await.totals.expect("it was listed");
    assert_eq!((totals.photos, totals.there), (PHOTOS as u64, PHOTOS as u64));
    assert_eq!((scene.shelf.puts(), scene.shelf.verified()), (0, 0));
    assert!(took < MOST, "it took {took:?}");
    scene.stop().await;
}

async fn join_all<T>(futures: impl Iterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let mut futures: Vec<_> = futures.map(Box::pin).collect();
    let mut done: Vec<Option<T>> = futures.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        let mut is_pending = false;
        for (future, done) in futures.iter_mut().zip(&mut done) {
            if done.is_none() {
                match future.as_mut().poll(context) {
                    std::task::Poll::Ready(value) => *done = Some(value),
                    std::task::Poll::Pending => is_pending = true,
                }
            }
        }
        if is_pending { std::task::Poll::Pending } else { std::task::Poll::Ready(()) }
    })
    .await;
    done.into_iter().map(|value| value.expect("all are done")).collect()
}
