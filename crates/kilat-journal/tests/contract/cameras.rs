//! What each camera shot and what became of it, by which ways photos came, and whose clock is wrong.

use kilat_core::{
    Account, Arrival, Camera, CameraFact, CameraId, CameraKind, Clock, Fact, FileStamp, Frame, KnownCamera, Photo,
    ShotBy, Via, Way, account,
};
use kilat_journal::{CameraEvidence, Due, Filed, Filing};

use super::scene::{Backend, Scene, cloud, disk, event_id, nikon, second_nikon, stored, taken};

fn camera(id: &str) -> CameraId {
    id.parse().unwrap()
}

async fn know(scene: &Scene, id: &str, kind: CameraKind, body: Option<Camera>) {
    let camera = KnownCamera { id: camera(id), name: id.to_uppercase(), kind, body, place: None, login: None };
    scene.append(vec![Fact::Camera(CameraFact::Added { camera })]).await;
}

/// A photo that `id` handed in by that way, `after_s` seconds after it was taken by the camera's clock.
async fn hand_in(scene: &Scene, (id, way): (&str, Way), filing: Filing, after_s: Option<i64>) -> Filed {
    let written = filing.taken.map(|taken| taken.civil.to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp());
    let arrival = Arrival {
        stamp: FileStamp {
            mtime_ns: written.unwrap_or_default().as_second() * 1_000_000_000,
            size_bytes: 1_000,
            ino: 1,
        },
        at: match (after_s, filing.taken) {
            (Some(after_s), Some(taken)) => {
                let offset = jiff::tz::Offset::from_seconds(i32::from(taken.offset_minutes.unwrap()) * 60).unwrap();
                kilat_core::Millis(offset.to_timestamp(taken.civil).unwrap().as_millisecond() + after_s * 1_000)
            }
            _ => scene.clock.now(),
        },
        via: Some(Via { way, camera: camera(id) }),
        ..scene.arrival(&filing.path)
    };
    let id = arrival.id.clone();
    scene.clock.advance(std::time::Duration::from_secs(1));
    scene.append(vec![Fact::ArrivalSeen { arrival }]).await;
    scene.journal.file(Filing { arrival: id, ..filing }).await.unwrap()
}

fn new(filed: Filed) -> Photo {
    match filed {
        Filed::New(photo) => photo,
        Filed::Again(photo) => panic!("{photo} holds this content already"),
    }
}

fn frame(path: &str, civil: &str) -> Frame {
    let at = civil.parse::<jiff::civil::DateTime>().unwrap().to_zoned(jiff::tz::TimeZone::UTC).unwrap();
    Frame { path: path.to_owned(), size_bytes: 1_000, written_s: Some(at.timestamp().as_second()) }
}

fn drawn(scene: &Scene) -> (CameraEvidence, Account) {
    let evidence = scene.journal.camera_evidence_blocking(&event_id("wedding")).unwrap();
    // Both destinations.
    let drawn = account(&evidence.evidence, |copies| copies == 0b11);
    (evidence, drawn)
}

pub(crate) async fn a_camera_is_accounted_for_from_its_card_to_its_copies(backend: &impl Backend) {
    let scene = Scene::new(backend).await;
    know(&scene, "z9", CameraKind::Tethered, Some(nikon())).await;
    let listed = CameraFact::Listed {
        camera: camera("z9"),
        event: event_id("wedding"),
        frames: (1..=5)
            .map(|n| frame(&format!("DCIM/100NIKON/DSC_000{n}.JPG"), &format!("2026-11-21T10:00:0{n}")))
            .collect(),
    };
    scene.append(vec![Fact::Camera(listed)]).await;
    let by_cable = scene.shot("z9/DSC_0001.JPG", nikon(), "2026-11-21T10:00:01").await;
    let by_cable = Filing { due: Due::At(vec![disk(), cloud()]), ..by_cable };
    let first = new(hand_in(&scene, ("z9", Way::Cable), by_cable, None).await);
    // Another way, known by body, name, length and second; and one of the same name by the other body.
    let second = scene.file(scene.shot("DSC_0002.JPG", nikon(), "2026-11-21T10:00:02").await).await;
    scene.file(scene.shot("b/DSC_0003.JPG", second_nikon(), "2026-11-21T10:00:03").await).await;
    let gone = vec!["DCIM/100NIKON/DSC_0004.JPG".to_owned(), "DCIM/100NIKON/DSC_0001.JPG".to_owned()];
    scene
        .append(vec![
            stored(&first, disk()),
            stored(&first, cloud()),
            stored(&second, disk()),
            Fact::Camera(CameraFact::Unlisted { camera: camera("z9"), paths: gone }),
        ])
        .await;
    let (evidence, drawn) = drawn(&scene);
    let row = &drawn.rows[0];
    assert_eq!((row.shot_by, row.shot, row.held, row.stored, row.safe), (ShotBy::List, Some(5), 2, 2, 1));
    let disk_first = evidence.places.iter().map(|place| if *place == disk() { 2 } else { 1 }).collect::<Vec<u64>>();
    assert_eq!(row.stored_at, disk_first);
    assert_eq!(row.missing.named, ["DSC_0003.JPG", "DSC_0004.JPG", "DSC_0005.JPG"]);
    assert_eq!(row.lost.named, ["DSC_0004.JPG"], "it went from the card and was never held");
    let card = row.on_card.as_ref().unwrap();
    assert_eq!(
        (card.files, card.not_held.count, card.not_safe.named.as_slice()),
        (3, 2, ["DSC_0002.JPG".to_owned()].as_slice())
    );
    assert_eq!(drawn.rows[1].bodies, ["serial 3009999".to_owned()].into(), "the other body has a row of its own");
}

pub(crate) async fn a_photo_that_came_three_ways_is_one_photo_with_three_receipts(backend: &impl Backend) {
    let scene = Scene::new(backend).await;
    know(&scene, "z9", CameraKind::Tethered, Some(nikon())).await;
    know(&scene, "card", CameraKind::Card, None).await;
    let shot = scene.shot("z9/DSC_0001.JPG", nikon(), "2026-11-21T10:00:01").await;
    let photo = new(hand_in(&scene, ("z9", Way::Cable), shot.clone(), None).await);
    for (id, way) in [("z9", Way::Ftp), ("card", Way::Card)] {
        assert_eq!(hand_in(&scene, (id, way), shot.clone(), None).await, Filed::Again(photo.id.clone()));
    }
    let receipts = scene.journal.receipts(&photo.id).await.unwrap();
    let told: Vec<_> = receipts.iter().map(|one| (one.way.unwrap(), one.camera_name.clone().unwrap())).collect();
    let expected =
        [(Way::Cable, "Z9"), (Way::Ftp, "Z9"), (Way::Card, "CARD")].map(|(way, name)| (way, name.to_owned()));
    assert_eq!(told, expected);
    let sent = scene.journal.sent_tallies(Some(&event_id("wedding"))).await.unwrap();
    let told: Vec<_> = sent.iter().map(|sent| (sent.camera.as_str(), sent.files, sent.cut_off)).collect();
    assert_eq!(told, [("card", 1, 0), ("z9", 1, 0)], "what came twice is one file");
    let none = scene.journal.sent_tallies(None).await.unwrap();
    assert_eq!((none[1].files, none[1].last_at), (0, sent[1].last_at), "of no event, and it came all the same");
}

pub(crate) async fn bodies_an_hour_apart_stand_in_one_order_once_their_photos_came_live(backend: &impl Backend) {
    let scene = Scene::new(backend).await;
    for (id, body) in [("one", nikon()), ("two", second_nikon())] {
        know(&scene, id, CameraKind::Sender, Some(body)).await;
    }
    let mut right = Vec::new();
    for n in 0..6 {
        // They take turns; the second's clock is an hour behind.
        let shot = scene.shot(format!("a{n}.JPG"), nikon(), &format!("2026-11-21T11:00:{:02}", n * 8)).await;
        right.push(new(hand_in(&scene, ("one", Way::Ftp), shot, Some(3)).await).name);
        let shot = scene.shot(format!("b{n}.JPG"), second_nikon(), &format!("2026-11-21T10:00:{:02}", n * 8 + 4)).await;
        right.push(new(hand_in(&scene, ("two", Way::Cable), shot, Some(3_600)).await).name);
    }
    // From a card, years late: nobody's clock.
    let shot = scene.shot("c.JPG", nikon(), "2026-11-21T11:00:50").await;
    right.push(new(hand_in(&scene, ("one", Way::Card), shot, Some(90_000_000)).await).name);
    right.reverse();
    let order = || async {
        let photos = scene.journal.photos(&event_id("wedding"), None, 100).await.unwrap();
        photos.into_iter().map(|photo| photo.name).collect::<Vec<_>>()
    };
    assert_eq!(order().await, right);
    let clocks = scene.journal.clocks(&event_id("wedding")).await.unwrap();
    let told: Vec<_> = clocks.iter().map(|clock| (clock.camera.serial.as_deref(), clock.skew_ms)).collect();
    assert_eq!(told, [(Some("3009999"), -3_600_000)]);
    let leased: Vec<_> = scene.lease(100).await.into_iter().map(|lease| lease.photo.name).collect();
    assert_eq!(leased, right, "copies go in the same order");
    let raw = scene.journal.photos(&event_id("wedding"), None, 2).await.unwrap().remove(1);
    assert_eq!(raw.taken, Some(taken("2026-11-21T10:00:44")), "what the photo says stays");
    // Its clock is set: what it took before stays where it is.
    let before = order().await;
    for n in 0..4 {
        let shot = scene.shot(format!("d{n}.JPG"), second_nikon(), &format!("2026-11-21T11:0{}:00", n + 1)).await;
        hand_in(&scene, ("two", Way::Cable), shot, Some(2)).await;
    }
    assert_eq!(scene.journal.clocks(&event_id("wedding")).await.unwrap()[0].skew_ms, 0);
    let after = ["d3.JPG", "d2.JPG", "d1.JPG", "d0.JPG"].map(String::from).into_iter().chain(before);
    assert_eq!(order().await, after.collect::<Vec<_>>());
}
