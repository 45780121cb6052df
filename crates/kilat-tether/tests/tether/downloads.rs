//! Photos come, each once, whole, in the right order, and quickly.

use std::time::{Duration, Instant};

use kilat_core::CameraState;
use kilat_demo::{Body, CameraOptions};
use kilat_tether::News;

use crate::scene::{Scene, Seen};

const MIB: usize = 1024 * 1024;

#[tokio::test]
async fn frames_come_as_they_are_shot_with_their_raw_files_byte_for_byte() {
    let mut scene = Scene::new(CameraOptions { has_raw: true, ..CameraOptions::default() });
    scene.camera.shoot(2).expect("frames before the cable");
    scene.pull();
    scene.desk.until_kept(4).await;
    let mut latencies = Vec::new();
    for shot in 0..20 {
        let pressed = Instant::now();
        scene.camera.shoot(1).expect("a frame");
        scene.desk.until_kept(4 + 2 * (shot + 1)).await;
        let jpeg = scene.desk.kept()[4 + 2 * shot].clone();
        assert!(jpeg.0.ends_with(".JPG"), "the picture before its RAW: {}", jpeg.0);
        latencies.push(jpeg.1 - pressed);
    }
    latencies.sort();
    println!("shutter to file: p50 {:?}, p95 {:?}", latencies[10], latencies[19 * 95 / 100]);
    assert_eq!(scene.desk.states(), [CameraState::Ready]);
    let news = scene.desk.seen();
    let told = |wanted: fn(&News) -> bool| news.iter().any(|seen| matches!(seen, Seen::News(news, _) if wanted(news)));
    assert!(told(
        |news| matches!(news, News::Body(body) if body.model == "NIKON Z 9" && body.serial.as_deref() == Some("3004711"))
    ));
    assert!(told(|news| matches!(news, News::Reading(status) if status.battery_percent == Some(80)
        && status.exposure.as_deref() == Some("1/250 s, f/2.8, ISO 800")
        && status.shots_left.is_some_and(|shots| shots > 2_000)
        && status.free_bytes.is_some_and(|bytes| bytes > 60_000_000_000)
        && status.clock_ahead_s.is_some_and(|ahead| (ahead - 7 * 3_600).abs() < 60))));
    scene.end().await;
}

#[tokio::test]
async fn what_is_held_already_is_not_fetched_again() {
    let mut scene = Scene::new(CameraOptions::default());
    let files = scene.camera.shoot(5).expect("frames");
    for file in &files[..3] {
        scene.desk.hold(scene.card(), file);
    }
    scene.pull();
    scene.desk.until_kept(2).await;
    let kept: Vec<String> = scene.desk.kept().into_iter().map(|(path, _)| path).collect();
    assert_eq!(kept, ["DCIM/100NCZ_9/DSC_0004.JPG", "DCIM/100NCZ_9/DSC_0005.JPG"]);
    scene.end().await;
}

#[tokio::test]
async fn what_no_event_told_is_found_by_the_next_list_and_what_cannot_be_kept_is_fetched_later() {
    let mut scene = Scene::new(CameraOptions::default());
    scene.pull_with(crate::scene::real_helper(), |config| config.list = Duration::from_millis(300));
    scene.desk.until_state(CameraState::Ready).await;
    scene.desk.refusals.store(1, std::sync::atomic::Ordering::Relaxed);
    // Nobody is told of events meanwhile.
    scene.camera.stall();
    scene.camera.shoot(1).expect("a frame");
    scene.camera.unstall();
    scene.desk.until_kept(1).await;
    scene.end().await;
}

#[tokio::test]
async fn a_card_with_three_thousand_files_is_listed_in_seconds() {
    let mut scene = Scene::new(CameraOptions::default());
    // One picture under three thousand names: the list is what is looked at.
    let first = scene.camera.shoot(1).expect("a frame")[0].clone();
    let folder = scene.card().join(first.parent().expect("a folder"));
    let bytes = std::fs::read(scene.card().join(&first)).expect("a picture");
    for number in 2..=3_000 {
        std::fs::write(folder.join(format!("DSC_{number:04}.JPG")), &bytes[..64]).expect("a file");
    }
    let options = CameraOptions { first: 3_001, ..CameraOptions::default() };
    scene.camera = kilat_demo::VirtualCamera::open(scene.card(), options).expect("the same card in another camera");
    for entry in std::fs::read_dir(&folder).expect("files").flatten() {
        scene.desk.hold(scene.card(), &std::path::Path::new("DCIM/100NCZ_9").join(entry.file_name()));
    }
    let plugged = Instant::now();
    scene.pull();
    let listed = |seen: &Seen| matches!(seen, Seen::News(News::Listed(frames), _) if frames.len() == 3_000);
    scene.desk.until("the list", |desk| desk.seen().iter().any(listed)).await;
    println!("3,000 files, from the cable to the list: {:?}", plugged.elapsed());
    scene.camera.shoot(1).expect("a frame");
    scene.desk.until_kept(1).await;
    scene.end().await;
}

#[tokio::test]
async fn over_a_slow_link_a_small_picture_comes_first() {
    let mut scene = Scene::new(CameraOptions { size_bytes: Some(MIB / 2), ..CameraOptions::default() });
    scene.camera.set_rate(Some(MIB as u64));
    scene.camera.shoot(1).expect("a frame");
    scene.pull();
    // So much is known of the link after one frame.
    scene.desk.until_kept(1).await;
    scene.camera.set_rate(Some(MIB as u64 / 8));
    scene.camera.shoot(1).expect("a frame");
    scene.desk.until_kept(2).await;
    scene.camera.shoot(1).expect("a frame");
    scene.desk.until("a thumbnail", |desk| desk.seen().iter().any(thumbnail)).await;
    assert_eq!(scene.desk.kept().len(), 2, "before its file");
    scene.camera.set_rate(None);
    scene.desk.until_kept(3).await;
    scene.end().await;
}

fn thumbnail(seen: &Seen) -> bool {
    matches!(seen, Seen::News(News::Thumbnail(_, jpeg), _) if jpeg.starts_with(&[0xff, 0xd8]))
}

/// Large enough that the link is what takes time, and small for a test.
#[tokio::test(flavor = "multi_thread")]
async fn four_cameras_at_once_are_each_as_fast_as_one_alone() {
    let rate = 8 * MIB as u64;
    let options = |seed| CameraOptions { size_bytes: Some(2 * MIB), seed, body: Body::B, ..CameraOptions::default() };
    let mut times = Vec::new();
    for cameras in [1, 4] {
        let mut scenes: Vec<Scene> = (0..cameras).map(|seed| Scene::new(options(seed))).collect();
        for scene in &mut scenes {
            scene.camera.set_rate(Some(rate));
            scene.camera.shoot(1).expect("a frame");
            scene.pull();
        }
        for scene in &scenes {
            scene.desk.until_state(CameraState::Ready).await;
            scene.desk.until_kept(1).await;
        }
        let begun = Instant::now();
        for scene in &scenes {
            scene.camera.shoot(3).expect("frames");
        }
        for scene in &scenes {
            scene.desk.until_kept(4).await;
        }
        times.push(begun.elapsed());
        for scene in scenes {
            scene.end().await;
        }
    }
    println!("three frames: alone {:?}, four cameras at once {:?}", times[0], times[1]);
    assert!(times[1] < times[0] * 2, "alone {:?}, four at once {:?}", times[0], times[1]);
}
