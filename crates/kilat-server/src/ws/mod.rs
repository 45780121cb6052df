//! The WebSocket: the upgrade, one session per viewer, a limit of messages a minute.

pub(crate) mod codec;
mod conversation;
mod echo;
mod handshake;
mod limit;
mod owned;
mod plain;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::USER_AGENT;
use axum::http::request::Parts;
use axum::http::{Request, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use kilat_auth::{Role, Who};
use kilat_hub::{Frame, Full, Peer};
use socket2::SockRef;
use tokio::net::TcpStream;

use crate::app::App;
use crate::listen::Conn;
use crate::places::Place;
use crate::refusal::Refusal;
pub use echo::echo;
use handshake::NoHandshake;

/// Bytes that may wait unsent in the kernel for one viewer: a slow phone skips states instead of queueing them there.
const MAX_UNSENT: u32 = 128 * 1024;

/// Viewers leave so many places to operators and programs.
const RESERVED: usize = 256;

/// Close codes and whether the client should come back: docs/protocol.md has the table.
mod code {
    /// A failure here: come back.
    pub(super) const INTERNAL: u16 = kilat_wire::close::INTERNAL;
    /// Too many viewers: come back, later.
    pub(super) const FULL: u16 = kilat_wire::close::FULL;
    /// Too many messages after warnings: do not come back by itself.
    pub(super) const ABUSE: u16 = kilat_wire::close::ABUSE;
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
    let Some((peer, place)) = peer(request, "websocket") else { return stranger() };
    let reserved = reserved(&peer);
    let sessions = app.0.sessions.clone();
    sessions.spawn(async move {
        // Held to the end, so that the connection counts.
        let _place = place;
        let upgraded = match upgrade.await {
            Ok(upgraded) => upgraded,
            Err(error) => return tracing::debug!(%error, "a client left during the handshake"),
        };
        // Boxed, or every idle viewer would hold room for both.
        match upgraded.downcast::<TokioIo<TcpStream>>() {
            Ok(parts) => {
                let socket = parts.io.into_inner();
                tune(&socket);
                match app.0.hub.connect(peer, Some(socket), reserved) {
                    Ok(viewer) => plain::serve(viewer, app, parts.read_buf).await,
                    Err(Full(socket)) => turn_away(socket),
                }
            }
            Err(upgraded) => match app.0.hub.connect(peer, None, reserved) {
                Ok(viewer) => Box::pin(owned::serve(TokioIo::new(upgraded), viewer, app)).await,
                Err(Full(_)) => tracing::warn!("too many viewers"),
            },
        }
    });
    answer
}

/// Who is there, as the guard found, and the place that its connection holds.
pub(crate) fn peer(request: &Parts, transport: &'static str) -> Option<(Peer, Arc<Place>)> {
    let conn = request.extensions.get::<Conn>()?;
    let who = request.extensions.get::<Who>()?.clone();
    let agent = request.headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok()).map(Peer::agent);
    Some((Peer { address: conn.peer, who, transport, agent }, Arc::clone(&conn.place)))
}

/// Places that stay free for those who work, when somebody comes who only looks.
pub(crate) fn reserved(peer: &Peer) -> usize {
    match peer.who.role {
        Role::Viewer => RESERVED,
        Role::Agent | Role::Operator | Role::Admin => 0,
    }
}

/// The guard lets nobody pass unknown: this is never seen.
pub(crate) fn stranger() -> Response {
    let remedy = "sign in by the link that kilat link prints, or send a token as Authorization: Bearer";
    Refusal::new(StatusCode::UNAUTHORIZED, "not_signed_in", "nobody is signed in here", remedy).into_response()
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
