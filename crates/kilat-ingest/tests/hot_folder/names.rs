//! Names: used again, used twice, hostile, noise, and things that only look like photos.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use kilat_core::{DESTINATION_MARK, Fact};
use kilat_demo::xmp;
use rustix::fs::{CWD, FileType, Mode, mknodat};

use crate::scene::{Scene, content};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_that_is_used_again_is_another_photo_and_keeps_both() {
    let mut scene = Scene::started().await;
    scene.put("DSC_0001.JPG", &scene.jpeg(1));
    let first = scene.photo("DSC_0001.JPG").await;
    std::fs::remove_file(scene.hot("DSC_0001.JPG")).expect("formatted");
    let bytes = scene.jpeg(2);
    scene.put("DSC_0001.JPG", &bytes);
    let wanted = content(&bytes);
    let second = scene
        .fact(|fact| match fact {
            Fact::PhotoFiled { photo, .. } if photo.hash == wanted => Some(photo.clone()),
            _ => None,
        })
        .await;
    assert_eq!(first.name, second.name);
    assert_ne!(first.key, second.key);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_content_under_two_names_is_one_photo_with_two_arrivals() {
    let mut scene = Scene::started().await;
    let bytes = scene.jpeg(1);
    scene.put("DSC_0001.JPG", &bytes);
    let photo = scene.photo("DSC_0001.JPG").await;
    scene.put("copy/DSC_0001.JPG", &bytes);
    let arrival = scene.arrival("copy/DSC_0001.JPG").await;
    let again = scene
        .fact(|fact| match fact {
            Fact::PhotoSeenAgain { photo, arrival: id } if *id == arrival.id => Some(photo.clone()),
            _ => None,
        })
        .await;
    assert_eq!(again, photo.id);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_names_are_kept_as_data_and_made_safe_for_storage() {
    let mut scene = Scene::started().await;
    let names: [&[u8]; 6] = [
        b"a\nb.JPG",
        b"<img src=x onerror=alert(1)>.JPG",
        b"caf\xe9 \xff.JPG",
        b"x\\..\\..\\y.JPG",
        b"-rf.JPG",
        "\u{202e}gpj.exe.JPG".as_bytes(),
    ];
    for (number, name) in names.into_iter().enumerate() {
        let path = Path::new(OsStr::from_bytes(name));
        scene.put(path, &scene.jpeg(number as u64));
        let photo = scene.photo(path).await;
        assert_eq!(photo.path.as_os_str().as_bytes(), name);
        let key = photo.key.as_str();
        assert!(!key.contains(['\n', '<', '>', '\\', '\u{202e}', '\u{fffd}']), "{key:?}");
        assert!(key.starts_with("2026-11-21 Wedding/2026-11-21/NIKON Z 9 4711/"), "{key:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn noise_is_counted_and_nothing_that_only_looks_like_a_photo_stops_the_intake() {
    let mut scene = Scene::stopped().await;
    let bytes = scene.jpeg(1);
    for name in ["._DSC_1.JPG", "DSC_1.JPG.part", ".hidden.JPG", "@eaDir/DSC_1.JPG", "notes.txt"] {
        scene.put(name, &bytes);
    }
    std::fs::create_dir(scene.hot("folder.JPG")).expect("made");
    mknodat(CWD, scene.hot("pipe.JPG"), FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).expect("a pipe");
    let outside = scene.folder.path().join("outside.JPG");
    std::fs::write(&outside, scene.jpeg(2)).expect("written");
    std::os::unix::fs::symlink(&outside, scene.hot("link.JPG")).expect("a link");
    std::os::unix::fs::symlink(scene.folder.path(), scene.hot("loop")).expect("a link");
    scene.start();
    scene.probe().await;
    // The same again while it runs.
    std::os::unix::fs::symlink(&outside, scene.hot("link2.JPG")).expect("a link");
    mknodat(CWD, scene.hot("pipe2.JPG"), FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).expect("a pipe");
    scene.put(".hidden2.JPG", &bytes);
    scene.probe().await;
    assert_eq!(scene.photos().await.len(), 2, "the probes alone: {:?}", scene.photos().await);
    assert!(scene.stats.now().noise >= 4, "{:?}", scene.stats.now());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn copies_below_a_hot_folder_are_left_alone_and_another_kilats_copies_can_be_a_hot_folder() {
    let mut scene = Scene::stopped().await;
    scene.put(DESTINATION_MARK, b"{}");
    scene.put("DSC_1.JPG", &scene.jpeg(1));
    scene.put(Path::new("backup").join(DESTINATION_MARK), b"{}");
    scene.put("backup/DSC_2.JPG", &scene.jpeg(2));
    scene.start();
    scene.photo("DSC_1.JPG").await;
    scene.put("sub/DSC_3.JPG", &scene.jpeg(3));
    scene.photo("sub/DSC_3.JPG").await;
    assert_eq!(scene.arrivals("backup/DSC_2.JPG").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn raw_jpeg_and_sidecar_of_one_frame_share_a_group_and_a_folder() {
    let mut scene = Scene::started().await;
    scene.put("DSC_1.NEF", &scene.raw(1));
    let raw = scene.photo("DSC_1.NEF").await;
    scene.put("DSC_1.JPG", &scene.jpeg(1));
    let jpeg = scene.photo("DSC_1.JPG").await;
    scene.put("DSC_1.xmp", &xmp(&scene.frame(1)));
    let sidecar = scene.photo("DSC_1.xmp").await;
    assert_eq!((&jpeg.group, &sidecar.group), (&raw.group, &raw.group));
    let folder = |key: &str| key.rsplit_once('/').expect("a folder").0.to_owned();
    assert_eq!(folder(jpeg.key.as_str()), folder(sidecar.key.as_str()));
}
