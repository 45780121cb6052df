//! Cameras on the cable, through the real helper and the real libgphoto2.

use std::fs;
use std::path::{Path, PathBuf};

use kilat_demo::{CameraOptions, Fault, VirtualCamera};
use kilat_testkit::{Folders, NEVER, Oracle, Server, Start};

use crate::scene::{folders, kilat};

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
