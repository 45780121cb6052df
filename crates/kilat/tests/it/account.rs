//! What is told of cameras: what each shot and what became of it, that one went and came back, whether its card may be
//! formatted.

use std::fs;

use kilat_demo::{CameraOptions, VirtualCamera};
use kilat_testkit::{Heard, Server, Start, Viewer};
use serde_json::Value;

use crate::scene::{folders, kilat, run, text};

/// One copy is enough here: there is one destination.
fn rule() -> Vec<(String, String)> {
    [("COPIES", "1"), ("MEDIA", "0"), ("OFF_SITE", "0")]
        .map(|(name, value)| (format!("KILAT_BACKUP_{name}"), value.to_owned()))
        .into()
}

fn row(server: &Server) -> Value {
    server.get("/api/cameras")["cameras"][0].clone()
}

/// Waits for what is told of a camera.
fn wait_notice(viewer: &Viewer, state: &str) -> Value {
    viewer.wait(|heard: &Heard| {
        let told = heard.payload();
        let is_it = heard.kind() == "notification"
            && told["about"].as_str().is_some_and(|about| about.starts_with("camera:"))
            && told["state"] == state;
        is_it.then(|| told.clone())
    })
}

fn wait_status(viewer: &Viewer, status: &str) {
    viewer.wait(|heard: &Heard| {
        let is_camera = heard.payload()["cameraModel"].as_str().is_some_and(|model| !model.starts_with('/'));
        (heard.kind() == "camera_status" && is_camera && heard.payload()["status"] == status).then_some(())
    });
}

#[test]
fn a_frame_that_was_shot_on_the_cable_and_is_listed_again_is_one_frame_whatever_the_clocks_say() {
    let folders = folders();
    let card = folders.path().join("card");
    fs::create_dir_all(&card).expect("a folder");
    // By this machine's clock it was written at another time than by its own.
    let options = CameraOptions { size_bytes: Some(100_000), clock_ahead_s: 3_600, ..CameraOptions::default() };
    let camera = VirtualCamera::open(&card, options).expect("a camera");
    let arguments = vec!["--tether".to_owned(), camera.port()];
    let server = Server::start_with(kilat(), &folders, &Start { arguments, environment: rule(), ..Start::default() });
    let viewer = server.viewer();
    wait_status(&viewer, "connected");
    camera.shoot(2).expect("frames");
    viewer.wait_safe(2);
    camera.unplug();
    wait_status(&viewer, "disconnected");
    camera.plug().expect("its port");
    viewer.wait_now(|now| now["links"]["camera"]["state"] == "up");
    camera.shoot(1).expect("a frame");
    viewer.wait_safe(3);
    let there = row(&server);
    assert_eq!((&there["shot"], &there["held"], &there["missing"]), (&3.into(), &3.into(), &0.into()), "{there}");
    assert!(server.stop().success());
}

#[test]
fn a_camera_by_cable_is_accounted_for_and_missed_until_it_is_back() {
    let folders = folders();
    let card = folders.path().join("card");
    fs::create_dir_all(&card).expect("a folder");
    let options = CameraOptions { size_bytes: Some(100_000), ..CameraOptions::default() };
    let camera = VirtualCamera::open(&card, options).expect("a camera");
    camera.shoot(3).expect("frames");
    let arguments = vec!["--tether".to_owned(), camera.port()];
    let start = Start { arguments, environment: rule(), ..Start::default() };
    let server = Server::start_with(kilat(), &folders, &start);
    let viewer = server.viewer();
    let known = |now: &Value| now["counts"]["shot"] == 3 && now["counts"]["safe"] == 3;
    let now = viewer.wait_now(|now| known(now) && now["links"]["camera"]["state"] == "up");
    assert_eq!(now["links"]["camera"]["what"], Value::Null);
    wait_status(&viewer, "connected");

    let there = row(&server);
    for (what, count) in [("shot", 3), ("held", 3), ("stored", 3), ("safe", 3), ("missing", 0), ("lost", 0)] {
        assert_eq!(there[what], count, "{what}: {there}");
    }
    assert_eq!(
        (&there["kind"], &there["way"], &there["state"], &there["shotBy"]),
        (&"tethered".into(), &"cable".into(), &"ready".into(), &"list".into())
    );
    assert_eq!(there["safeToFormat"]["verdict"], "safe", "{there}");
    let said = text(&run(&folders, &["status"]));
    assert!(said.contains("· ready · shot 3, held 3, stored 3, safe 3 · safe to format: all 3 files on it"), "{said}");
    let detail = server.get(&format!("/api/cameras/{}", there["id"].as_str().expect("an id")));
    assert_eq!(detail["receipts"].as_array().map(Vec::len), Some(3));
    let photo = detail["receipts"][0]["photoId"].as_str().expect("an id");
    let receipts = &server.get(&format!("/api/photos/{photo}"))["receipts"];
    assert_eq!((&receipts[0]["way"], &receipts[0]["cameraId"]), (&"cable".into(), &there["id"]), "{receipts}");

    camera.unplug();
    wait_status(&viewer, "disconnected");
    let missed = wait_notice(&viewer, "open");
    assert_eq!((&missed["type"], &missed["priority"]), (&"camera_disconnected".into(), &"critical".into()), "{missed}");
    viewer.wait_now(|now| now["links"]["camera"]["state"] == "down");
    let gone = row(&server);
    assert_eq!(
        (&gone["safeToFormat"]["verdict"], &gone["safeToFormat"]["why"][0]["what"]),
        (&"not_yet".into(), &"not_seen".into())
    );
    // Who comes later is told the same.
    wait_status(&server.viewer(), "disconnected");

    camera.shoot(1).expect("a frame");
    camera.plug().expect("the same port");
    assert_eq!(wait_notice(&viewer, "resolved")["id"], missed["id"]);
    viewer.wait_now(|now| now["counts"]["shot"] == 4 && now["counts"]["safe"] == 4);
    assert_eq!(row(&server)["safeToFormat"]["verdict"], "safe");
    assert!(server.stop().success());
}
