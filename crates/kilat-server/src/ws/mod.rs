//! The WebSocket: the upgrade, one session per viewer, a limit of messages a minute.

mod limit;
mod session;

use axum::Router;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;

use crate::app::App;
use crate::refusal::Refusal;

/// Read buffer per connection: the default of 128 KiB is what ten thousand idle viewers cannot afford.
const READ_BUFFER: usize = 4 * 1024;
/// Frames above this end the connection; those between it and the largest message are answered with an error.
const MAX_MESSAGE_BYTES: usize = 1024 * 1024;
/// Bytes that may wait in a socket that takes none.
const MAX_WRITE_BUFFER: usize = 1024 * 1024;

/// `/ws` on the web port.
pub(crate) fn routes() -> Router<App> {
    Router::new().route("/ws", get(upgrade))
}

/// The upgrade at every path of the WebSocket port.
pub(crate) fn everywhere() -> Router<App> {
    Router::new().route("/ws", get(upgrade)).fallback(upgrade_anywhere)
}

async fn upgrade(State(app): State<App>, request: Request) -> Response {
    let (mut parts, _) = request.into_parts();
    match WebSocketUpgrade::from_request_parts(&mut parts, &()).await {
        Ok(upgrade) => accept(app, upgrade),
        Err(_) => Refusal::new(
            StatusCode::UPGRADE_REQUIRED,
            "not_a_websocket",
            "this address speaks WebSocket",
            "connect with a WebSocket client, or open /admin in a browser",
        )
        .into_response(),
    }
}

async fn upgrade_anywhere(State(app): State<App>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let (mut parts, _) = request.into_parts();
    match WebSocketUpgrade::from_request_parts(&mut parts, &()).await {
        Ok(upgrade) => accept(app, upgrade),
        Err(_) if path == "/" => Redirect::temporary("/admin").into_response(),
        Err(_) => Refusal::missing(format!("there is nothing at {path:?}")).into_response(),
    }
}

fn accept(app: App, upgrade: WebSocketUpgrade) -> Response {
    let Some(viewer) = app.0.hub.connect() else {
        return Refusal::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "too_many_viewers",
            "too many viewers are connected",
            "close pages that nobody looks at, then try again",
        )
        .into_response();
    };
    upgrade
        .max_message_size(MAX_MESSAGE_BYTES)
        .max_frame_size(MAX_MESSAGE_BYTES)
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(0)
        .max_write_buffer_size(MAX_WRITE_BUFFER)
        .on_upgrade(move |socket| {
            let sessions = app.0.sessions.clone();
            sessions.track_future(session::run(socket, viewer, app))
        })
}
