//! The WebSocket: the upgrade, one session per viewer, a limit of messages a minute.

pub(crate) mod codec;
mod conversation;
mod handshake;
mod limit;
mod owned;
mod plain;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, State};
use axum::http::header::USER_AGENT;
use axum::http::request::Parts;
use axum::http::{Request, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use kilat_hub::{Frame, Full, Peer};
use socket2::SockRef;
use tokio::net::TcpStream;

use crate::app::App;
use crate::refusal::Refusal;
use handshake::NoHandshake;

/// Bytes that may wait unsent in the kernel for one viewer: a slow phone skips states instead of queueing them there.
const MAX_UNSENT: u32 = 128 * 1024;

/// Close codes and whether the client should come back: docs/protocol.md has the table.
mod code {
    /// A failure here: come back.
    pub(super) const INTERNAL: u16 = 1011;
    /// Too many viewers: come back, later.
    pub(super) const FULL: u16 = 1013;
    /// Too many messages after warnings: do not come back by itself.
    pub(super) const ABUSE: u16 = 1008;
}

/// `/ws` on the web port.
pub(crate) fn routes() -> Router<App> {
    Router::new().route("/ws", get(upgrade))
}

/// The upgrade at every path of the WebSocket port.
pub(crate) fn everywhere() -> Router<App> {
    Router::new().route("/ws", get(upgrade)).fallback(upgrade_anywhere)
}

async fn upgrade(State(app): State<App>, mut request: Request<Body>) -> Response {
    match handshake::asked(&mut request) {
        Ok((answer, upgrade)) => accept(app, &request.into_parts().0, answer, upgrade),
        Err(NoHandshake::Malformed(what)) => malformed(what),
        Err(NoHandshake::NotAsked) => Refusal::new(
            StatusCode::UPGRADE_REQUIRED,
            "not_a_websocket",
            "this address speaks WebSocket",
            "connect with a WebSocket client, or open /admin in a browser",
        )
        .into_response(),
    }
}

async fn upgrade_anywhere(State(app): State<App>, mut request: Request<Body>) -> Response {
    let path = request.uri().path().to_owned();
    match handshake::asked(&mut request) {
        Ok((answer, upgrade)) => accept(app, &request.into_parts().0, answer, upgrade),
        Err(NoHandshake::Malformed(what)) => malformed(what),
        Err(NoHandshake::NotAsked) if path == "/" => Redirect::temporary("/admin").into_response(),
        Err(NoHandshake::NotAsked) => Refusal::missing(format!("there is nothing at {path:?}")).into_response(),
    }
}

fn malformed(what: &str) -> Response {
    Refusal::bad("bad_handshake", what, "connect with a WebSocket client of this decade").into_response()
}

fn accept(app: App, request: &Parts, answer: Response, upgrade: OnUpgrade) -> Response {
    let peer = peer(request, "websocket");
    let sessions = app.0.sessions.clone();
    sessions.spawn(async move {
        let upgraded = match upgrade.await {
            Ok(upgraded) => upgraded,
            Err(error) => return tracing::debug!(%error, "a client left during the handshake"),
        };
        // Boxed, or every idle viewer would hold room for both.
        match upgraded.downcast::<TokioIo<TcpStream>>() {
            Ok(parts) => {
                let socket = parts.io.into_inner();
                tune(&socket);
                match app.0.hub.connect(peer, Some(socket), 0) {
                    Ok(viewer) => plain::serve(viewer, app, parts.read_buf).await,
                    Err(Full(socket)) => turn_away(socket),
                }
            }
            Err(upgraded) => match app.0.hub.connect(peer, None, 0) {
                Ok(viewer) => Box::pin(owned::serve(TokioIo::new(upgraded), viewer, app)).await,
                Err(Full(_)) => tracing::warn!("too many viewers"),
            },
        }
    });
    answer
}

/// Who is there, for people who look inside.
pub(crate) fn peer(request: &Parts, transport: &'static str) -> Peer {
    let address = request.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0);
    let who = Arc::from("-");
    let agent = request.headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok()).map(Peer::agent);
    Peer { address: address.unwrap_or_else(|| SocketAddr::from(([0, 0, 0, 0], 0))), who, transport, agent }
}

/// Places that stay free for others, by who asks.
pub(crate) fn reserved(_request: &Parts) -> usize {
    0
}

fn tune(socket: &TcpStream) {
    if let Err(error) = SockRef::from(socket).set_tcp_notsent_lowat(MAX_UNSENT) {
        tracing::debug!(%error, "the kernel's send queue is not bounded");
    }
}

/// Says why, if the kernel takes it at once, and goes.
fn turn_away(socket: Option<TcpStream>) {
    let frame = Frame::close(code::FULL, "too many viewers; try again in a minute");
    if let Some(socket) = socket
        && let Err(error) = socket.try_write(frame.wire())
    {
        tracing::debug!(%error, "a viewer that found no place left before it was told");
    }
}
