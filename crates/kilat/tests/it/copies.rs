//! From the hot folder to a proven copy: the layout, the order, the settings, the operator's commands.

use std::collections::BTreeSet;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use kilat_testkit::{Oracle, Server, Start};
use serde_json::{Value, json};

use crate::scene::{folders, kilat, photo};

fn relative_files(out: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut folders = vec![out.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b".")) {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else {
                found.insert(path.strip_prefix(out).expect("below").to_string_lossy().into_owned());
            }
        }
    }
    found
}

fn post(server: &Server, path: &str, body: &Value) -> Value {
    let answer = ureq::post(format!("{}{path}", server.http))
        .header("authorization", server.bearer())
        .send_json(body)
        .expect("accepted");
    serde_json::from_reader(answer.into_body().into_reader()).expect("JSON")
}

#[test]
fn copies_stand_where_a_person_looks_for_them_and_names_never_collide() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    let mut oracle = Oracle::default();
    for (number, card) in ["a", "b"].into_iter().enumerate() {
        let (path, bytes) = (folders.hot.join(card).join("DSC_0001.JPG"), photo(number as u64, 50_000));
        std::fs::create_dir(folders.hot.join(card)).expect("made");
        std::fs::write(&path, &bytes).expect("written");
        oracle.closed(&path, &bytes);
    }
    server.viewer().wait_safe(2);
    let found = relative_files(&folders.out);
    let date = server.get("/api/now")["event"]["date"].as_str().expect("a date").to_owned();
    let folder = format!("{date} Wedding/2026-11-21/NIKON Z 9 4711");
    let expected = ["DSC_0001.JPG", "DSC_0001 (2).JPG"].map(|name| format!("{folder}/{name}"));
    assert_eq!(found, BTreeSet::from(expected));
    assert!(oracle.judge(&folders.out).expect("read").is_good());
}

#[test]
fn a_file_that_stood_at_the_destination_before_is_never_overwritten() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    let viewer = server.viewer();
    let date = server.get("/api/now")["event"]["date"].as_str().expect("a date").to_owned();
    let theirs = folders.out.join(format!("{date} Wedding/2026-11-21/NIKON Z 9 4711/DSC_0001.JPG"));
    std::fs::create_dir_all(theirs.parent().expect("a folder")).expect("made");
    std::fs::write(&theirs, b"somebody's").expect("written");
    std::fs::write(folders.hot.join("DSC_0001.JPG"), photo(1, 50_000)).expect("written");
    viewer.wait_safe(1);
    assert_eq!(std::fs::read(&theirs).expect("there"), b"somebody's");
    assert!(theirs.with_file_name("DSC_0001 (2).JPG").exists());
}

#[test]
fn a_pause_holds_copies_back_and_takes_arrivals_in_over_a_restart_too() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    post(&server, "/api/dslr/status", &json!({ "action": "pause" }));
    std::fs::write(folders.hot.join("DSC_0001.JPG"), photo(1, 50_000)).expect("written");
    server.viewer().wait_now(|now| now["counts"]["held"] == 1 && now["paused"] == true);
    assert!(server.stop().success());
    let server = Server::start(kilat(), &folders);
    let now = server.viewer().wait_now(|now| now["counts"]["held"] == 1);
    assert_eq!((&now["paused"], &now["counts"]["stored"]), (&json!(true), &json!(0)));
    post(&server, "/api/dslr/status", &json!({ "action": "resume" }));
    server.viewer().wait_safe(1);
}

#[test]
fn kinds_that_are_not_uploaded_are_held_and_shown_all_the_same() {
    let folders = folders();
    std::fs::create_dir_all(&folders.data).expect("made");
    std::fs::write(folders.data.join("kilat.toml"), "[upload]\nraw = false\n").expect("written");
    let server = Server::start_with(kilat(), &folders, &Start::default());
    let viewer = server.viewer();
    let darkroom = kilat_demo::Darkroom::with(1, 1).expect("a picture");
    let taken = jiff::civil::date(2026, 11, 21).at(16, 4, 5, 0);
    let frame = kilat_demo::Frame { body: kilat_demo::Body::A, number: 1, taken, orientation: 1, size_bytes: None };
    std::fs::write(folders.hot.join("DSC_1.NEF"), kilat_demo::raw(&darkroom, &frame)).expect("written");
    std::fs::write(folders.hot.join("DSC_1.JPG"), kilat_demo::jpeg(&darkroom, &frame)).expect("written");
    viewer.wait_now(|now| now["counts"]["held"] == 2 && now["counts"]["safe"] == 1 && now["counts"]["waiting"] == 0);
    assert!(relative_files(&folders.out).iter().all(|path| path.ends_with(".JPG")));
}

#[test]
fn a_photo_that_was_removed_before_it_was_copied_is_named_and_copied_when_it_is_back() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    let viewer = server.viewer();
    post(&server, "/api/dslr/status", &json!({ "action": "pause" }));
    let (path, bytes) = (folders.hot.join("DSC_0001.JPG"), photo(1, 50_000));
    std::fs::write(&path, &bytes).expect("written");
    std::fs::write(folders.hot.join("DSC_0002.JPG"), photo(2, 50_000)).expect("written");
    viewer.wait_now(|now| now["counts"]["held"] == 2);
    std::fs::remove_file(&path).expect("removed");
    post(&server, "/api/dslr/status", &json!({ "action": "resume" }));
    viewer.wait_now(|now| now["counts"]["safe"] == 1);
    std::fs::write(&path, &bytes).expect("put back");
    viewer.wait_safe(2);
}

#[test]
fn a_file_that_cannot_be_read_is_retried_and_then_reported_with_its_reason() {
    // Root reads everything: then the server runs as nobody.
    const NOBODY: u32 = 65_534;
    let is_root = rustix::process::geteuid().is_root();
    let folders = folders();
    if is_root {
        for folder in [folders.path(), &folders.hot] {
            std::os::unix::fs::chown(folder, Some(NOBODY), Some(NOBODY)).expect("root may");
        }
    }
    let server = Server::start_with(kilat(), &folders, &Start { user: is_root.then_some(NOBODY), ..Start::default() });
    let viewer = server.viewer();
    let rights = <Permissions as PermissionsExt>::from_mode;
    // Written beside the folder, so that it is never readable in it.
    let beside = folders.path().join("DSC_0001.JPG");
    std::fs::write(&beside, photo(1, 50_000)).expect("written");
    std::fs::set_permissions(&beside, rights(0o000)).expect("hidden");
    let path = folders.hot.join("DSC_0001.JPG");
    std::fs::rename(&beside, &path).expect("moved");
    let now = viewer.wait_now(|now| now["problems"].to_string().contains("DSC_0001"));
    let problem = now["problems"].as_array().expect("a list").iter().find(|p| p["kind"] == "unreadable");
    let message = problem.expect("it is reported")["message"].as_str().expect("words").to_owned();
    assert!(message.contains("ermission denied") && message.contains("read access"), "{message}");
    std::fs::set_permissions(&path, rights(0o644)).expect("shown");
    viewer.wait_safe(1);
    viewer.wait_now(|now| now["problems"].as_array().is_some_and(Vec::is_empty));
}

#[test]
fn a_destination_that_the_settings_name_no_more_is_no_trouble_and_a_new_one_gets_the_event() {
    let folders = folders();
    let lost = folders.path().join("unplugged/copies").display().to_string();
    let spare = folders.path().join("spare");
    let with = |to: &str| Start { arguments: vec!["--to".to_owned(), to.to_owned()], ..Start::default() };
    let (path, bytes) = (folders.hot.join("DSC_0001.JPG"), photo(1, 50_000));
    let mut oracle = Oracle::default();
    oracle.closed(&path, &bytes);

    let server = Server::start_with(kilat(), &folders, &with(&lost));
    let viewer = server.viewer();
    std::fs::write(&path, &bytes).expect("written");
    viewer.wait_now(|now| now["counts"]["stored"] == 1 && now["problems"][0]["kind"] == "destination_down");
    assert_eq!(server.get("/api/now")["counts"]["safe"], 0);
    assert!(server.stop().success());

    let server = Server::start(kilat(), &folders);
    server.viewer().wait_safe(1);
    let now = server.get("/api/now");
    assert_eq!((&now["problems"], &now["counts"]["waiting"]), (&json!([]), &json!(0)), "{now}");
    assert_eq!(now["destinations"].as_array().map(Vec::len), Some(1), "{now}");
    folders.wait_log("name this destination any more");
    assert!(server.stop().success());

    let server = Server::start_with(kilat(), &folders, &with(&spare.display().to_string()));
    server.viewer().wait_now(|now| {
        let stored = |at: usize| now["destinations"][at]["stored"] == 1;
        stored(0) && stored(1) && now["counts"]["safe"] == 1
    });
    assert!(oracle.judge(&spare).expect("read").is_good());
}
