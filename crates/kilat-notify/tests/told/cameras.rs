//! What is told of cameras: photos that remain on one that went, frames that were lost, clocks that are wrong.

use kilat_core::{
    Camera, CameraFact, CameraId, CameraKind, CameraState, Event, EventStatus, Fact, Frame, KnownCamera, Millis,
    NoticeStanding, Said,
};
use kilat_notify::{Ledger, run};

use crate::scene::Scene;

fn z9() -> CameraId {
    "z9".parse().expect("an id")
}

fn body() -> Camera {
    Camera { make: "NIKON CORPORATION".into(), model: "NIKON Z 9".into(), serial: Some("3001234".into()) }
}

/// A ledger, an event in use, and a camera on the cable whose card holds two frames.
async fn scene() -> Scene {
    let mut scene = Scene::new();
    let ledger = run(Ledger::default(), scene.journal.clone(), scene.clock.clone(), scene.stop());
    scene.run(ledger);
    let event = Event {
        id: "wedding".parse().expect("an id"),
        name: "Wedding".to_owned(),
        date: "2026-11-21".parse().expect("a date"),
        status: EventStatus::Active,
        created_at: Millis(1),
    };
    let camera = KnownCamera {
        id: z9(),
        name: "Z9 of Budi".to_owned(),
        kind: CameraKind::Tethered,
        body: Some(body()),
        place: Some("USB 1-2".to_owned()),
        login: None,
    };
    let frames = ["DCIM/100NCZ_9/DSC_0001.JPG", "DCIM/100NCZ_9/DSC_0002.JPG"].map(|path| Frame {
        path: path.to_owned(),
        size_bytes: 1_000,
        written_s: Some(1_795_000_000),
    });
    let listed = CameraFact::Listed { camera: z9(), event: event.id.clone(), frames: frames.into(), older: false };
    append(&scene, vec![Fact::EventCreated { event }]).await;
    append(&scene, vec![Fact::Camera(CameraFact::Added { camera }), Fact::Camera(listed)]).await;
    stands(&scene, CameraState::Ready).await;
    scene
}

async fn append(scene: &Scene, facts: Vec<Fact>) {
    scene.journal.append(facts).await.expect("recorded");
}

async fn stands(scene: &Scene, state: CameraState) {
    let changed = CameraFact::Changed { camera: z9(), state, message: None };
    append(scene, vec![Fact::Camera(changed)]).await;
}

async fn unlist(scene: &Scene, path: &str) {
    let unlisted = CameraFact::Unlisted { camera: z9(), paths: vec![path.to_owned()] };
    append(scene, vec![Fact::Camera(unlisted)]).await;
}

/// Waits for a notice that says this.
async fn told(scene: &Scene, said: Said) -> NoticeStanding {
    scene.wait(|standing| standing.notice.said == Some(said)).await
}

fn value<'a>(standing: &'a NoticeStanding, name: &str) -> &'a str {
    standing.notice.data.get(name).map(String::as_str).unwrap_or_default()
}

#[tokio::test]
async fn a_camera_that_goes_with_photos_says_how_many_remain_on_it_and_is_well_again_when_it_is_back() {
    let scene = scene().await;
    stands(&scene, CameraState::Gone).await;
    let gone = told(&scene, Said::CameraGoneWithPhotos).await;
    assert_eq!(value(&gone, "photos"), "2");
    stands(&scene, CameraState::Ready).await;
    scene.wait(|now| now.notice.id == gone.notice.id && now.resolved_at.is_some()).await;
}

#[tokio::test]
async fn a_frame_that_went_from_the_card_unheld_is_lost_and_named_and_so_is_the_next_one() {
    let scene = scene().await;
    unlist(&scene, "DCIM/100NCZ_9/DSC_0002.JPG").await;
    let lost = told(&scene, Said::FramesLost).await;
    assert_eq!((value(&lost, "names"), value(&lost, "place")), ("DSC_0002.JPG", "Z9 of Budi"));
    unlist(&scene, "DCIM/100NCZ_9/DSC_0001.JPG").await;
    let both = scene.wait(|now| now.notice.id == lost.notice.id && now.count == 2).await;
    assert_eq!(both.samples, ["DSC_0002.JPG", "DSC_0001.JPG"]);
}

#[tokio::test]
async fn a_clock_that_is_minutes_wrong_is_told_and_ends_when_it_is_set() {
    let scene = scene().await;
    let seen = |skew_ms| CameraFact::ClockSeen {
        event: "wedding".parse().expect("an id"),
        body: body(),
        skew_ms,
        since: None,
    };
    append(&scene, vec![Fact::Camera(seen(-192_000))]).await;
    let behind = told(&scene, Said::ClockBehind).await;
    assert_eq!((value(&behind, "place"), value(&behind, "span")), ("NIKON Z 9 3001234", "3 min"));
    append(&scene, vec![Fact::Camera(seen(0))]).await;
    scene.wait(|now| now.notice.id == behind.notice.id && now.resolved_at.is_some()).await;
    append(&scene, vec![Fact::Camera(seen(3_600_000))]).await;
    told(&scene, Said::ClockAhead).await;
}
