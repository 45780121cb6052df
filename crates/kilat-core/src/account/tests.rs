use proptest::prelude::*;

use super::*;

const ALL: u64 = 0b111;

fn photo(no: i64, name: &str, serial: Option<&str>, copies: u64) -> HeldPhoto {
    HeldPhoto {
        no,
        name: name.to_owned(),
        folded: name.to_lowercase(),
        size_bytes: 1_000,
        kind: PhotoKind::of_path(name.as_ref()).expect("a photo"),
        body: serial.map(|serial| format!("serial {serial}")),
        serial: serial.map(str::to_owned),
        taken_s: Some(100 + no),
        order_ms: (100 + no) * 1_000,
        filed_at: Millis(no),
        copies,
        is_elsewhere: false,
    }
}

fn known(kind: CameraKind, serial: Option<&str>) -> KnownBody {
    KnownBody { kind, serial: serial.map(str::to_owned), cut_off: Vec::new() }
}

fn frame(name: &str, written_s: i64) -> ListedFrame {
    ListedFrame {
        camera: 0,
        path: format!("DCIM/100NIKON/{name}"),
        folded: name.to_lowercase(),
        size_bytes: 1_000,
        written_s: Some(written_s),
        is_older: false,
        is_gone: false,
    }
}

fn drawn(evidence: &Evidence) -> Account {
    account(evidence, |copies| copies == ALL)
}

/// The names that a body with these files lacks.
fn lacks(names: &[&str]) -> Vec<String> {
    let photos = (1..).zip(names).map(|(no, name)| photo(no, name, Some("1"), 0)).collect();
    let drawn = drawn(&Evidence { photos, places: 3, ..Evidence::default() });
    assert_eq!(drawn.rows.len(), 1);
    assert_eq!(drawn.rows[0].missing.count, drawn.missing);
    drawn.rows[0].missing.named.clone()
}

#[test]
fn a_number_that_is_left_out_is_a_frame_that_is_missing() {
    assert_eq!(lacks(&["DSC_0410.JPG", "DSC_0411.JPG", "DSC_0412.JPG", "DSC_0414.JPG"]), ["DSC_0413.JPG"]);
    assert!(lacks(&["DSC_0410.JPG"]).is_empty());
}

#[test]
fn raw_and_jpeg_are_two_files_of_one_frame_and_either_proves_that_the_frame_came() {
    let both = ["DSC_0410.NEF", "DSC_0410.JPG", "DSC_0412.NEF", "DSC_0412.JPG"];
    assert_eq!(lacks(&both), ["DSC_0411.JPG", "DSC_0411.NEF"]);
    assert!(lacks(&["DSC_0410.NEF", "DSC_0410.JPG", "DSC_0411.JPG", "DSC_0412.NEF"]).is_empty());
}

#[test]
fn a_roll_over_and_another_folder_and_a_counter_that_was_set_back_are_no_gaps() {
    assert_eq!(
        lacks(&["DSC_9997.JPG", "DSC_9999.JPG", "DSC_0001.JPG", "DSC_0003.JPG"]),
        ["DSC_9998.JPG", "DSC_0002.JPG"]
    );
    assert!(lacks(&["DSC_0449.JPG", "DSC_0450.JPG", "DSC_0001.JPG", "DSC_0002.JPG"]).is_empty());
    assert!(lacks(&["DSC_0449.JPG", "DSC_0450.JPG", "DSC_5001.JPG", "DSC_5002.JPG"]).is_empty());
    // Its colour space changes what stands before the number, not the counter.
    assert!(lacks(&["DSC_0449.JPG", "_DSC0450.JPG", "DSC_0451.JPG"]).is_empty());
    assert!(lacks(&["DSC_0003.JPG", "DSC_0001.JPG", "DSC_0002.JPG"]).is_empty(), "a moment's frames out of order");
}

#[test]
fn two_bodies_are_never_mixed_and_without_a_serial_number_nobody_knows() {
    let photos = vec![
        photo(1, "DSC_0001.JPG", Some("a"), 0),
        photo(2, "DSC_0101.JPG", Some("b"), 0),
        photo(3, "DSC_0003.JPG", Some("a"), 0),
        photo(4, "DSC_0102.JPG", Some("b"), 0),
    ];
    let apart = drawn(&Evidence { photos, ..Evidence::default() });
    let missing: Vec<_> = apart.rows.iter().map(|row| (row.shot, row.missing.named.clone())).collect();
    assert_eq!(missing, [(Some(3), vec!["DSC_0002.JPG".to_owned()]), (Some(2), vec![])]);
    assert!(apart.is_complete);
    let mut nameless = photo(1, "DSC_0001.JPG", None, 0);
    nameless.body = Some("model X".to_owned());
    let unknown = drawn(&Evidence { photos: vec![nameless], ..Evidence::default() });
    assert_eq!((unknown.rows[0].shot, unknown.rows[0].shot_by, unknown.is_complete), (None, ShotBy::Nothing, false));
}

#[test]
fn the_cards_list_names_what_is_missing_and_what_was_lost_and_what_may_not_be_formatted() {
    let evidence = Evidence {
        cameras: vec![known(CameraKind::Tethered, Some("1"))],
        photos: vec![photo(1, "DSC_0001.JPG", Some("1"), ALL), photo(2, "DSC_0002.JPG", Some("1"), 1)],
        frames: vec![
            frame("DSC_0001.JPG", 101),
            frame("DSC_0002.JPG", 103),
            frame("DSC_0003.JPG", 104),
            ListedFrame { is_gone: true, ..frame("DSC_0004.JPG", 105) },
        ],
        places: 3,
        ..Evidence::default()
    };
    let drawn = drawn(&evidence);
    let row = &drawn.rows[0];
    assert_eq!((row.shot, row.held, row.stored, row.safe), (Some(4), 2, 2, 1));
    assert_eq!(
        (row.missing.named.as_slice(), drawn.missing),
        (["DSC_0003.JPG", "DSC_0004.JPG"].map(String::from).as_slice(), 2)
    );
    assert_eq!(row.lost.named, ["DSC_0004.JPG"]);
    let card = row.on_card.as_ref().expect("a list");
    assert_eq!(
        (card.files, card.not_held.count, card.not_safe.named.as_slice()),
        (3, 1, ["DSC_0002.JPG".to_owned()].as_slice())
    );
    assert_eq!(row.stored_at, [2, 1, 1]);
}

#[test]
fn a_name_and_a_length_alone_are_no_proof() {
    let one = |camera: KnownBody, listed: ListedFrame, held: HeldPhoto| {
        let evidence =
            Evidence { cameras: vec![camera], photos: vec![held], frames: vec![listed], ..Evidence::default() };
        drawn(&evidence).rows[0].missing.count == 0
    };
    let held = photo(1, "DSC_0001.JPG", Some("1"), 0);
    let card = || known(CameraKind::Card, None);
    assert!(one(card(), frame("dsc_0001.jpg", 102), held.clone()), "by its second");
    assert!(!one(card(), frame("DSC_0001.JPG", 500), held.clone()), "another second");
    assert!(
        !one(card(), ListedFrame { written_s: None, ..frame("DSC_0001.JPG", 0) }, held.clone()),
        "no second, no body"
    );
    assert!(!one(known(CameraKind::Tethered, Some("2")), frame("DSC_0001.JPG", 102), held.clone()), "another body");
    assert!(!one(card(), ListedFrame { size_bytes: 2, ..frame("DSC_0001.JPG", 102) }, held), "another length");
}

#[test]
fn what_a_card_handed_in_is_held_whatever_the_photo_tells_of_itself_and_in_whatever_event() {
    let evidence = Evidence {
        cameras: vec![known(CameraKind::Card, None)],
        photos: vec![HeldPhoto { taken_s: None, is_elsewhere: true, ..photo(1, "DSC_0001.JPG", None, 0) }],
        frames: vec![frame("DSC_0001.JPG", 9_999)],
        handed: vec![HandedIn {
            camera: 0,
            folded: "dsc_0001.jpg".to_owned(),
            size_bytes: 1_000,
            written_s: 9_999,
            photo: 1,
        }],
        ..Evidence::default()
    };
    let row = &drawn(&evidence).rows[0];
    assert_eq!((row.shot, row.held), (Some(0), 0), "it is counted in its own event");
    let card = row.on_card.as_ref().expect("a list");
    assert_eq!((card.not_held.count, card.not_safe.count), (0, 1), "and stands on this card all the same");
}

#[test]
fn a_senders_numbers_leave_out_what_came_another_way() {
    let mut evidence = Evidence {
        cameras: vec![known(CameraKind::Sender, None)],
        photos: ["DSC_0001.JPG", "DSC_0002.JPG", "DSC_0004.JPG"]
            .iter()
            .zip(1..)
            .map(|(name, no)| photo(no, name, Some("1"), 0))
            .collect(),
        ..Evidence::default()
    };
    let handed = |no: i64| HandedIn { camera: 0, folded: String::new(), size_bytes: 0, written_s: 0, photo: no };
    evidence.handed = vec![handed(1), handed(3)];
    let drawn = drawn(&evidence);
    let names: Vec<_> = drawn.rows.iter().map(|row| (row.held, row.missing.named.clone())).collect();
    assert_eq!(names, [(2, vec!["DSC_0003.JPG".to_owned()]), (1, vec!["DSC_0003.JPG".to_owned()])]);
    assert_eq!(drawn.missing, 1, "one frame, told at both");
}

#[test]
fn more_names_than_a_list_holds_are_counted() {
    let frames = (1..=500).map(|number| frame(&format!("DSC_{number:04}.JPG"), number)).collect();
    let evidence = Evidence { cameras: vec![known(CameraKind::Card, None)], frames, ..Evidence::default() };
    let row = &drawn(&evidence).rows[0];
    assert_eq!((row.missing.named.len(), row.missing.count, row.shot), (MAX_NAMED, 500, Some(500)));
}

proptest! {
    #[test]
    fn what_was_shot_is_at_least_what_is_held_and_stored_and_safe(
        photos in prop::collection::vec((1_u16..40, 0_u8..3, any::<bool>(), 0_u64..8, any::<bool>()), 0..40),
        frames in prop::collection::vec((0_usize..3, 1_u16..40, 0_i64..40, any::<bool>()), 0..40),
        handed in prop::collection::vec((0_usize..3, 0_i64..40), 0..40),
    ) {
        let photos: Vec<HeldPhoto> = (0..).zip(&photos).map(|(no, (number, serial, raw, copies, elsewhere))| {
            let name = format!("DSC_{number:04}.{}", if *raw { "NEF" } else { "JPG" });
            let serial = ["a", "b"].get(usize::from(*serial)).copied();
            HeldPhoto { is_elsewhere: *elsewhere, ..photo(no, &name, serial, *copies) }
        }).collect();
        let frames: Vec<ListedFrame> = frames.iter().map(|(camera, number, written, is_gone)| ListedFrame {
            camera: *camera, is_gone: *is_gone, ..frame(&format!("DSC_{number:04}.JPG"), 100 + written)
        }).collect();
        let handed = handed.iter().map(|(camera, photo)| HandedIn {
            camera: *camera, folded: format!("dsc_{photo:04}.jpg"), size_bytes: 1_000, written_s: 100, photo: *photo,
        }).collect();
        let cameras = vec![
            known(CameraKind::Tethered, Some("a")), known(CameraKind::Card, None), known(CameraKind::Sender, None),
        ];
        let own = photos.iter().filter(|photo| !photo.is_elsewhere).count() as u64;
        let evidence = Evidence { cameras, photos, frames, handed, places: 3 };
        let drawn = drawn(&evidence);
        for row in &drawn.rows {
            prop_assert!(row.shot.is_none_or(|shot| shot >= row.held));
            prop_assert!(row.held >= row.stored && row.stored >= row.safe, "{row:?}");
            prop_assert!(row.stored_at.iter().all(|at| *at <= row.stored));
            prop_assert_eq!(row.not_safe.count, row.held - row.safe);
            prop_assert!(row.missing.count >= row.lost.count);
            prop_assert!(row.missing.named.len() as u64 <= row.missing.count);
        }
        prop_assert!(drawn.rows.iter().map(|row| row.held).sum::<u64>() >= own, "every photo stands in a row");
    }
}

#[test]
fn frames_of_an_earlier_shoot_are_not_missing_and_stand_on_the_card_all_the_same() {
    let evidence = Evidence {
        cameras: vec![known(CameraKind::Tethered, Some("1"))],
        photos: vec![photo(1, "DSC_0001.JPG", Some("1"), ALL), photo(2, "DSC_0002.JPG", Some("1"), ALL)],
        frames: vec![
            frame("DSC_0001.JPG", 101),
            ListedFrame { is_older: true, ..frame("DSC_0002.JPG", 103) },
            ListedFrame { is_older: true, ..frame("DSC_9001.JPG", 7) },
            ListedFrame { is_older: true, is_gone: true, ..frame("DSC_9002.JPG", 8) },
        ],
        places: 3,
        ..Evidence::default()
    };
    let drawn = drawn(&evidence);
    let row = &drawn.rows[0];
    assert_eq!((row.shot, row.held, row.missing.count, row.lost.count), (Some(2), 2, 0, 0), "what is held is held");
    let card = row.on_card.as_ref().expect("a list");
    assert_eq!(
        (card.files, card.not_held.count, card.older.named.as_slice()),
        (3, 0, ["DSC_9001.JPG".to_owned()].as_slice())
    );
    assert!(lost_frames(&evidence, 0).is_empty());
}

#[test]
fn what_was_lost_is_known_by_its_path_however_much_was_lost_before() {
    let gone = |n: i64, folder: &str| {
        let path = format!("DCIM/{folder}/DSC_{n:04}.JPG");
        ListedFrame { path, is_gone: true, ..frame(&format!("DSC_{n:04}.JPG"), 100 + n) }
    };
    let mut frames: Vec<ListedFrame> = (1..=300).map(|n| gone(n, "100NIKON")).collect();
    frames.push(ListedFrame { path: "DCIM/101NIKON/DSC_0001.JPG".to_owned(), ..gone(1, "") });
    let mut held = photo(1, "DSC_0001.JPG", Some("1"), 0);
    held.taken_s = Some(101);
    let cameras = vec![known(CameraKind::Tethered, Some("1"))];
    let evidence = Evidence { cameras, photos: vec![held], frames, ..Evidence::default() };
    let lost = lost_frames(&evidence, 0);
    assert_eq!(lost.len(), 300, "one of the two of that name is held");
    assert!(lost.contains("DCIM/100NIKON/DSC_0300.JPG"));
    assert!(lost_frames(&evidence, 1).is_empty(), "another camera's");
}
