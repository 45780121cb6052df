//! The live wire: cursors, replay over a restart, slow viewers, goodbye, publishing, and the same by HTTP.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::time::Instant;

use kilat_testkit::{NEVER, Server};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::stream::MaybeTlsStream;
use tokio_tungstenite::tungstenite::{Message, WebSocket};

use crate::scene::{folders, kilat, photo, run, text};

/// A program's messages that may be unanswered at once; the server takes 256.
const WINDOW: usize = 200;

/// A viewer or a program that speaks by itself.
pub(crate) struct Client {
    pub(crate) socket: WebSocket<MaybeTlsStream<TcpStream>>,
}

impl Client {
    pub(crate) fn open(server: &Server) -> Self {
        let mut client = Self { socket: server.socket() };
        client.hear("connected");
        client
    }

    /// As somebody of this role; the token's id too.
    fn open_as(server: &Server, role: &str) -> (Self, String) {
        let made = server.call("POST", "/api/admin/tokens", Some(&json!({ "role": role, "name": role }))).1;
        let secret = made["token"].as_str().unwrap_or_else(|| panic!("a token: {made}"));
        let mut client = Self { socket: server.socket_with(secret) };
        client.hear("connected");
        (client, made["id"].as_str().unwrap_or_else(|| panic!("an id: {made}")).to_owned())
    }

    pub(crate) fn say(&mut self, message: &Value) {
        self.socket.send(Message::text(message.to_string())).expect("sent");
    }

    pub(crate) fn subscribe(&mut self, channels: &[&str], since: Option<&Value>) -> Value {
        self.say(&json!({ "type": "subscribe", "payload": { "channels": channels, "since": since } }));
        self.hear("subscribed")["payload"].clone()
    }

    /// The next message; the close frame as `{ "type": "closed", "code" }`.
    pub(crate) fn next(&mut self) -> Value {
        loop {
            match self.socket.read() {
                Ok(Message::Text(text)) => return serde_json::from_str(&text).expect("JSON"),
                Ok(Message::Close(Some(CloseFrame { code, .. }))) => {
                    return json!({ "type": "closed", "code": u16::from(code) });
                }
                Ok(_) => {}
                Err(error) => return json!({ "type": "closed", "error": error.to_string() }),
            }
        }
    }

    pub(crate) fn hear(&mut self, kind: &str) -> Value {
        loop {
            let message = self.next();
            if message["type"] == kind {
                return message;
            }
            assert_ne!(message["type"], "closed", "waiting for {kind:?}: {message}");
        }
    }

    /// So many entries of the log, which are checked for their order and for holes as a client would.
    fn entries(&mut self, count: usize, channels: &[&str], cursor: &mut u64) -> Vec<Value> {
        let mut entries = Vec::new();
        while entries.len() < count {
            let message = self.next();
            assert_ne!(message["type"], "closed", "{} of {count}: {message}", entries.len());
            let Some(prev) = message["prev"].as_object() else { continue };
            let seq = message["seq"].as_u64().expect("a number");
            assert!(seq > *cursor, "{seq} came again or late, {cursor} was told: {message}");
            for channel in channels {
                let before = prev.get(*channel).and_then(Value::as_u64).unwrap_or(0);
                assert!(before <= *cursor, "a hole after {cursor}: {message}");
            }
            *cursor = seq;
            entries.push(message);
        }
        entries
    }

    /// Publishes one after the other and waits until all are accepted; answers the last place.
    fn publish(&mut self, channel: &str, payloads: impl IntoIterator<Item = Value>) -> u64 {
        let (mut sent, mut answered, mut last) = (0, 0, 0);
        let mut payloads = payloads.into_iter().peekable();
        while payloads.peek().is_some() || answered < sent {
            if sent - answered < WINDOW
                && let Some(payload) = payloads.next()
            {
                sent += 1;
                let inner = json!({ "channel": channel, "type": "note", "payload": payload });
                self.say(&json!({ "type": "publish", "id": sent.to_string(), "payload": inner }));
            } else {
                let told = self.hear("published")["payload"].clone();
                assert_eq!(told["kind"], "log", "{told}");
                last = last.max(told["seq"].as_u64().expect("a place"));
                answered += 1;
            }
        }
        last
    }
}

fn cursor(subscribed: &Value) -> Value {
    json!({ "epoch": subscribed["epoch"], "seq": subscribed["seq"] })
}

fn numbers(entries: &[Value]) -> Vec<u64> {
    entries.iter().map(|entry| entry["payload"]["n"].as_u64().expect("a number")).collect()
}

fn notes(range: std::ops::Range<u64>) -> impl Iterator<Item = Value> {
    range.map(|n| json!({ "n": n, "text": "x".repeat(300) }))
}

#[test]
fn a_client_that_was_away_over_a_restart_gets_exactly_what_it_missed_and_can_prove_it() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    let mut viewer = Client::open(&server);
    let subscribed = viewer.subscribe(&["upload", "dslr"], None);
    assert_eq!((&subscribed["recovered"], &subscribed["replayed"]), (&json!(true), &json!(0)), "{subscribed}");
    let mut at = subscribed["seq"].as_u64().expect("a place");
    let mut program = Client::open(&server);
    program.publish("upload", notes(0..5));
    assert_eq!(numbers(&viewer.entries(5, &["upload", "dslr"], &mut at)), [0, 1, 2, 3, 4]);
    drop(viewer);
    program.publish("upload", notes(5..400));
    program.publish("dslr", notes(400..420));
    // Not subscribed to: none of its business.
    program.publish("system", notes(0..50));
    drop(program);
    assert!(server.stop().success());

    let server = Server::start(kilat(), &folders);
    let since = json!({ "epoch": subscribed["epoch"], "seq": at });
    let mut viewer = Client::open(&server);
    let again = viewer.subscribe(&["upload", "dslr"], Some(&since));
    assert_eq!((&again["recovered"], &again["replayed"]), (&json!(true), &json!(415)), "{again}");
    let missed = viewer.entries(415, &["upload", "dslr"], &mut at);
    assert_eq!(numbers(&missed), (5..420).collect::<Vec<_>>());
    assert!(at <= again["seq"].as_u64().expect("a place"), "the last one is covered by the answer");
    let mut program = Client::open(&server);
    program.publish("upload", notes(420..421));
    let mut at = again["seq"].as_u64().expect("a place");
    assert_eq!(numbers(&viewer.entries(1, &["upload", "dslr"], &mut at)), [420]);
}

#[test]
fn what_is_no_longer_in_memory_is_replayed_from_the_journal_page_by_page() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    let mut viewer = Client::open(&server);
    let start = cursor(&viewer.subscribe(&["upload"], None));
    let mut program = Client::open(&server);
    // More than the recent entries that are kept.
    program.publish("upload", notes(0..5_000));
    // What was accepted is told a moment later: from here on all of it is history.
    viewer.entries(5_000, &["upload"], &mut start["seq"].as_u64().expect("a place"));
    drop(viewer);
    let mut viewer = Client::open(&server);
    let told = viewer.subscribe(&["upload"], Some(&start));
    assert_eq!((&told["recovered"], &told["replayed"]), (&json!(true), &json!(5_000)), "{told}");
    // What happens meanwhile comes behind it.
    program.publish("upload", notes(5_000..5_100));
    let mut at = start["seq"].as_u64().expect("a place");
    assert_eq!(numbers(&viewer.entries(5_100, &["upload"], &mut at)), (0..5_100).collect::<Vec<_>>());
}

#[test]
fn a_cursor_that_cannot_be_served_is_refused_with_its_reason_and_the_state_comes_all_the_same() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    let mut viewer = Client::open(&server);
    let here = viewer.subscribe(&["dslr"], None);
    for (since, why) in [
        (json!({ "epoch": "another", "seq": 1 }), "other_epoch"),
        (json!({ "epoch": here["epoch"], "seq": 1_000_000 }), "ahead"),
    ] {
        let told = viewer.subscribe(&["dslr"], Some(&since));
        assert_eq!((&told["recovered"], &told["skipped"]["why"]), (&json!(false), &json!(why)), "{told}");
        assert!(told["skipped"]["message"].as_str().is_some_and(|words| words.contains("state follows")), "{told}");
        let state = viewer.hear("dslr_status");
        assert!(state["maxAgeMs"].is_u64() && state["asOf"].is_string() && state["prev"].is_null(), "{state}");
    }
}

#[test]
fn several_channels_are_replayed_as_one_ordered_log() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    let mut viewer = Client::open(&server);
    let start = cursor(&viewer.subscribe(&["upload", "system", "camera"], None));
    let mut program = Client::open(&server);
    for n in 0..30 {
        program.publish(["upload", "system", "camera"][n as usize % 3], notes(n..n + 1));
    }
    // What was accepted is told a moment later: from here on all of it is history.
    viewer.entries(30, &["upload", "system", "camera"], &mut start["seq"].as_u64().expect("a place"));
    drop(viewer);
    let mut viewer = Client::open(&server);
    let told = viewer.subscribe(&["upload", "system"], Some(&start));
    assert_eq!(told["replayed"], 20, "{told}");
    let mut at = start["seq"].as_u64().expect("a place");
    let expected: Vec<u64> = (0..30).filter(|n| n % 3 != 2).collect();
    assert_eq!(numbers(&viewer.entries(20, &["upload", "system"], &mut at)), expected);
}

#[test]
fn a_viewer_too_slow_for_the_log_is_told_so_and_gets_every_entry_once() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    let mut slow = Client::open(&server);
    let mut at = slow.subscribe(&["upload"], None)["seq"].as_u64().expect("a place");
    let mut program = Client::open(&server);
    // Far more than its queue and the kernel take while it does not read.
    let large = |n| json!({ "n": n, "text": "x".repeat(8_000) });
    program.publish("upload", (0..2_500).map(large));
    let mut told = Vec::new();
    let mut resynced = 0;
    while told.len() < 2_500 {
        let message = slow.next();
        match message["type"].as_str() {
            Some("subscribed") => {
                assert_eq!(message["payload"]["recovered"], true, "{message}");
                resynced += 1;
            }
            Some("note") => {
                let seq = message["seq"].as_u64().expect("a place");
                assert!(seq > at && message["prev"]["upload"].as_u64().is_some_and(|prev| prev <= at), "{message}");
                at = seq;
                told.push(message["payload"]["n"].as_u64().expect("a number"));
            }
            Some("closed") => panic!("after {}: {message}", told.len()),
            _ => {}
        }
    }
    assert_eq!(told, (0..2_500).collect::<Vec<_>>());
    assert!(resynced > 0, "its queue never overflowed: this test shows nothing");
}

#[test]
fn a_viewer_that_reads_nothing_is_ended_and_nobody_else_notices() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    let mut stuck = Client::open(&server);
    stuck.subscribe(&["upload"], None);
    let mut other = Client::open(&server);
    let mut at = other.subscribe(&["upload"], None)["seq"].as_u64().expect("a place");
    let mut program = Client::open(&server);
    program.publish("upload", (0..1_500).map(|n| json!({ "n": n, "text": "x".repeat(8_000) })));
    let told = other.entries(1_500, &["upload"], &mut at);
    assert_eq!(numbers(&told), (0..1_500).collect::<Vec<_>>());
    // Only looked at from outside: reading would unblock it.
    loop {
        let clients = server.get("/api/admin/clients");
        let blocked = clients["clients"].as_array().expect("a list").iter().filter(|c| c["blockedSeconds"].is_u64());
        if blocked.count() == 0 {
            assert_eq!(clients["viewers"], 2, "{clients}");
            return;
        }
        program.say(&json!({ "type": "heartbeat" }));
        program.hear("heartbeat_response");
        kilat_testkit::pause(std::time::Duration::from_millis(200));
    }
}

#[test]
fn a_planned_stop_tells_each_viewer_its_own_time_to_come_back() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    let mut viewers: Vec<_> = (0..4).map(|_| Client::open(&server)).collect();
    for viewer in &mut viewers {
        viewer.subscribe(&["dslr"], None);
    }
    assert!(server.stop().success());
    let mut times: Vec<u64> = Vec::new();
    for viewer in &mut viewers {
        times.push(viewer.hear("draining")["payload"]["reconnectAfterMs"].as_u64().expect("a time"));
        assert_eq!(viewer.hear("closed")["code"], 1012);
    }
    times.sort_unstable();
    times.dedup();
    assert!(times.len() > 1, "all come back at once: {times:?}");
}

#[test]
fn a_program_publishes_state_and_log_and_a_viewer_gets_the_very_payload() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    let mut viewer = Client::open(&server);
    viewer.subscribe(&["upload"], None);
    let mut program = Client::open(&server);
    let state = r#"{"status":"uploading","fileName":"a.jpg","z":1,"a":2}"#;
    let say = |id: &str, r#type: &str, payload: &str| {
        format!(
            r#"{{"type":"publish","id":"{id}","payload":{{"channel":"upload","type":"{}","payload":{payload}}}}}"#,
            r#type
        )
    };
    program.socket.send(Message::text(say("s", "upload_progress", state))).expect("sent");
    let told = program.hear("published")["payload"].clone();
    assert_eq!((&told["ref"], &told["kind"], &told["seq"]), (&json!("s"), &json!("state"), &Value::Null), "{told}");
    let got = viewer.hear("upload_progress");
    assert_eq!((&got["payload"]["z"], &got["prev"], got["maxAgeMs"].is_u64()), (&json!(1), &Value::Null, true));
    program.socket.send(Message::text(say("l", "weather", r#"{"rain" : 1.50}"#))).expect("sent");
    let told = program.hear("published")["payload"].clone();
    let entry = loop {
        let Ok(Message::Text(text)) = viewer.socket.read() else { continue };
        if text.contains("\"weather\"") {
            break text.to_string();
        }
    };
    assert!(entry.contains(r#""payload":{"rain" : 1.50}"#), "as it stands: {entry}");
    assert!(entry.contains(&format!(r#""seq":{}"#, told["seq"])), "{entry} for {told}");
    program.socket.send(Message::text(say("r", "subscribed", "{}"))).expect("sent");
    assert_eq!(program.hear("error")["payload"]["code"], "reserved_type");
}

#[test]
fn a_socket_does_what_its_role_may_and_ends_with_its_token() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    let publish =
        json!({ "type": "publish", "id": "p", "payload": { "channel": "upload", "type": "note", "payload": {} } });
    for (role, answer) in [("viewer", "error"), ("operator", "error"), ("agent", "published"), ("admin", "published")] {
        let (mut client, id) = Client::open_as(&server, role);
        client.subscribe(&["system"], None);
        client.say(&publish);
        let told = client.hear(answer)["payload"].clone();
        assert_eq!(told["ref"], "p", "{role}: {told}");
        if answer == "error" {
            assert_eq!(told["code"], "not_allowed", "{role}: {told}");
        }
        assert_eq!(server.call("DELETE", &format!("/api/admin/tokens/{id}"), None).0, 200);
        assert_eq!(client.hear("closed")["code"], 4401, "{role}");
    }
}

#[test]
fn the_channels_answer_by_http_with_the_same_bodies_and_the_same_cursor() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    let mut program = Client::open(&server);
    program.publish("upload", notes(0..3));
    let page = server.get("/api/channels/upload");
    assert_eq!((&page["recovered"], &page["replayed"]), (&json!(true), &json!(0)), "{page}");
    let start = format!("{}:{}", page["epoch"].as_str().expect("text"), page["seq"]);
    program.publish("upload", notes(3..6));
    let page = server.get(&format!("/api/channels?channels=upload,dslr&since={start}"));
    let messages = page["messages"].as_array().expect("a list");
    let entries: Vec<Value> = messages.iter().filter(|message| message["prev"].is_object()).cloned().collect();
    assert_eq!(numbers(&entries), [3, 4, 5]);
    assert!(messages.iter().any(|message| message["type"] == "dslr_status"), "{page}");
    // The same entries, to the byte, as a socket gets them.
    let mut viewer = Client::open(&server);
    let epoch = page["epoch"].clone();
    let since = json!({ "epoch": epoch, "seq": start.rsplit_once(':').and_then(|(_, seq)| seq.parse::<u64>().ok()) });
    viewer.subscribe(&["upload"], Some(&since));
    let mut at = since["seq"].as_u64().expect("a place");
    assert_eq!(viewer.entries(3, &["upload"], &mut at), entries);
    let refused = server.call("GET", "/api/channels/upload?since=7", None);
    assert_eq!((refused.0, &refused.1["code"]), (400, &json!("bad_cursor")));
    let refused = server.call("GET", "/api/channels/nobody", None);
    assert_eq!((refused.0, &refused.1["code"]), (404, &json!("unknown_channel")));
}

#[test]
fn a_poll_that_has_it_already_is_told_so_and_one_that_waits_hears_at_once() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    let page = server.get("/api/channels/backup");
    let start = format!("{}:{}", page["epoch"].as_str().expect("text"), page["seq"]);
    let path = format!("/api/channels/backup?since={start}");
    let began = Instant::now();
    // A server that has just started still finds out how its destinations are, which is news.
    let etag = loop {
        let etag = server.header(&path, &[], "etag").expect("a tag");
        if server.status(&path, &[("if-none-match", &etag)]) == 304 {
            break etag;
        }
        assert!(began.elapsed() < NEVER, "it is never told that there is no news");
    };
    let mut program = Client::open(&server);
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| server.get(&format!("{path}&wait=25")));
        program.publish("backup", notes(7..8));
        let page = waiting.join().expect("an answer");
        assert_eq!(page["replayed"], 1, "{page}");
    });
    assert_eq!(server.status(&path, &[("if-none-match", &etag)]), 200, "there is news");
}

#[test]
fn an_event_stream_goes_on_behind_the_last_event_that_was_heard() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    let mut program = Client::open(&server);
    let listen = |last: Option<&str>| {
        let mut headers = vec![("accept", "text/event-stream")];
        headers.extend(last.map(|last| ("last-event-id", last)));
        BufReader::new(server.stream("/api/channels/upload", &headers))
    };
    let mut lines = listen(None).lines();
    let first = lines.by_ref().map(|line| line.expect("a line")).find(|line| line.starts_with("data: "));
    assert!(first.is_some_and(|line| line.contains("subscribed")));
    program.publish("upload", notes(0..2));
    let mut next = |field: &str| {
        let line = lines.by_ref().map(|line| line.expect("a line")).find(|line| line.starts_with(field));
        line.expect("a line").trim_start_matches(field).to_owned()
    };
    let id = next("id: ");
    assert!(next("data: ").contains(r#""n":0"#));
    drop(lines);
    let missed = listen(Some(&id)).lines().map(|line| line.expect("a line")).find(|line| line.contains(r#""n":"#));
    assert!(missed.is_some_and(|line| line.contains(r#""n":1"#)), "nothing twice, nothing lost");
}

#[test]
fn an_operator_sees_who_is_connected_and_what_one_connection_says() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    let mut viewer = Client::open(&server);
    viewer.subscribe(&["upload", "system"], None);
    let list = server.get("/api/admin/clients");
    let client = &list["clients"][0];
    assert_eq!((&client["channels"], &client["transport"]), (&json!(["upload", "system"]), &json!("websocket")));
    assert!(client["address"].as_str().is_some_and(|address| address.starts_with("127.0.0.1:")), "{list}");
    let path = format!("/api/admin/clients/{}/trace", client["clientId"].as_str().expect("an id"));
    assert_eq!(server.get(&path)["lines"], json!([]));
    viewer.say(&json!({ "type": "heartbeat" }));
    viewer.hear("heartbeat_response");
    assert!(server.get(&path)["lines"].to_string().contains("< {\\\"type\\\":\\\"heartbeat\\\"}"));
    let listed = run(&folders, &["clients", "--json"]);
    let row: Value = serde_json::from_str(text(&listed).lines().next().expect("a line")).expect("JSON");
    assert_eq!((&row["clientId"], &row["role"], &row["behind"]), (&client["clientId"], &json!("admin"), &json!(0)));
    let shown = text(&run(&folders, &["clients", "--trace", client["clientId"].as_str().expect("an id")]));
    assert!(shown.contains("heartbeat_response"), "{shown}");
    let metrics = server.text("/metrics");
    let values: BTreeMap<&str, &str> = metrics.lines().filter_map(|line| line.split_once(' ')).collect();
    assert_eq!(values.get("kilat_viewers"), Some(&"1"), "{metrics}");
    assert!(metrics.contains("# TYPE kilat_deliveries_total counter"), "{metrics}");
}

#[test]
fn one_photo_is_told_to_each_viewer_once_with_the_places_that_prove_it() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    let mut viewer = Client::open(&server);
    let mut at =
        viewer.subscribe(&["upload", "dslr", "camera", "system", "backup"], None)["seq"].as_u64().expect("a place");
    std::fs::write(folders.hot.join("DSC_1.JPG"), photo(1, 20_000)).expect("written");
    let entries = viewer.entries(2, &["upload", "dslr"], &mut at);
    let told: Vec<_> = entries.iter().map(|entry| &entry["payload"]["status"]).collect();
    assert_eq!(told, [&json!("starting"), &json!("completed")]);
    assert_eq!(
        entries[0]["prev"].as_object().map(|prev| prev.keys().cloned().collect::<Vec<_>>()),
        Some(vec!["dslr".to_owned(), "upload".to_owned()])
    );
}
