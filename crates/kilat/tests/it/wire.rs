//! What existing clients speak: subscriptions, states, errors, and the calls of the polling fallback.

use std::net::TcpStream;

use kilat_testkit::Server;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::stream::MaybeTlsStream;
use tokio_tungstenite::tungstenite::{Message, WebSocket, connect};

use crate::scene::{folders, kilat, photo};

type Socket = WebSocket<MaybeTlsStream<TcpStream>>;

fn open(server: &Server, address: &str) -> Socket {
    let mut request = address.into_client_request().expect("an address");
    request.headers_mut().insert("authorization", server.bearer().parse().expect("a header"));
    connect(request).unwrap_or_else(|error| panic!("cannot connect to {address}: {error}")).0
}

fn say(socket: &mut Socket, text: &str) {
    socket.send(Message::text(text)).expect("sent");
}

/// The next message of this type.
fn hear(socket: &mut Socket, kind: &str) -> Value {
    loop {
        if let Message::Text(text) = socket.read().expect("a message") {
            let message: Value = serde_json::from_str(&text).expect("JSON");
            if message["type"] == kind {
                assert!(message["timestamp"].is_string(), "{message}");
                return message;
            }
        }
    }
}

#[test]
fn a_client_is_greeted_subscribes_and_has_the_state_at_once() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    // Old clients open the bare port.
    for address in [server.ws.clone(), server.ws.replace("/ws", "/")] {
        let mut socket = open(&server, &address);
        let hello = hear(&mut socket, "connected");
        assert_eq!(hello["payload"]["availableChannels"], json!(["dslr", "backup", "upload", "camera", "system"]));
        say(&mut socket, r#"{"type":"subscribe","payload":{"channel":"dslr"},"timestamp":"x"}"#);
        let status = hear(&mut socket, "dslr_status");
        assert_eq!(status["payload"]["lastUpload"], Value::Null);
        assert_eq!(status["payload"]["isConnected"], true);
        say(&mut socket, r#"{"type":"subscribe","payload":{"channel":"backup"},"timestamp":"x"}"#);
        assert_eq!(hear(&mut socket, "backup_status")["payload"], json!([]));
        say(&mut socket, r#"{"type":"heartbeat","payload":{"timestamp":"x"},"timestamp":"x"}"#);
        hear(&mut socket, "heartbeat_response");
    }
}

#[test]
fn every_bad_message_is_answered_and_the_connection_goes_on() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    let mut socket = open(&server, &server.ws);
    let bad = [
        ("no json", "malformed_json"),
        ("[]", "malformed_json"),
        (r#"{"type":"dance","payload":{}}"#, "unknown_type"),
        (r#"{"type":"subscribe","payload":{"channel":"nobody"}}"#, "unknown_channel"),
    ];
    for (text, code) in bad {
        say(&mut socket, text);
        let error = hear(&mut socket, "error");
        assert_eq!(error["payload"]["code"], code, "{text}: {error}");
    }
    socket.send(Message::binary(vec![0, 159])).expect("sent");
    hear(&mut socket, "error");
    say(&mut socket, r#"{"type":"get_status","payload":{"channel":"dslr"},"id":"q1"}"#);
    hear(&mut socket, "dslr_status");
}

#[test]
fn a_client_that_unsubscribed_hears_no_more_of_it() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    let mut socket = open(&server, &server.ws);
    for kind in ["subscribe", "unsubscribe"] {
        say(&mut socket, &json!({ "type": kind, "payload": { "channel": "upload" } }).to_string());
    }
    // The camera channel has the same state and no progress of single files.
    say(&mut socket, r#"{"type":"subscribe","payload":{"channel":"camera"}}"#);
    let viewer = server.viewer();
    std::fs::write(folders.hot.join("DSC_1.JPG"), photo(1, 20_000)).expect("written");
    viewer.wait_safe(1);
    loop {
        let Message::Text(text) = socket.read().expect("a message") else { continue };
        let message: Value = serde_json::from_str(&text).expect("JSON");
        assert_ne!(message["type"], "upload_progress", "{message}");
        if message["type"] == "dslr_status" && message["payload"]["totalUploaded"] == 1 {
            return;
        }
    }
}

#[test]
fn one_upload_is_told_from_its_start_to_its_end_with_a_url_that_shows_it() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    let viewer = server.viewer();
    std::fs::write(folders.hot.join("DSC_1.JPG"), photo(1, 20_000)).expect("written");
    viewer.wait_safe(1);
    let told: Vec<_> = viewer.heard().into_iter().filter(|heard| heard.kind() == "upload_progress").collect();
    let states: Vec<_> = told.iter().filter_map(|heard| heard.payload()["status"].as_str()).collect();
    assert_eq!((states.first(), states.last()), (Some(&"starting"), Some(&"completed")));
    let url = told.last().expect("one").payload()["photoUrl"].as_str().expect("a URL").to_owned();
    let mut picture = ureq::get(format!("{}{url}", server.http))
        .header("authorization", server.bearer())
        .call()
        .expect("the picture");
    assert_eq!(picture.headers()["content-type"], "image/jpeg");
    assert!(picture.body_mut().read_to_vec().expect("bytes").starts_with(&[0xff, 0xd8]));
}

#[test]
fn milestones_are_announced_once_and_kept() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    let viewer = server.viewer();
    for number in 0..10 {
        std::fs::write(folders.hot.join(format!("DSC_{number}.JPG")), photo(number, 20_000)).expect("written");
    }
    let notice = viewer.wait(|heard| {
        let payload = heard.payload();
        (heard.kind() == "notification" && payload["type"] == "event_milestone").then(|| payload.clone())
    });
    assert!(notice["message"].as_str().expect("words").contains("10"), "{notice}");
    assert!(server.stop().success());
    let server = Server::start(kilat(), &folders);
    let kept = server.get("/api/notifications").to_string();
    assert_eq!(kept.matches("milestone-wedding-10\"").count(), 1, "{kept}");
}

#[test]
fn the_polling_fallback_answers_in_the_old_shapes() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    let status = server.get("/api/dslr/status");
    assert_eq!((&status["success"], &status["isConnected"]), (&json!(true), &json!(true)));
    assert!(server.get("/api/admin/events").is_array());
    assert_eq!(server.get("/api/admin/backup/status")["data"]["summary"]["totalBackups"], 0);
    assert_eq!(server.get("/api/dslr/control")["state"]["isRunning"], true);
    let url = format!("{}/api/dslr/status", server.http);
    let refused = ureq::post(&url).header("authorization", server.bearer()).send_json(json!({ "action": "dance" }));
    assert!(matches!(refused, Err(ureq::Error::StatusCode(400))), "{refused:?}");
    let unknown = ureq::get(format!("{}/api/nothing", server.http)).call();
    assert!(matches!(unknown, Err(ureq::Error::StatusCode(404))), "{unknown:?}");
}

#[test]
fn pages_of_other_sites_are_turned_away() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    let foreign = ureq::get(format!("{}/api/now", server.http)).header("origin", "https://evil.example").call();
    assert!(matches!(foreign, Err(ureq::Error::StatusCode(403))), "{foreign:?}");
    let page = ureq::get(format!("{}/admin", server.http)).call().expect("the page");
    let policy = page.headers()["content-security-policy"].to_str().expect("text");
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
}
