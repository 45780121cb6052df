//! What a viewer may send: how much at once, how often, and what becomes of one that does not stop.

use kilat_testkit::Server;
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

use crate::live::Client;
use crate::scene::{folders, kilat};

/// Messages at once that are answered.
const BURST: usize = 100;
/// Messages after the warning that are dropped; the next one ends the connection.
const PATIENCE: usize = 1_000;

#[test]
fn a_message_above_64_kib_is_answered_and_the_connection_goes_on() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    let mut client = Client::open(&server);
    for large in [Message::text("x".repeat(65_000 + 1_000)), Message::binary(vec![0; 66_000])] {
        client.socket.send(large).expect("sent");
        assert_eq!(client.hear("error")["payload"]["code"], "too_large");
    }
    client.say(&json!({ "type": "heartbeat" }));
    client.hear("heartbeat_response");
}

#[test]
fn a_message_of_megabytes_ends_the_connection_by_code_1009_and_nobody_elses() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    let mut other = Client::open(&server);
    let mut client = Client::open(&server);
    client.socket.send(Message::text("x".repeat(2_000_000))).expect("sent");
    let ended = client.hear("closed");
    assert_eq!(ended["code"], 1009, "{ended}");
    other.say(&json!({ "type": "heartbeat" }));
    other.hear("heartbeat_response");
}

#[test]
fn a_client_that_talks_too_fast_is_told_once_and_ended_by_code_1008_when_it_does_not_stop() {
    let folders = folders();
    let server = Server::start(kilat(), &folders);
    let mut client = Client::open(&server);
    let beat = json!({ "type": "heartbeat" });
    for _ in 0..=BURST {
        client.say(&beat);
    }
    for _ in 0..BURST {
        client.hear("heartbeat_response");
    }
    let warning = client.hear("error")["payload"].clone();
    assert_eq!(warning["code"], "too_fast", "{warning}");
    // A slow machine lets some more through: one token comes back in 0.6 s, and forgives a few messages.
    for _ in 0..PATIENCE + 1 {
        client.say(&beat);
    }
    let mut warnings = 0;
    let ended = loop {
        let message = client.next();
        match message["type"].as_str() {
            Some("closed") => break message,
            Some("error") => warnings += 1,
            _ => {}
        }
    };
    assert_eq!((&ended["code"], warnings), (&json!(1008), 0), "{ended}");
}
