//! The commands that scripts rely on, with a running server and without one.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use kilat_testkit::Server;
use serde_json::Value;

use crate::scene::{complaint, folders, kilat, photo, pipe, run, text};

#[test]
fn events_are_made_listed_used_and_closed_with_and_without_a_server() {
    for is_running in [true, false] {
        let folders = folders();
        let server = Server::start(kilat(), &folders);
        let server = if is_running {
            Some(server)
        } else {
            assert!(server.stop().success());
            None
        };
        let made = run(&folders, &["event", "create", "Ayu & Bima", "--date", "2026-12-05"]);
        assert!(made.status.success(), "{}", complaint(&made));
        let listed = text(&run(&folders, &["event", "list", "--json"]));
        let rows: Vec<Value> = listed
            .lines()
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .flat_map(|line: Value| line.as_array().cloned().unwrap_or_else(|| vec![line]))
            .collect();
        let row = rows.iter().find(|row| row["name"] == "Ayu & Bima").expect("it is listed");
        assert_eq!(row["date"], "2026-12-05");
        let id = row["id"].as_str().expect("an id");
        assert!(run(&folders, &["event", "use", id]).status.success());
        let status: Value = serde_json::from_str(&text(&run(&folders, &["status", "--json"]))).expect("JSON");
        assert_eq!(status["event"]["name"], "Ayu & Bima", "running: {is_running}");
        assert!(run(&folders, &["event", "close", id]).status.success());
        let again = run(&folders, &["event", "use", id]);
        assert!(!again.status.success(), "a closed event takes no photos");
        assert!(complaint(&again).contains("closed"), "{}", complaint(&again));
        let unknown = run(&folders, &["event", "use", "nobody"]);
        assert!(complaint(&unknown).contains("kilat event list"), "{}", complaint(&unknown));
        drop(server);
    }
}

#[test]
fn a_photo_belongs_to_the_event_that_is_used_when_it_comes() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    let viewer = server.viewer();
    std::fs::write(folders.hot.join("DSC_1.JPG"), photo(1, 20_000)).expect("written");
    viewer.wait_safe(1);
    assert!(run(&folders, &["event", "create", "Second"]).status.success());
    assert!(run(&folders, &["event", "use", "second"]).status.success());
    std::fs::write(folders.hot.join("DSC_2.JPG"), photo(2, 20_000)).expect("written");
    viewer.wait_now(|now| now["event"]["name"] == "Second" && now["counts"]["safe"] == 1);
}

#[test]
fn status_says_in_one_sentence_how_things_stand() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    std::fs::write(folders.hot.join("DSC_1.JPG"), photo(1, 20_000)).expect("written");
    server.viewer().wait_safe(1);
    let said = text(&run(&folders, &["status"]));
    assert!(said.lines().next().is_some_and(|line| line.contains("safe")), "{said}");
    assert!(said.contains("Wedding"), "{said}");
    assert!(server.stop().success());
    let said = text(&run(&folders, &["status"]));
    assert!(said.contains("Wedding"), "from the data folder: {said}");
    assert!(run(&folders, &["event", "close", "Wedding"]).status.success());
    let said = text(&run(&folders, &["status"]));
    assert!(said.starts_with("No event is in use") && said.contains("kilat event create"), "{said}");
}

#[test]
fn tail_shows_what_any_client_hears() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    let mut command = Command::new(kilat());
    command.current_dir(folders.path()).env_clear().arg("--data").arg(&folders.data).args(["tail", "--json"]);
    let mut tail = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it runs");
    let mut lines = BufReader::new(tail.stdout.take().expect("a pipe")).lines();
    let mut next = || -> Value { serde_json::from_str(&lines.next().expect("a line").expect("text")).expect("JSON") };
    while next()["type"] != "now" {}
    std::fs::write(folders.hot.join("DSC_1.JPG"), photo(1, 20_000)).expect("written");
    let completed = loop {
        let message = next();
        if message["type"] == "upload_progress" && message["payload"]["status"] == "completed" {
            break message;
        }
    };
    assert_eq!(completed["payload"]["fileName"], "DSC_1.JPG");
    tail.kill().expect("it runs");
    tail.wait().expect("it ends");
    drop(server);
}

#[test]
fn what_a_program_publishes_is_told_once_accepted_and_tail_goes_on_where_it_was() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    let lines: String = (1..=600).map(|n| format!("{{\"status\":\"completed\",\"fileName\":\"{n}\"}}\n")).collect();
    let published = pipe(&folders, &["publish", "upload", "upload_progress"], &lines);
    assert!(published.status.success(), "{}", complaint(&published));
    assert!(complaint(&published).contains("600 accepted"), "{}", complaint(&published));
    let names = |since: &str, count: usize| -> (Vec<String>, String) {
        let mut tail = Command::new(kilat());
        tail.current_dir(folders.path()).env_clear().arg("--data").arg(&folders.data);
        tail.args(["tail", "--json", "--channel", "upload", "--since", since]);
        let mut tail = tail.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it runs");
        let lines = BufReader::new(tail.stdout.take().expect("a pipe")).lines();
        let entries = lines.map(|line| serde_json::from_str::<Value>(&line.expect("text")).expect("JSON"));
        let entries = entries.filter(|entry| !entry["prev"].is_null() && entry["type"] == "upload_progress");
        let entries: Vec<Value> = entries.take(count).collect();
        tail.kill().expect("it runs");
        tail.wait().expect("it ends");
        let cursor = entries.last().map(|last| format!("{}:{}", last["epoch"].as_str().expect("text"), last["seq"]));
        let name = |entry: &Value| entry["payload"]["fileName"].as_str().expect("a name").to_owned();
        (entries.iter().map(name).collect(), cursor.expect("one at least"))
    };
    let epoch = server.viewer().wait(|heard| heard.message["epoch"].as_str().map(str::to_owned));
    let (first, cursor) = names(&format!("{epoch}:0"), 250);
    let (rest, _) = names(&cursor, 350);
    let all: Vec<String> = (1..=600).map(|n| n.to_string()).collect();
    assert_eq!([first, rest].concat(), all);
}

#[test]
fn a_line_that_cannot_be_published_is_named() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    let wrong = pipe(&folders, &["publish", "upload", "weather"], "{\"a\":1}\n{\"a\":\n");
    assert_eq!(wrong.status.code(), Some(1));
    assert!(
        complaint(&wrong).contains("line 2") && complaint(&wrong).contains("1 were accepted"),
        "{}",
        complaint(&wrong)
    );
    let reserved = pipe(&folders, &["publish", "upload", "now"], "{}\n");
    assert!(complaint(&reserved).contains("line 1") && complaint(&reserved).contains("reserved_type"));
    let unknown = pipe(&folders, &["publish", "kitchen", "weather"], "");
    assert_eq!(unknown.status.code(), Some(2), "{}", complaint(&unknown));
    assert!(server.stop().success());
    assert_eq!(pipe(&folders, &["publish", "upload", "weather"], "{}\n").status.code(), Some(3));
}

#[test]
fn commands_that_need_a_server_say_that_there_is_none() {
    let folders = folders();
    for command in [&["tail"][..], &["status"], &["event", "list"]] {
        let output = run(&folders, command);
        assert_eq!(output.status.code(), Some(3), "{command:?}: {}", complaint(&output));
        assert!(complaint(&output).contains("docs/errors/no-server.md"), "{}", complaint(&output));
        assert!(!folders.data.exists(), "{command:?} only looks");
    }
}

#[test]
fn a_command_never_takes_another_server_for_the_one_that_died() {
    let (ours, theirs) = (folders(), folders());
    Server::start(kilat(), &ours).kill();
    let other = Server::start(kilat(), &theirs);
    // The other one has come to listen where ours did.
    let stale = std::fs::read_to_string(theirs.data.join("ready.json")).expect("there");
    let stale = stale.replace(&format!("\"pid\":{}", other.pid()), "\"pid\":1");
    std::fs::write(ours.data.join("ready.json"), stale).expect("written");
    let made = run(&ours, &["event", "create", "Ours"]);
    assert!(made.status.success(), "{}", complaint(&made));
    assert!(text(&run(&ours, &["event", "list"])).contains("Ours"), "it is in our folder");
    assert!(!other.get("/api/admin/events").to_string().contains("Ours"), "and not with the other");
    assert_eq!(run(&ours, &["tail"]).status.code(), Some(3), "ours is not there to be followed");
}

#[test]
fn the_doctor_finds_nothing_wrong_before_the_first_start() {
    let fresh = folders();
    let found = run(&fresh, &["doctor", "--listen", "127.0.0.1:0", "--ws-listen", "127.0.0.1:0"]);
    assert!(found.status.success(), "{}{}", text(&found), complaint(&found));
    assert!(!fresh.data.exists(), "it only looks");
}

#[test]
fn the_doctor_finds_a_healthy_machine_healthy_and_names_what_is_not() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    assert!(server.stop().success());
    let (hot, out) = (folders.hot.to_string_lossy(), folders.out.to_string_lossy());
    let ports = ["--listen", "127.0.0.1:0", "--ws-listen", "127.0.0.1:0"];
    let healthy = run(&folders, &[&["doctor", "--watch", &hot, "--to", &out][..], &ports[..]].concat());
    assert!(healthy.status.success(), "{}{}", text(&healthy), complaint(&healthy));
    let file = folders.path().join("a-file");
    std::fs::write(&file, b"no folder").expect("written");
    let file = file.to_string_lossy();
    let sick = run(&folders, &[&["doctor", "--watch", &hot, "--to", &file][..], &ports[..]].concat());
    assert!(!sick.status.success(), "{}", text(&sick));
    assert!(text(&sick).lines().any(|line| line.starts_with("FAIL") && line.contains("a-file")), "{}", text(&sick));
}

#[test]
fn every_setting_tells_where_it_comes_from() {
    let folders = folders();
    std::fs::create_dir_all(&folders.data).expect("made");
    std::fs::write(folders.data.join("kilat.toml"), "[upload]\nparallel = 3\n").expect("written");
    let shown = text(&run(&folders, &["config", "show", "--origin"]));
    let line = shown.lines().find(|line| line.contains("parallel")).expect("it is shown");
    assert!(line.contains('3') && line.contains("kilat.toml"), "{line}");
}

#[test]
fn a_demo_never_writes_into_a_folder_that_somebody_named() {
    let folders = folders();
    let refused = run(&folders, &["demo", "--to", "copies"]);
    assert!(!refused.status.success() && complaint(&refused).contains("--to"), "{}", complaint(&refused));
    assert!(!folders.path().join("copies").exists() && !folders.data.exists());
}
