//! Names for now: what was answered with 226 under one is a photo, whenever its rename comes, and when none does.

use std::path::Path;

use kilat_testkit::Oracle;

use super::{Camera, Login, address, start};
use crate::scene::{folders, photo};

fn rename(camera: &mut Camera, from: &str, to: &str) -> (u16, u16) {
    let asked = camera.tell(&format!("RNFR {from}")).expect("answered").0;
    if asked != 350 {
        return (asked, 0);
    }
    (asked, camera.tell(&format!("RNTO {to}")).expect("answered").0)
}

#[test]
fn what_waits_for_its_name_survives_a_kill_and_is_one_photo_whoever_names_it() {
    let folders = folders();
    let server = start(&folders, &[], &[]);
    let login = Login::make(&folders, "Z9 of Budi");
    let mut oracle = Oracle::default();
    let mut camera = Camera::sign_in(address(&folders).expect("ready"), &login).expect("let in");
    let bytes: Vec<_> = (0..6).map(|number| photo(number, 20_000)).collect();
    for (number, name) in
        ["DSC_0.JPG.tmp", ".DSC_1.JPG.Ab3x", "a/DSC_2.JPG.part", "DSC_3.JPG.tmp", "upload.tmp"].iter().enumerate()
    {
        oracle.closed(Path::new(&format!("{number}")), &bytes[number]);
        assert_eq!(camera.store(name, &bytes[number]), 226, "{name}");
    }
    // Cut off on its way; FTP cannot tell that from its end.
    let (half, whole) = (&bytes[5][..10_000], &bytes[5]);
    oracle.closed(Path::new("5"), whole);
    assert_eq!(camera.store("DSC_5.JPG.tmp", half), 226);
    server.kill();

    let server = start(&folders, &[], &[]);
    let viewer = server.viewer();
    let at = address(&folders).expect("ready");
    let mut camera = Camera::sign_in(at, &login).expect("let in");
    // The start may have named this one, and the camera does not care.
    assert_eq!(rename(&mut camera, "DSC_3.JPG.tmp", "DSC_3.JPG"), (350, 250));
    assert_eq!(rename(&mut camera, "upload.tmp", "DSC_4.JPG"), (350, 250));
    assert_eq!(rename(&mut camera, "never.tmp", "DSC_7.JPG").0, 550);
    viewer.wait_safe(oracle.count() - 1);
    assert_eq!(camera.store("DSC_5.JPG", whole), 226, "the whole takes the place of what was cut off");
    viewer.wait_safe(oracle.count());
    let verdict = oracle.judge(&folders.out).expect("read");
    assert!(verdict.is_good(), "{verdict:?}");
    drop(camera);
    assert!(server.stop().success());
    // Nothing of them is left, and one more start finds nothing to do.
    let server = start(&folders, &[], &[]);
    server.viewer().wait_safe(oracle.count());
    assert!(server.stop().success());
    let parts = folders.data.join("intake/.kilat-parts");
    assert_eq!(std::fs::read_dir(parts).expect("a folder").count(), 0);
    assert!(oracle.judge(&folders.out).expect("read").is_good());
}

#[test]
fn a_file_is_renamed_by_a_later_connection_of_its_camera_and_by_no_other() {
    let folders = folders();
    let server = start(&folders, &[], &[]);
    let (login, other) = (Login::make(&folders, "Z9 of Budi"), Login::make(&folders, "R5 of Ani"));
    let (at, mut oracle) = (address(&folders).expect("ready"), Oracle::default());
    let viewer = server.viewer();
    let (one, two) = (photo(1, 20_000), photo(2, 20_000));
    oracle.closed(Path::new("1"), &one);
    oracle.closed(Path::new("2"), &two);
    let mut first = Camera::sign_in(at, &login).expect("let in");
    assert_eq!(first.store("upload.tmp", &one), 226);
    assert_eq!(first.tell("QUIT").expect("answered").0, 221);
    drop(first);
    let mut thief = Camera::sign_in(at, &other).expect("let in");
    assert_eq!(rename(&mut thief, "upload.tmp", "DSC_1.JPG").0, 550);
    let mut second = Camera::sign_in(at, &login).expect("let in");
    assert_eq!(second.tell("SIZE upload.tmp").expect("answered").1, format!("213 {}", one.len()));
    assert_eq!(rename(&mut second, "upload.tmp", "upload.part"), (350, 250), "from one name for now to another");
    // The same name again is another file, and both connections are right about theirs.
    assert_eq!(second.store("upload.tmp", &two), 226);
    assert_eq!(rename(&mut second, "upload.tmp", "DSC_2.JPG"), (350, 250));
    assert_eq!(rename(&mut second, "upload.part", "DSC_1.JPG"), (350, 250));
    viewer.wait_safe(oracle.count());
    assert!(oracle.judge(&folders.out).expect("read").is_good());
    assert!(server.stop().success());
}

#[test]
fn a_file_that_waits_goes_on_where_it_was_after_a_restart() {
    let folders = folders();
    let server = start(&folders, &[], &[]);
    let login = Login::make(&folders, "Z9 of Budi");
    let (bytes, mut oracle) = (photo(1, 30_000), Oracle::default());
    oracle.closed(Path::new("1"), &bytes);
    let mut camera = Camera::sign_in(address(&folders).expect("ready"), &login).expect("let in");
    assert_eq!(camera.store("upload.tmp", &bytes[..9_000]), 226);
    server.kill();
    let server = start(&folders, &[], &[]);
    let mut camera = Camera::sign_in(address(&folders).expect("ready"), &login).expect("let in");
    assert_eq!(camera.tell("SIZE upload.tmp").expect("answered").1, "213 9000");
    assert_eq!(camera.tell("REST 9000").expect("answered").0, 350);
    assert_eq!(camera.store("upload.tmp", &bytes[9_000..]), 226);
    assert_eq!(rename(&mut camera, "upload.tmp", "DSC_1.JPG"), (350, 250));
    server.viewer().wait_safe(1);
    assert!(oracle.judge(&folders.out).expect("read").is_good());
    assert!(server.stop().success());
}
