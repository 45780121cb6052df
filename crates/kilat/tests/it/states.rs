//! The states that screens are built from: sources as cameras, the server itself, the four links.

use std::path::Path;

use kilat_testkit::{Folders, Server, Start};
use serde_json::{Value, json};

use crate::live::Client;
use crate::scene::{folders, kilat, photo};

fn text(path: &Path) -> String {
    path.display().to_string()
}

/// The disk of the hot folder is pulled; and put in again.
fn unplug(folders: &Folders) {
    std::fs::rename(&folders.hot, folders.path().join("away")).expect("moved");
}

fn plug_in(folders: &Folders) {
    std::fs::rename(folders.path().join("away"), &folders.hot).expect("moved");
}

/// The next state or entry of this type that this holds of.
fn wait(client: &mut Client, kind: &str, holds: impl Fn(&Value) -> bool) -> Value {
    loop {
        let message = client.hear(kind);
        if holds(&message) {
            return message;
        }
    }
}

fn is_state(message: &Value) -> bool {
    message["prev"].is_null()
}

#[test]
fn a_page_is_told_of_every_source_at_once_and_again_when_one_comes_or_goes() {
    let folders = folders();
    let second = folders.path().join("second");
    std::fs::create_dir(&second).expect("made");
    let arguments = vec!["--watch".to_owned(), text(&second)];
    let server = Server::start_with(kilat(), &folders, &Start { arguments, ..Start::default() });
    for channel in ["camera", "dslr"] {
        let mut page = Client::open(&server);
        for kind in ["subscribe", "get_status"] {
            page.say(&json!({ "type": kind, "payload": { "channel": channel } }));
            let told = [page.hear("camera_status"), page.hear("camera_status")];
            let mut names: Vec<_> = told.iter().map(|state| state["payload"]["cameraModel"].clone()).collect();
            names.sort_by_key(Value::to_string);
            assert_eq!(names, [json!(text(&folders.hot)), json!(text(&second))], "{kind} {channel}");
            for state in &told {
                assert_eq!(state["payload"]["status"], "connected", "{state}");
                assert_eq!((&state["channel"], &state["prev"]), (&json!("camera"), &Value::Null), "{state}");
                assert!(state["asOf"].is_string() && state["maxAgeMs"].is_u64() && state["seq"].is_u64(), "{state}");
            }
        }
        let polled = server.get(&format!("/api/channels/{channel}"));
        let messages = polled["messages"].as_array().expect("a list");
        assert_eq!(messages.iter().filter(|message| message["type"] == "camera_status").count(), 2, "{polled}");
    }
    let mut page = Client::open(&server);
    page.subscribe(&["camera"], None);
    unplug(&folders);
    let is_away = |message: &Value| message["payload"]["status"] == "disconnected";
    let entry = wait(&mut page, "camera_status", is_away);
    assert!(!is_state(&entry), "the log comes first: {entry}");
    let state = wait(&mut page, "camera_status", |message| is_away(message) && is_state(message));
    assert_eq!(state["payload"], entry["payload"]);
    plug_in(&folders);
    let is_back = |message: &Value| message["payload"]["cameraModel"] == json!(text(&folders.hot));
    wait(&mut page, "camera_status", |message| is_back(message) && !is_away(message) && is_state(message));
}

#[test]
fn the_server_is_degraded_in_words_for_as_long_as_its_health_is() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    let mut page = Client::open(&server);
    page.subscribe(&["system"], None);
    let state = page.hear("system_status");
    let (data, envelope) = (&state["payload"]["data"], &state["maxAgeMs"]);
    assert_eq!(
        (&state["payload"]["status"], &data["viewers"], &data["problems"]),
        (&json!("ok"), &json!(1), &json!(0))
    );
    assert!(data["version"].is_string() && data["startedAt"].is_string() && envelope.is_u64(), "{state}");

    unplug(&folders);
    let state = wait(&mut page, "system_status", |state| state["payload"]["status"] == "degraded");
    let message = state["payload"]["message"].as_str().expect("words");
    assert!(message.contains(&text(&folders.hot)), "{message}");
    assert_eq!(state["payload"]["data"]["problems"], 1, "{state}");
    let (status, health) = server.call("GET", "/api/health", None);
    assert_eq!((status, &health["status"]), (503, &json!("degraded")), "{health}");
    page.say(&json!({ "type": "get_status", "payload": { "channel": "system" } }));
    assert_eq!(page.hear("system_status")["payload"]["status"], "degraded");

    plug_in(&folders);
    wait(&mut page, "system_status", |state| state["payload"]["status"] == "ok");
    assert_eq!(server.call("GET", "/api/health", None).0, 200);
}

#[test]
fn the_camera_is_still_named_when_the_newest_file_does_not_name_one() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    let viewer = server.viewer();
    std::fs::write(folders.hot.join("DSC_1.JPG"), photo(1, 20_000)).expect("written");
    viewer.wait_now(|now| now["counts"]["held"] == 1);
    let model = server.get("/api/dslr/status")["cameraModel"].clone();
    assert!(model.as_str().is_some_and(|model| !model.is_empty()), "{model}");
    let sidecar = "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"></x:xmpmeta>";
    std::fs::write(folders.hot.join("ALONE.xmp"), sidecar).expect("written");
    viewer.wait_now(|now| now["counts"]["held"] == 2);
    assert_eq!(server.get("/api/dslr/status")["cameraModel"], model);
}

#[test]
fn the_links_behind_the_server_are_told_apart() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    let viewer = server.viewer();
    std::fs::write(folders.hot.join("DSC_1.JPG"), photo(1, 20_000)).expect("written");
    let now = viewer.wait_safe(1);
    let links = |now: &Value| ["source", "camera", "storage"].map(|link| now["links"][link]["state"].clone());
    assert_eq!(links(&now), ["up", "unknown", "up"], "{now}");
    assert_eq!((now["links"]["source"]["since"].is_string(), &now["links"]["camera"]["since"]), (true, &Value::Null));

    // Paused by a person is not broken.
    let pause = json!({ "action": "pause" });
    assert_eq!(server.call("POST", "/api/dslr/status", Some(&pause)).0, 200);
    assert_eq!(links(&viewer.wait_now(|now| now["paused"] == true)), ["up", "unknown", "up"]);

    unplug(&folders);
    let now = viewer.wait_now(|now| now["links"]["source"]["state"] == "down");
    assert_eq!(links(&now), ["down", "unknown", "up"], "{now}");
    assert!(now["links"]["source"]["what"].as_str().is_some_and(|what| what.contains(&text(&folders.hot))), "{now}");
    plug_in(&folders);
    viewer.wait_now(|now| now["links"]["source"]["state"] == "up");

    // Found by the next copy.
    let resume = json!({ "action": "resume" });
    assert_eq!(server.call("POST", "/api/dslr/status", Some(&resume)).0, 200);
    std::fs::rename(&folders.out, folders.path().join("elsewhere")).expect("moved");
    std::fs::write(folders.hot.join("DSC_2.JPG"), photo(2, 20_000)).expect("written");
    let now = viewer.wait_now(|now| now["links"]["storage"]["state"] == "down");
    assert_eq!(links(&now), ["up", "unknown", "down"], "{now}");
    assert!(now["links"]["storage"]["what"].as_str().is_some_and(|what| what.contains(&text(&folders.out))), "{now}");
}
