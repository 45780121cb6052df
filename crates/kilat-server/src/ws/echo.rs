//! An echo that speaks WebSocket exactly as viewers hear it: the same handshake, decoder and framing, and
//! nothing of Kilat behind them.
//!
//! For conformance suites, which need every message back; viewers' limits would end most of their cases.
//! Nobody has to sign in here, so it is served on loopback addresses only, by a command of its own.

use std::io;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use axum::response::{IntoResponse, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use kilat_hub::{Frame, What};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::codec::{Decoder, Incoming, Limits, farewell};
use super::handshake::asked;

/// Suites send up to 16 MiB at once.
const LIMITS: Limits = Limits { message: 32 * 1024 * 1024, hard: 64 * 1024 * 1024 };
/// Bytes read at once.
const READ: usize = 64 * 1024;
/// How long the other side may take to end after the last frame.
const GOODBYE: Duration = Duration::from_secs(2);

/// Sends back what comes, until the process ends.
///
/// # Errors
/// When no connection can be accepted any more.
pub async fn echo(listener: TcpListener) -> io::Result<()> {
    loop {
        let (stream, peer) = listener.accept().await?;
        tokio::spawn(async move {
            if let Err(error) = serve(stream).await {
                tracing::debug!(%peer, %error, "an echo ended badly");
            }
        });
    }
}

async fn serve(stream: TcpStream) -> Result<(), hyper::Error> {
    let router: Router = Router::new().fallback(upgrade);
    hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router))
        .with_upgrades()
        .await
}

async fn upgrade(mut request: Request<Body>) -> Response {
    let Ok((response, upgrade)) = asked(&mut request) else { return StatusCode::UPGRADE_REQUIRED.into_response() };
    tokio::spawn(async move {
        let ended = match upgrade.await {
            Ok(upgraded) => talk(TokioIo::new(upgraded)).await,
            Err(error) => Err(io::Error::other(error)),
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "an echo ended badly");
        }
    });
    response
}

async fn talk(mut socket: impl AsyncRead + AsyncWrite + Unpin) -> io::Result<()> {
    let mut decoder = Decoder::new(LIMITS);
    let mut bytes = vec![0; READ];
    loop {
        let read = socket.read(&mut bytes).await?;
        if read == 0 {
            return Ok(());
        }
        let mut input = &bytes[..read];
        loop {
            let frame = match decoder.next(&mut input) {
                Ok(None) => break,
                Ok(Some(incoming)) => reply(incoming),
                Err(breach) => Some(Frame::close(breach.code(), breach.reason())),
            };
            let Some(frame) = frame else { continue };
            socket.write_all(frame.wire()).await?;
            if frame.what == What::Close {
                socket.shutdown().await?;
                return goodbye(socket, &mut bytes).await;
            }
        }
    }
}

fn reply(incoming: Incoming) -> Option<Frame> {
    match incoming {
        Incoming::Text(text) => Some(Frame::answer(&text)),
        Incoming::Binary(bytes) => Some(Frame::binary(&bytes)),
        Incoming::Ping(payload) => Some(Frame::pong(&payload)),
        Incoming::Pong => None,
        Incoming::TooLarge => Some(Frame::close(1009, "the message is too large")),
        Incoming::Close(code) => Some(farewell(code)),
    }
}

/// Lets the last frame arrive: closing with something unread would take it back.
async fn goodbye(mut socket: impl AsyncRead + Unpin, bytes: &mut [u8]) -> io::Result<()> {
    let left = async {
        while socket.read(bytes).await? > 0 {}
        Ok(())
    };
    tokio::time::timeout(GOODBYE, left).await.unwrap_or(Ok(()))
}
