use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use axum::Router;
use axum::extract::ws::{Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use tokio::runtime::Runtime;
use tokio::sync::broadcast;

use super::audience::{Arrival, Audience, Pace};
use super::dialect::{Dialect, Subscribe, holds};
use super::mark::Kind;
use super::viewer::Habit;

const TOKEN: &str = "0123456789abcdef";
const NEVER: Duration = Duration::from_secs(30);
const VIEWERS: usize = 20;
const FLOOD: Pace = Pace::Flood { window: 32, batch: 8 };

/// A server that speaks as Kilat does; each `nth` publication is accepted and not passed on.
fn kilat(loses: Option<u32>) -> (Runtime, SocketAddr) {
    let runtime = Runtime::new().expect("a runtime");
    let (passed_on, _) = broadcast::channel(1_024);
    let app = Router::new().route(
        "/ws",
        any(move |head: HeaderMap, upgrade: WebSocketUpgrade| async move { admit(&head, upgrade, passed_on, loses) }),
    );
    let doors = runtime.block_on(tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))).expect("a port");
    let address = doors.local_addr().expect("an address");
    runtime.spawn(async move { axum::serve(doors, app).await });
    (runtime, address)
}

fn admit(
    head: &HeaderMap,
    upgrade: WebSocketUpgrade,
    all: broadcast::Sender<Utf8Bytes>,
    loses: Option<u32>,
) -> Response {
    if head.get("authorization").is_none_or(|bearer| bearer.as_bytes() != format!("Bearer {TOKEN}").as_bytes()) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    upgrade.on_upgrade(move |socket| serve(socket, all, loses))
}

async fn serve(mut socket: WebSocket, all: broadcast::Sender<Utf8Bytes>, loses: Option<u32>) {
    let mut messages = all.subscribe();
    let mut is_viewer = false;
    let mut heard = 0;
    loop {
        let said = tokio::select! {
            message = messages.recv(), if is_viewer => vec![message.expect("the test is small")],
            request = socket.recv() => match request {
                Some(Ok(Message::Text(text))) if holds(text.as_bytes(), b"\"subscribe\"") => {
                    is_viewer = true;
                    messages = all.subscribe();
                    [r#"{"type":"subscribed"}"#, r#"{"type":"dslr_status","asOf":"now"}"#].map(Utf8Bytes::from_static).to_vec()
                }
                Some(Ok(Message::Text(text))) => {
                    heard += 1;
                    if loses != Some(heard) {
                        all.send(text).unwrap_or(0);
                    }
                    vec![Utf8Bytes::from_static(r#"{"type":"published","payload":{}}"#)]
                }
                Some(Ok(_)) => Vec::new(),
                Some(Err(_)) | None => return,
            },
        };
        for text in said {
            if socket.send(Message::Text(text)).await.is_err() {
                return;
            }
        }
    }
}

fn audience(at: SocketAddr, token: &str, subscribe: Subscribe) -> Audience {
    let dialect = Dialect::Kilat { token: token.to_owned(), subscribe };
    Audience::open(at, at, dialect, VIEWERS).expect("a publisher")
}

fn arrival(viewers: usize, habit: Habit, limit: Duration) -> Arrival {
    Arrival { viewers, at_once: 5, habit, limit }
}

#[test]
fn every_viewer_gets_every_publication_in_order_beside_one_that_never_reads() {
    let (_runtime, at) = kilat(None);
    let mut audience = audience(at, TOKEN, Subscribe::Upload);
    audience.gather(&arrival(VIEWERS, Habit::Reads, NEVER)).expect("all come");
    audience.gather(&arrival(1, Habit::Stalls, NEVER)).expect("the stalled one comes");
    assert!(audience.run_until(Kind::Log, FLOOD, NEVER, |all| all.tally.complete() >= 200).expect("nobody is lost"));
    audience.settle(NEVER).expect("the rest comes");
    assert_eq!((audience.tally.skipped, audience.tally.late), (0, 0));
    assert_eq!(audience.tally.delivered, u64::from(audience.tally.complete()) * VIEWERS as u64);
}

#[test]
fn a_publication_that_is_accepted_and_lost_is_seen() {
    let (_runtime, at) = kilat(Some(17));
    let mut audience = audience(at, TOKEN, Subscribe::Upload);
    audience.gather(&arrival(VIEWERS, Habit::Reads, NEVER)).expect("all come");
    assert!(audience.run_until(Kind::Log, FLOOD, NEVER, |all| all.tally.complete() >= 40).expect("nobody is lost"));
    assert_eq!(audience.tally.skipped, VIEWERS as u64);
}

#[test]
fn viewers_that_come_all_at_once_are_there_when_subscribed_and_told_the_state() {
    let (_runtime, at) = kilat(None);
    let mut audience = audience(at, TOKEN, Subscribe::Status);
    let arrived = audience.gather(&Arrival { at_once: VIEWERS, ..arrival(VIEWERS, Habit::Reads, NEVER) });
    assert_eq!(arrived.expect("all come").retries, 0);
}

#[test]
fn a_server_that_refuses_is_named_with_its_answer() {
    let (_runtime, at) = kilat(None);
    let dialect = Dialect::Kilat { token: "wrong".to_owned(), subscribe: Subscribe::Upload };
    let Err(refused) = Audience::open(at, at, dialect, 1) else { panic!("it must be refused") };
    assert!(refused.to_string().contains("401"), "{refused}");
}
