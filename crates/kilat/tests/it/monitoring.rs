//! The machine that Kilat runs on: measured, told, and kept.

use kilat_testkit::{Server, Viewer};
use serde_json::{Value, json};

use crate::scene::{folders, kilat};

const SETTINGS: &str = "/api/admin/system/settings";

fn monitoring(server: &Server, what: &str) -> Value {
    server.get(&format!("/api/admin/monitoring?type={what}"))
}

/// Waits until viewers were told of a machine of which this holds.
fn wait_machine(viewer: &Viewer, holds: impl Fn(&Value) -> bool) -> Value {
    viewer.wait(|heard| {
        let machine = &heard.payload()["data"]["machine"];
        (heard.kind() == "system_status" && holds(machine)).then(|| machine.clone())
    })
}

/// Waits until its shares are known, which takes two looks.
fn measured(server: &Server) -> (Viewer, Value) {
    let viewer = server.viewer();
    let machine = wait_machine(&viewer, |machine| machine["cpu"].is_number());
    (viewer, machine)
}

fn set_storage(server: &Server, percent: u8) {
    let patch = json!({ "alertThresholds": { "storage": percent } });
    let (status, settings) = server.call("POST", SETTINGS, Some(&patch));
    assert_eq!((status, &settings["alertThresholds"]["storage"]), (200, &json!(percent)), "{settings}");
}

fn is_alarm(notice: &Value, state: &str) -> bool {
    notice["type"] == "storage_warning" && notice["data"]["alarm"] == "storage" && notice["state"] == state
}

fn wait_alarm(viewer: &Viewer, state: &str) -> Value {
    viewer.wait(|heard| {
        (heard.kind() == "notification" && is_alarm(heard.payload(), state)).then(|| heard.payload().clone())
    })
}

/// Notices in this state in the list that pages poll.
fn alarms(server: &Server, state: &str) -> usize {
    let list = server.get("/api/notifications");
    let notices = list["notifications"].as_array().unwrap_or_else(|| panic!("{list}"));
    notices.iter().filter(|notice| is_alarm(notice, state)).count()
}

#[test]
fn monitoring_answers_what_this_machine_really_is() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    let (_viewer, told) = measured(&server);
    let metrics = monitoring(&server, "metrics");
    assert_eq!((&metrics["success"], &metrics["type"]), (&json!(true), &json!("metrics")), "{metrics}");
    let data = &metrics["data"];
    let meminfo = std::fs::read_to_string("/proc/meminfo").expect("read");
    let total_kb = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:")?.trim().strip_suffix(" kB"));
    let total: u64 = total_kb.and_then(|kb| kb.trim().parse::<u64>().ok()).expect("a number") * 1_024;
    let (memory, limited) = (&data["memory"]["totalBytes"], &data["memory"]["isLimited"]);
    assert!(*memory == json!(total) || *limited == json!(true), "{data}");
    let disk = &data["storage"][0];
    let space = rustix::fs::statvfs(&folders.data).expect("room");
    assert_eq!(disk["totalBytes"], json!(space.f_blocks * space.f_frsize), "{disk}");
    assert!(disk["usedFor"].as_array().expect("a list").contains(&json!("data folder")), "{disk}");
    assert!(data["cpu"]["cores"].as_u64().is_some_and(|cores| cores > 0), "{data}");
    assert!(data["cpu"]["usage"].as_f64().is_some_and(|usage| (0.0..=100.0).contains(&usage)), "{data}");
    let limit = std::fs::metadata(kilat()).expect("the program").len() / 100;
    assert!(data["process"]["memoryBytes"].as_u64().is_some_and(|bytes| bytes > limit), "{data}");
    assert!(data["process"]["openFiles"].as_u64().is_some_and(|files| files > 5), "{data}");

    let overview = monitoring(&server, "overview")["data"].clone();
    let names = |value: &Value| value.as_object().expect("an object").keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&overview), names(&told), "the same by HTTP and by WebSocket");
    assert_eq!(server.get("/api/admin/monitoring")["type"], "overview");
    let health = monitoring(&server, "health")["data"].clone();
    assert_eq!((&health["checks"]["journal"], &health["checks"]["cpu"]), (&json!("ok"), &json!("ok")), "{health}");
    assert!(monitoring(&server, "stats")["data"]["recent"]["memory"]["count"].as_u64().is_some_and(|count| count > 1));
    let recent = monitoring(&server, "history&minutes=5");
    // Two looks that came late may lie in one second.
    let points = recent["data"]["points"].as_array().expect("a list");
    let looks: u64 = points.iter().filter_map(|point| point["values"]["memory"]["count"].as_u64()).sum();
    assert!(recent["data"]["stepSeconds"] == 1 && looks > 1, "{recent}");
    for (query, code) in [
        ("type=magic", "unknown_type"),
        ("type=history&minutes=0", "bad_minutes"),
        ("type=history&minutes=10081", "bad_minutes"),
    ] {
        let (status, refusal) = server.call("GET", &format!("/api/admin/monitoring?{query}"), None);
        assert_eq!((status, &refusal["code"]), (400, &json!(code)), "{refusal}");
    }
}

#[test]
fn a_disk_beyond_its_threshold_is_one_notice_over_a_restart_that_ends_when_it_is_within_again() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    let (viewer, _) = measured(&server);
    assert!(monitoring(&server, "alerts")["data"]["thresholds"]["storage"] == 90);
    set_storage(&server, 1);
    let began = wait_alarm(&viewer, "open");
    wait_machine(&viewer, |machine| machine["alerts"].as_array().is_some_and(|alerts| !alerts.is_empty()));
    let alerts = monitoring(&server, "alerts")["data"].clone();
    let is_storage = |alert: &&Value| alert["kind"] == "storage";
    let alert = alerts["active"].as_array().expect("a list").iter().find(is_storage).expect("an alert").clone();
    assert_eq!((&alert["message"], &alert["limit"]), (&began["message"], &json!(1.0)), "{alerts}");
    assert_eq!(monitoring(&server, "health")["data"]["status"], "degraded");
    assert!(server.stop().success());

    let server = Server::start(kilat(), &folders);
    let (viewer, _) = measured(&server);
    set_storage(&server, 100);
    let ended = wait_alarm(&viewer, "resolved");
    assert_eq!(ended["id"], began["id"], "the same notice");
    assert_eq!((alarms(&server, "open"), alarms(&server, "resolved")), (0, 1));
    wait_machine(&viewer, |machine| machine["alerts"] == json!([]));
    assert_eq!(monitoring(&server, "alerts")["data"]["active"], json!([]));
}

#[test]
fn the_machines_past_outlives_a_restart_with_the_minute_that_was_not_over() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    let (_viewer, told) = measured(&server);
    assert!(server.stop().success());
    let server = Server::start(kilat(), &folders);
    let history = monitoring(&server, "history")["data"].clone();
    assert_eq!((&history["minutes"], &history["stepSeconds"]), (&json!(60), &json!(60)), "{history}");
    let point = &history["points"][0];
    assert!(point["at"].as_str().expect("a time") <= told["measuredAt"].as_str().expect("a time"), "{point}");
    assert!(point["values"]["memory"]["count"].as_u64().is_some_and(|count| count > 1), "{point}");
    assert_eq!(monitoring(&server, "stats")["data"]["week"]["memory"], point["values"]["memory"]);
}

#[test]
fn settings_of_pages_are_kept_and_a_wrong_one_changes_nothing() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    let before = server.get(SETTINGS);
    let percent = json!({ "cpu": 90, "memory": 90, "storage": 90 });
    let all = json!({
        "success": true, "useRealtime": true, "pollingInterval": 120_000, "alertThresholds": percent,
        "enableNotifications": true
    });
    assert_eq!(before, all);
    for wrong in [
        json!({ "useRealtime": false, "pollingInterval": 10 }),
        json!({ "useRealtime": false, "alertThresholds": { "cpu": 0 } }),
        json!({ "useRealtime": false, "alertThresholds": { "memory": 101 } }),
    ] {
        let (status, refusal) = server.call("POST", SETTINGS, Some(&wrong));
        assert_eq!((status, &refusal["code"]), (400, &json!("bad_settings")), "{refusal}");
    }
    assert_eq!(server.get(SETTINGS), before);
    let patch = json!({ "useRealtime": false, "pollingInterval": 5_000, "alertThresholds": { "memory": 80 } });
    let (status, after) = server.call("POST", SETTINGS, Some(&patch));
    assert_eq!(
        (status, &after["alertThresholds"]["memory"], &after["alertThresholds"]["cpu"]),
        (200, &json!(80), &json!(90))
    );
    server.kill();
    let server = Server::start(kilat(), &folders);
    assert_eq!(server.get(SETTINGS), after);
    // As pages do that send back what they were given.
    assert_eq!(server.call("POST", SETTINGS, Some(&before)), (200, before.clone()));
}
