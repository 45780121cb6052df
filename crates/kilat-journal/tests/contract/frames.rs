//! Which frames of a camera's list are held: in doubt one is missing, because what comes twice is known by its content,
//! and what is never fetched is lost.

use kilat_core::{CameraFact, CameraId, CameraKind, Fact, FileStamp, Frame, KnownCamera, Via, Way};

use super::scene::{Backend, Scene, event_id, nikon, second_nikon};

/// 2026-11-21 16:04:05, as a camera's clock shows it.
const TAKEN_S: i64 = 1_795_277_045;

fn z9() -> CameraId {
    "z-9".parse().unwrap()
}

fn frame(path: &str, size_bytes: u64, written_s: Option<i64>) -> Frame {
    Frame { path: path.to_owned(), size_bytes, written_s }
}

async fn scene(backend: &impl Backend) -> Scene {
    let scene = Scene::new(backend).await;
    let camera = KnownCamera {
        id: z9(),
        name: "Z 9".into(),
        kind: CameraKind::Tethered,
        body: Some(nikon()),
        place: None,
        login: None,
    };
    scene.append(vec![Fact::Camera(CameraFact::Added { camera })]).await;
    scene
}

pub(crate) async fn a_frame_that_its_camera_handed_in_is_held_whatever_number_its_file_got(backend: &impl Backend) {
    let scene = scene(backend).await;
    let mut arrival = scene.arrival("z-9/cable/2026-11-21/DSC_0001 (2).NEF");
    arrival.stamp = FileStamp { size_bytes: 1_000, mtime_ns: TAKEN_S * 1_000_000_000, ino: 7 };
    arrival.via = Some(Via { way: Way::Cable, camera: z9() });
    scene.append(vec![Fact::ArrivalSeen { arrival }]).await;
    let held = frame("DCIM/100NCZ_9/DSC_0001.NEF", 1_000, Some(TAKEN_S));
    // Uncompressed files are all of one length, and names come again: the second tells them apart.
    let others = vec![
        frame("DCIM/101NCZ_9/DSC_0001.NEF", 1_000, Some(TAKEN_S + 3_600)),
        frame("DCIM/100NCZ_9/DSC_0002.NEF", 1_000, Some(TAKEN_S)),
        frame("DCIM/100NCZ_9/DSC_0001.NEF", 1_001, Some(TAKEN_S)),
        frame("DCIM/100NCZ_9/DSC_0001.NEF", 1_000, None),
    ];
    let listed = [vec![held], others.clone()].concat();
    assert_eq!(scene.journal.missing_frames(&z9(), None, listed).await.unwrap(), others);
    let other: CameraId = "other".parse().unwrap();
    let one = vec![frame("DCIM/100NCZ_9/DSC_0001.NEF", 1_000, Some(TAKEN_S))];
    assert_eq!(scene.journal.missing_frames(&other, None, one.clone()).await.unwrap(), one, "another body's");
}

pub(crate) async fn a_frame_that_the_same_body_sent_another_way_is_held(backend: &impl Backend) {
    let scene = scene(backend).await;
    let mine = scene.shot("a/DSC_0001.JPG", nikon(), "2026-11-21T16:04:05").await;
    scene.file(mine).await;
    let others = scene.shot("b/DSC_0002.JPG", second_nikon(), "2026-11-21T16:04:05").await;
    scene.file(others).await;
    let listed = vec![
        // Written a little after it was taken.
        frame("DCIM/100NCZ_9/DSC_0001.JPG", 1_000, Some(TAKEN_S + 2)),
        frame("DCIM/100NCZ_9/DSC_0002.JPG", 1_000, Some(TAKEN_S)),
    ];
    let serial = nikon().serial;
    let missing = scene.journal.missing_frames(&z9(), serial.as_deref(), listed.clone()).await.unwrap();
    assert_eq!(missing, listed[1..]);
    assert_eq!(
        scene.journal.missing_frames(&z9(), None, listed.clone()).await.unwrap(),
        listed,
        "which body, nobody knows"
    );
}

pub(crate) async fn what_a_list_named_is_told_until_it_is_gone_from_the_card(backend: &impl Backend) {
    let scene = scene(backend).await;
    let frames = vec![frame("DCIM/A.JPG", 1, Some(1)), frame("DCIM/B.JPG", 2, None)];
    let (camera, event) = (z9(), event_id("wedding"));
    scene
        .append(vec![Fact::Camera(CameraFact::Listed {
            camera,
            event: event.clone(),
            frames: frames.clone(),
            older: false,
        })])
        .await;
    assert_eq!(scene.journal.listed_frames(&z9(), &event).await.unwrap(), frames);
    scene.append(vec![Fact::Camera(CameraFact::Unlisted { camera: z9(), paths: vec!["DCIM/A.JPG".into()] })]).await;
    assert_eq!(scene.journal.listed_frames(&z9(), &event).await.unwrap(), frames[1..]);
}
