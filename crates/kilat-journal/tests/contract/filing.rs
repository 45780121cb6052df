//! Filing: which files are one frame, what a frame is called, and that nothing is filed twice.

use kilat_core::{ArrivalFailure, Camera, Clock, EventStatus, Fact, PhotoKind};
use kilat_journal::{Filed, Filing, JournalError, Refusal};

use super::scene::{Backend, Scene, event, event_id, key_of, nikon, second_nikon, whole_log};

const NOON: &str = "2026-11-21T12:00:00.12";

pub(crate) async fn raw_jpeg_and_sidecar_of_one_frame_share_a_group_and_a_stem(backend: &impl Backend) {
    let scene = Scene::new(backend).await;
    let in_folder =
        |filing: Filing| Filing { folder: vec!["2026-11-21".into(), "NIKON Z 9 (3001234)".into()], ..filing };
    let jpeg = scene.file(in_folder(scene.shot("DCIM/DSC_0001.JPG", nikon(), NOON).await)).await;
    // The RAW carries sub-seconds otherwise, comes from another folder, and is written in other case.
    let raw = scene.file(in_folder(scene.shot("raw/dsc_0001.nef", nikon(), "2026-11-21T12:00:00.9").await)).await;
    let sidecar = scene.file(scene.filing("DCIM/DSC_0001.xmp").await).await;
    assert_eq!(key_of(&jpeg), "Wedding/2026-11-21/NIKON Z 9 (3001234)/DSC_0001.JPG");
    assert_eq!(key_of(&raw), "Wedding/2026-11-21/NIKON Z 9 (3001234)/DSC_0001.nef");
    assert_eq!(key_of(&sidecar), "Wedding/2026-11-21/NIKON Z 9 (3001234)/DSC_0001.xmp");
    assert_eq!((&raw.group, &sidecar.group), (&jpeg.group, &jpeg.group));
}

pub(crate) async fn a_sidecar_named_after_the_whole_file_name_belongs_to_it(backend: &impl Backend) {
    let scene = Scene::new(backend).await;
    let raw = scene.file(scene.shot("DSC_0001.NEF", nikon(), NOON).await).await;
    let sidecar = scene.file(scene.filing("DSC_0001.NEF.xmp").await).await;
    assert_eq!((key_of(&sidecar), &sidecar.group), ("Wedding/DSC_0001.NEF.xmp", &raw.group));
}

pub(crate) async fn a_sidecar_that_came_first_is_joined_by_its_photo_and_that_by_its_raw(backend: &impl Backend) {
    let scene = Scene::new(backend).await;
    let sidecar = scene.file(scene.filing("DSC_0001.xmp").await).await;
    let raw = scene.file(scene.shot("DSC_0001.NEF", nikon(), NOON).await).await;
    let jpeg = scene.file(scene.shot("DSC_0001.JPG", nikon(), NOON).await).await;
    assert_eq!((&raw.group, &jpeg.group), (&sidecar.group, &sidecar.group));
    // In another folder it is another frame's sidecar.
    let elsewhere = scene.file(scene.filing("other/DSC_0001.xmp").await).await;
    assert_ne!(elsewhere.group, sidecar.group);
}

pub(crate) async fn two_bodies_with_one_name_in_one_second_stay_apart(backend: &impl Backend) {
    let scene = Scene::new(backend).await;
    let one = scene.file(scene.shot("a/DSC_0001.JPG", nikon(), NOON).await).await;
    let two = scene.file(scene.shot("b/DSC_0001.NEF", second_nikon(), NOON).await).await;
    assert_ne!(one.group, two.group);
    assert_eq!(key_of(&two), "Wedding/DSC_0001 (2).NEF");
    // Its JPEG goes with it, not with the first body's frame.
    let jpeg = scene.file(scene.shot("b/DSC_0001.JPG", second_nikon(), NOON).await).await;
    assert_eq!((key_of(&jpeg), &jpeg.group), ("Wedding/DSC_0001 (2).JPG", &two.group));
}

pub(crate) async fn a_roll_over_is_another_frame(backend: &impl Backend) {
    let scene = Scene::new(backend).await;
    scene.file(scene.shot("DSC_0001.JPG", nikon(), NOON).await).await;
    let later = scene.file(scene.shot("DSC_0001.NEF", nikon(), "2026-11-21T18:30:00").await).await;
    assert_eq!(key_of(&later), "Wedding/DSC_0001 (2).NEF");
    let sidecar = scene.file(scene.filing("DSC_0001.xmp").await).await;
    assert_eq!(sidecar.group, later.group, "a sidecar belongs to the newest frame of its name");
    let edited = scene.file(scene.filing("DSC_0001.xmp").await).await;
    assert_eq!(key_of(&edited), "Wedding/DSC_0001 (3).xmp", "an edit is kept beside, never attached to an older shot");
}

pub(crate) async fn without_a_serial_the_model_is_the_body(backend: &impl Backend) {
    let scene = Scene::new(backend).await;
    let phone = Camera { make: "Apple".into(), model: "iPhone 15".into(), serial: None };
    let heic = scene.file(scene.shot("IMG_1.HEIC", phone.clone(), NOON).await).await;
    let jpeg = scene.file(scene.shot("IMG_1.JPG", phone, NOON).await).await;
    assert_eq!(heic.group, jpeg.group);
}

pub(crate) async fn files_without_metadata_stay_apart(backend: &impl Backend) {
    let scene = Scene::new(backend).await;
    let jpeg = scene.file(scene.filing("C0001.JPG").await).await;
    let video = scene.file(scene.filing("C0001.MP4").await).await;
    assert_ne!(jpeg.group, video.group);
    assert_eq!(key_of(&video), "Wedding/C0001 (2).MP4");
}

pub(crate) async fn changed_content_under_one_name_is_a_new_photo(backend: &impl Backend) {
    let scene = Scene::new(backend).await;
    let first = scene.file(scene.shot("DSC_0001.JPG", nikon(), NOON).await).await;
    let revision = scene.file(scene.shot("DSC_0001.JPG", nikon(), NOON).await).await;
    assert_ne!(first.group, revision.group);
    assert_eq!(key_of(&revision), "Wedding/DSC_0001 (2).JPG");
}

pub(crate) async fn keys_differ_even_where_case_is_folded(backend: &impl Backend) {
    let scene = Scene::new(backend).await;
    scene.file(scene.filing("Ä.JPG").await).await;
    let other = scene.file(scene.filing("a\u{308}.jpg").await).await;
    assert_eq!(key_of(&other), "Wedding/ä (2).jpg");
}

pub(crate) async fn two_events_whose_folders_have_one_name_do_not_collide(backend: &impl Backend) {
    let scene = Scene::new(backend).await;
    let party = event("party", EventStatus::Open, scene.clock.now());
    scene.append(vec![Fact::EventCreated { event: party }]).await;
    let first = scene.filing("a.jpg").await;
    let elsewhere = Filing { event: event_id("party"), hash: first.hash, ..scene.filing("a.jpg").await };
    scene.file(first).await;
    let photo = scene.file(elsewhere).await;
    assert_eq!(key_of(&photo), "Wedding/a (2).jpg", "the same content in another event is another photo");
}

pub(crate) async fn content_that_the_event_holds_is_seen_again(backend: &impl Backend) {
    let scene = Scene::new(backend).await;
    let first = scene.filing("a.jpg").await;
    let again = Filing { hash: first.hash, ..scene.filing("card/a.jpg").await };
    let photo = scene.file(first).await;
    let filed = scene.journal.file(again.clone()).await.unwrap();
    assert_eq!(filed, Filed::Again(photo.id.clone()));
    let head = scene.journal.head();
    assert_eq!(scene.journal.file(again).await.unwrap(), filed, "also when the answer was lost");
    assert_eq!(scene.journal.head(), head);
    let last = whole_log(&scene.journal).await.pop().unwrap().fact;
    assert!(matches!(last, Fact::PhotoSeenAgain { photo: seen, .. } if seen == photo.id));
}

pub(crate) async fn filing_twice_is_filing_once(backend: &impl Backend) {
    let scene = Scene::new(backend).await;
    let filing = scene.filing("a.jpg").await;
    let photo = scene.file(filing.clone()).await;
    let clock = scene.clock.clone();
    drop(scene);
    let journal = backend.open(clock).await;
    assert_eq!(journal.file(filing).await.unwrap(), Filed::New(photo));
    assert_eq!(journal.counts(None).await.unwrap().held, 1);
}

pub(crate) async fn an_arrival_that_failed_or_never_came_is_not_filed(backend: &impl Backend) {
    let scene = Scene::new(backend).await;
    let filing = scene.filing("a.jpg").await;
    let unknown = Filing { arrival: scene.ids.arrival(), ..filing.clone() };
    let refused = scene.journal.file(unknown).await.unwrap_err();
    assert!(matches!(refused, JournalError::Refused(Refusal::UnknownArrival(_))), "{refused}");
    let failure = ArrivalFailure::Vanished;
    let message = "gone".to_owned();
    scene.append(vec![Fact::ArrivalFailed { arrival: filing.arrival.clone(), failure, message }]).await;
    let refused = scene.journal.file(filing).await.unwrap_err();
    assert!(matches!(refused, JournalError::Refused(Refusal::Contradicts { .. })), "{refused}");
}

pub(crate) async fn hostile_names_become_keys_that_read_back(backend: &impl Backend) {
    let scene = Scene::new(backend).await;
    let mut names: Vec<String> = vec![
        "../../etc/passwd.jpg".into(),
        "CON.jpg".into(),
        ".jpg.jpg".into(),
        "a .jpg".into(),
        "a.jpg".into(),
        "a. .jpg".into(),
        "x (2).jpg".into(),
        "x (999999).jpg".into(),
        "x (99999999999).jpg".into(),
        "\u{202e}gpj.jpg".into(),
        "a\0b.jpg".into(),
    ];
    names.push(format!("{}.jpg", "é".repeat(400)));
    names.extend(["a.nef.xmp".into(), "a.nef .xmp".into(), "a.nef.xmp".into(), "x.jpg".into(), "x.jpg".into()]);
    let mut keys = Vec::new();
    for (n, name) in names.into_iter().enumerate() {
        let kind = if name.ends_with("xmp") { PhotoKind::Sidecar } else { PhotoKind::Jpeg };
        let folder = vec!["..".into(), "d".repeat(500), "e".repeat(500), "f".repeat(500), "g".repeat(500)];
        let filing = Filing { name, kind, folder, ..scene.filing(format!("{n}/file.jpg")).await };
        keys.push(scene.file(filing).await.key.folded());
    }
    let filed = keys.len();
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), filed, "{keys:#?}");
    assert!(keys.iter().all(|key| key.starts_with("wedding/_/") && key.len() <= 900), "{keys:#?}");
    // Reading parses every key again.
    assert_eq!(scene.journal.photos(&event_id("wedding"), None, 1_000).await.unwrap().len(), filed);
    assert_eq!(whole_log(&scene.journal).await.len(), 4 + 2 * filed);
}

pub(crate) async fn a_thousand_frames_of_one_name_are_numbered_in_order(backend: &impl Backend) {
    let scene = Scene::new(backend).await;
    for n in 1..=1_000 {
        let photo = scene.file(scene.filing("DSC_0001.JPG").await).await;
        let number = if n == 1 { String::new() } else { format!(" ({n})") };
        assert_eq!(key_of(&photo), format!("Wedding/DSC_0001{number}.JPG"));
    }
}

pub(crate) async fn hundreds_of_revisions_of_one_frame_are_each_kept(backend: &impl Backend) {
    let scene = Scene::new(backend).await;
    for n in 1..=300 {
        let photo = scene.file(scene.shot("DSC_0001.JPG", nikon(), NOON).await).await;
        let number = if n == 1 { String::new() } else { format!(" ({n})") };
        assert_eq!(key_of(&photo), format!("Wedding/DSC_0001{number}.JPG"));
    }
    let raw = scene.file(scene.shot("DSC_0001.NEF", nikon(), NOON).await).await;
    assert_eq!(key_of(&raw), "Wedding/DSC_0001 (300).NEF", "with the newest revision");
}

pub(crate) async fn a_number_that_a_file_was_named_with_is_passed_over(backend: &impl Backend) {
    let scene = Scene::new(backend).await;
    scene.file(scene.filing("x/IMG (2).JPG").await).await;
    let first = scene.file(scene.filing("x/IMG.JPG").await).await;
    let second = scene.file(scene.filing("y/IMG.JPG").await).await;
    assert_eq!((key_of(&first), key_of(&second)), ("Wedding/IMG.JPG", "Wedding/IMG (3).JPG"));
}
