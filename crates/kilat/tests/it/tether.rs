//! Cameras on the cable, through the real helper and the real libgphoto2.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use kilat_demo::{CameraOptions, Fault, VirtualCamera};
use kilat_testkit::{Folders, NEVER, Oracle, Server, Start};
use serde_json::Value;

use crate::scene::{folders, kilat, run};

fn camera(folders: &Folders) -> (PathBuf, VirtualCamera) {
    let card = folders.path().join("card");
    fs::create_dir_all(&card).expect("a folder");
    let options = CameraOptions { size_bytes: Some(300_000), ..CameraOptions::default() };
    let camera = VirtualCamera::open(&card, options).expect("a camera");
    (card, camera)
}

fn start(folders: &Folders, camera: &VirtualCamera) -> Server {
    let arguments = vec!["--tether".to_owned(), camera.port()];
    Server::start_with(kilat(), folders, &Start { arguments, ..Start::default() })
}

/// All that stands on the card, as the destination must hold it.
fn on_card(card: &Path) -> Oracle {
    let mut oracle = Oracle::default();
    for path in files_below(card) {
        oracle.closed(path.strip_prefix(card).expect("below"), &fs::read(&path).expect("readable"));
    }
    oracle
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() { files.extend(files_below(&path)) } else { files.push(path) }
    }
    files
}

#[test]
fn what_a_camera_shoots_stands_verified_at_the_destination_also_when_it_was_unplugged_midway() {
    let folders = folders();
    let (card, camera) = camera(&folders);
    // Shot before the server knew it.
    camera.shoot(2).expect("frames");
    let server = start(&folders, &camera);
    let viewer = server.viewer();
    viewer.wait_safe(2);
    camera.shoot(6).expect("frames");
    camera.cut(150_000, Fault::Unplug);
    camera.shoot(1).expect("a frame");
    assert!(camera.wait_for_cuts(1, NEVER));
    // Nobody hears of these.
    camera.shoot(5).expect("frames");
    camera.plug().expect("the same port");
    camera.shoot(6).expect("frames");
    viewer.wait_safe(20);
    let page = server.get("/api/photos?limit=50");
    let names: Vec<&str> =
        page["photos"].as_array().expect("photos").iter().filter_map(|one| one["name"].as_str()).collect();
    let wanted: Vec<String> = (1..=20).rev().map(|number| format!("DSC_{number:04}.JPG")).collect();
    assert_eq!(names, wanted, "newest first, by the camera's clock");

    // A server that starts again knows what it holds.
    assert!(server.stop().success());
    let server = start(&folders, &camera);
    camera.shoot(1).expect("a frame");
    server.viewer().wait_safe(21);
    assert!(server.stop().success());
    let verdict = on_card(&card).judge(&folders.out).expect("judged");
    assert!(verdict.is_good(), "{verdict:#?}\n{}", folders.log());
    assert_eq!(files_below(&folders.data.join("intake")).len(), 21, "each came once, and nothing half is left");
}

#[test]
fn a_camera_that_is_not_there_is_waited_for() {
    let folders = folders();
    let (card, camera) = camera(&folders);
    camera.unplug();
    let server = start(&folders, &camera);
    camera.shoot(1).expect("a frame");
    camera.plug().expect("the same port");
    server.viewer().wait_safe(1);
    assert!(server.stop().success());
    assert!(on_card(&card).judge(&folders.out).expect("judged").is_good());
}

#[test]
fn a_frame_is_told_to_viewers_while_the_shutter_is_still_warm() {
    let folders = folders();
    let (_card, camera) = camera(&folders);
    let server = start(&folders, &camera);
    let viewer = server.viewer();
    camera.shoot(1).expect("a frame");
    viewer.wait_safe(1);
    let mut told = Vec::new();
    for number in 2..=30 {
        let name = format!("DSC_{number:04}.JPG");
        let pressed = Instant::now();
        camera.shoot(1).expect("a frame");
        viewer.wait(|heard| {
            (heard.kind() == "upload_progress" && heard.payload().to_string().contains(&name)).then_some(())
        });
        let first = pressed.elapsed();
        viewer.wait(|heard| {
            let payload = heard.payload();
            let is_whole = payload["status"] == "completed" && payload.to_string().contains(&name);
            (heard.kind() == "upload_progress" && is_whole).then_some(())
        });
        told.push((first, pressed.elapsed()));
    }
    told.sort();
    println!("shutter to the message: p50 {:?}, p95 {:?}", told[told.len() / 2].0, told[told.len() * 95 / 100].0);
    let mut stored: Vec<_> = told.iter().map(|(_, stored)| *stored).collect();
    stored.sort();
    println!(
        "shutter to stored and verified: p50 {:?}, p95 {:?}",
        stored[stored.len() / 2],
        stored[stored.len() * 95 / 100]
    );
    // Far above what is measured, far below what looking every second would take.
    assert!(told[told.len() / 2].0 < Duration::from_millis(500), "{told:?}");
    assert!(server.stop().success());
}

#[test]
fn what_an_earlier_shoot_left_on_the_card_stays_there_until_somebody_asks_for_it() {
    let folders = folders();
    let (card, before) = camera(&folders);
    before.shoot(3).expect("frames");
    drop(before);
    let old = files_below(&card).into_iter().min().expect("a frame");
    let shot = fs::metadata(&old).and_then(|file| file.modified()).expect("a time");
    let last_year = shot - Duration::from_secs(400 * 86_400);
    File::options().write(true).open(&old).and_then(|file| file.set_modified(last_year)).expect("a time");
    let options = CameraOptions { size_bytes: Some(300_000), first: 4, ..CameraOptions::default() };
    let camera = VirtualCamera::open(&card, options).expect("a camera");
    let server = start(&folders, &camera);
    let viewer = server.viewer();
    viewer.wait_now(|now| now["counts"]["safe"] == 2 && now["counts"]["shot"] == 2);
    let row = server.get("/api/cameras")["cameras"][0].clone();
    assert_eq!(
        (&row["missing"], &row["older"], &row["safeToFormat"]["verdict"]),
        (&0.into(), &1.into(), &"not_yet".into())
    );
    assert_eq!(
        (&row["safeToFormat"]["why"][0]["what"], &row["safeToFormat"]["why"][0]["names"][0]),
        (&"older".into(), &"DSC_0001.JPG".into())
    );
    // What is shot comes as ever.
    camera.shoot(1).expect("a frame");
    viewer.wait_safe(3);
    let name = row["name"].as_str().expect("a name");
    assert!(run(&folders, &["camera", "import", name, "--older"]).status.success());
    viewer.wait_safe(4);
    assert_eq!(server.get("/api/cameras")["cameras"][0]["older"], Value::Null);
    assert!(server.stop().success());
    assert!(on_card(&card).judge(&folders.out).expect("judged").is_good());
}

#[test]
fn over_a_slow_link_a_small_picture_is_shown_before_its_file_is_here() {
    let folders = folders();
    let card = folders.path().join("card");
    fs::create_dir_all(&card).expect("a folder");
    let options = CameraOptions { size_bytes: Some(1_000_000), ..CameraOptions::default() };
    let camera = VirtualCamera::open(&card, options).expect("a camera");
    let server = start(&folders, &camera);
    let viewer = server.viewer();
    // This one tells how slow the link is.
    camera.set_rate(Some(400_000));
    camera.shoot(1).expect("a frame");
    viewer.wait_safe(1);
    camera.set_rate(Some(50_000));
    camera.shoot(1).expect("a frame");
    let row = || server.get("/api/cameras")["cameras"][0].clone();
    let (id, coming) = loop {
        let row = row();
        if row["coming"]["picture"] == true {
            break (row["id"].as_str().expect("an id").to_owned(), row["coming"].clone());
        }
    };
    assert_eq!((&coming["name"], &coming["totalBytes"]), (&"DSC_0002.JPG".into(), &1_000_000.into()), "{coming}");
    let url = format!("{}/api/cameras/{id}/coming", server.http);
    let picture = ureq::get(&url).header("authorization", server.bearer()).call().expect("a picture");
    let picture = picture.into_body().read_to_vec().expect("bytes");
    assert!(picture.starts_with(&[0xff, 0xd8]) && picture.len() < 100_000, "{}", picture.len());
    camera.set_rate(None);
    viewer.wait_safe(2);
    assert_eq!(row()["coming"], Value::Null);
    assert!(server.stop().success());
}
