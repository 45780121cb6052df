//! How files come: whole, in pieces, by another name, in folders made a moment ago, before the start.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Write;

use kilat_core::{ArrivalFailure, Fact};
use kilat_demo::{Manner, write};
use kilat_ingest::Poll;

use crate::scene::{Scene, content};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_manner_of_writing_ends_as_the_whole_file() {
    let mut scene = Scene::started().await;
    for (number, manner) in Manner::ALL.into_iter().enumerate() {
        let (name, bytes) = (format!("DSC_{number}.JPG"), scene.jpeg(number as u64));
        write(&scene.hot(&name), &bytes, manner, || {}).expect("written");
        let photo = scene.photo(&name).await;
        assert_eq!(photo.hash, content(&bytes), "{manner:?}");
        assert_eq!(photo.size_bytes, bytes.len() as u64, "{manner:?}");
    }
    assert_eq!(scene.photos().await.len(), Manner::ALL.len() + 1, "nothing but the whole files, and the probe");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_still_being_written_is_not_ingested() {
    let mut scene = Scene::started().await;
    let bytes = scene.jpeg(1);
    let mut file = File::create(scene.hot("DSC_1.JPG")).expect("made");
    file.write_all(&bytes[..bytes.len() - 1]).expect("written");
    // Longer than a second by the wall clock: a probe that is found by looking alone takes that long.
    scene.put("sub/found.JPG", &scene.jpeg(2));
    scene.photo("sub/found.JPG").await;
    assert_eq!(scene.arrivals("DSC_1.JPG").await, 0);
    file.write_all(&bytes[bytes.len() - 1..]).expect("written");
    drop(file);
    assert_eq!(scene.photo("DSC_1.JPG").await.hash, content(&bytes));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_in_folders_made_a_moment_ago_are_all_found() {
    let mut scene = Scene::started().await;
    let mut expected = BTreeSet::new();
    for folder in 0..20 {
        for file in 0..5 {
            let path = format!("{folder}/b/c/DSC_{file}.JPG");
            scene.put(&path, &scene.jpeg(folder * 10 + file));
            expected.insert(path);
        }
    }
    for path in expected {
        scene.photo(path).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_that_is_moved_in_brings_its_files_and_stays_watched() {
    let mut scene = Scene::started().await;
    let outside = scene.folder.path().join("card/DCIM");
    std::fs::create_dir_all(&outside).expect("made");
    std::fs::write(outside.join("DSC_1.JPG"), scene.jpeg(1)).expect("written");
    std::fs::rename(scene.folder.path().join("card"), scene.hot("card")).expect("moved");
    scene.photo("card/DCIM/DSC_1.JPG").await;
    scene.put("card/DCIM/DSC_2.JPG", &scene.jpeg(2));
    scene.photo("card/DCIM/DSC_2.JPG").await;
    std::fs::rename(scene.hot("card"), scene.hot("renamed")).expect("moved");
    scene.put("renamed/DCIM/DSC_3.JPG", &scene.jpeg(3));
    scene.photo("renamed/DCIM/DSC_3.JPG").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_drop_of_thousands_of_files_misses_none() {
    let mut scene = Scene::started().await;
    let count = 3_000;
    let small = |number: u64| format!("<x:xmpmeta xmlns:x=\"adobe:ns:meta/\">{number}</x:xmpmeta>");
    for number in 0..count {
        scene.put(format!("{number}.xmp"), small(number).as_bytes());
    }
    for number in 0..count {
        scene.photo(format!("{number}.xmp")).await;
    }
    assert_eq!(scene.photos().await.len() as u64, count + 1, "each once, and the probe");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_without_events_is_looked_at() {
    let mut scene = Scene::stopped().await;
    scene.config.sources[0].poll = Poll::Always;
    scene.start();
    let bytes = scene.jpeg(1);
    scene.put("a/DSC_1.JPG", &bytes[..bytes.len() / 2]);
    scene.put("b/DSC_2.JPG", &scene.jpeg(2));
    scene.photo("b/DSC_2.JPG").await;
    assert_eq!(scene.arrivals("a/DSC_1.JPG").await, 0, "the half is not taken");
    scene.put("a/DSC_1.JPG", &bytes);
    assert_eq!(scene.photo("a/DSC_1.JPG").await.hash, content(&bytes));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_there_at_the_start_is_taken_once_and_not_again_after_a_restart() {
    let mut scene = Scene::stopped().await;
    scene.put("DSC_1.JPG", &scene.jpeg(1));
    scene.put("DSC_1.NEF", &scene.raw(1));
    scene.start();
    scene.photo("DSC_1.JPG").await;
    scene.photo("DSC_1.NEF").await;
    scene.stop().await;
    scene.start();
    scene.probe().await;
    assert_eq!(scene.arrivals("DSC_1.JPG").await, 1);
    assert_eq!(scene.photos().await.len(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_off_file_is_reported_once_and_taken_when_it_comes_again() {
    let mut scene = Scene::started().await;
    let bytes = scene.jpeg(1);
    scene.put("DSC_1.JPG", &bytes[..bytes.len() / 2]);
    let (failure, message) = scene.failure("DSC_1.JPG").await;
    assert_eq!(failure, ArrivalFailure::Incomplete);
    assert!(message.contains("send it again"), "{message}");
    scene.put("DSC_1.JPG", &bytes);
    assert_eq!(scene.photo("DSC_1.JPG").await.hash, content(&bytes));
    assert_eq!(scene.journal.counts(None).await.expect("counted").unfiled, 0, "the report is settled");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_grows_after_it_was_filed_is_a_photo_of_its_own() {
    let mut scene = Scene::started().await;
    let (first, mut second) = (scene.jpeg(1), scene.jpeg(1));
    scene.put("DSC_1.JPG", &first);
    let short = scene.photo("DSC_1.JPG").await;
    second.extend(scene.jpeg(2));
    let mut file = File::options().append(true).open(scene.hot("DSC_1.JPG")).expect("open");
    file.write_all(&second[first.len()..]).expect("written");
    drop(file);
    let wanted = content(&second);
    let long = scene
        .fact(|fact| match fact {
            Fact::PhotoFiled { photo, .. } if photo.hash == wanted => Some(photo.clone()),
            _ => None,
        })
        .await;
    assert_ne!(short.key, long.key, "the first copy is not overwritten");
}
