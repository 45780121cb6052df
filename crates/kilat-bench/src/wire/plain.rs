//! What one writes first with axum: a task per viewer, a broadcast channel, one send per message.
//!
//! Defaults everywhere but TCP_NODELAY, without which Nagle's algorithm would be measured.

use axum::Router;
use axum::extract::State;
use axum::extract::ws::{Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::routing::any;
use axum::serve::ListenerExt;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpListener;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use super::peer::{end_with_the_bench, say_ready};
use super::tally::MAX_IN_FLIGHT;
use crate::Outcome;

/// Serves until the bench is gone.
///
/// # Errors
/// When a socket cannot be bound, or the feed breaks.
pub fn serve_axum() -> Outcome<()> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(serve())
}

async fn serve() -> Outcome<()> {
    // As many as the bench ever has on their way: only a viewer that does not read can lag.
    let (publish, _) = broadcast::channel::<Utf8Bytes>(MAX_IN_FLIGHT as usize);
    let (doors, feed) = (TcpListener::bind("127.0.0.1:0").await?, TcpListener::bind("127.0.0.1:0").await?);
    let (viewers, messages) = (doors.local_addr()?.port(), feed.local_addr()?.port());
    let doors = doors.tap_io(|socket| socket.set_nodelay(true).expect("a socket just accepted takes the option"));
    let app = Router::new().fallback(any(upgrade)).with_state(publish.clone());
    let server = tokio::spawn(async move { axum::serve(doors, app).await });
    say_ready(viewers, messages)?;
    end_with_the_bench();
    let mut lines = BufReader::new(feed.accept().await?.0).lines();
    while let Some(line) = lines.next_line().await? {
        // An error says that nobody is there, which is allowed.
        publish.send(line.into()).unwrap_or(0);
    }
    server.abort();
    Ok(())
}

async fn upgrade(
    State(publish): State<broadcast::Sender<Utf8Bytes>>,
    upgrade: WebSocketUpgrade,
) -> axum::response::Response {
    upgrade.on_upgrade(move |socket| view(socket, publish.subscribe()))
}

async fn view(mut socket: WebSocket, mut messages: broadcast::Receiver<Utf8Bytes>) {
    let mut next = Utf8Bytes::from_static("{}");
    while socket.send(Message::Text(next)).await.is_ok() {
        next = loop {
            match messages.recv().await {
                Ok(message) => break message,
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return,
            }
        };
    }
}
