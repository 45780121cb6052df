//! Listening, accepting and the connections' limits; bind first, run later, so that a taken port is told early.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::body::Incoming;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use kilat_core::Stop;
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::Instant;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use crate::places::{Limits, Place, Places, STRANGER_PATIENCE};
use crate::tls::Tls;

/// A client that has not sent its request's head by then is cut off.
const HEAD_PATIENCE: Duration = STRANGER_PATIENCE;
/// Longest head of a request: cookies and a token fit many times.
const MAX_HEAD_BYTES: usize = 16 * 1024;
/// How long open connections may take to end after the last frame was sent.
const GOODBYE: Duration = Duration::from_secs(3);
/// Bytes that the other side does not take for so long end the connection.
const UNTAKEN: Duration = Duration::from_secs(30);
/// Pause after `accept` failed (too many open files): the condition does not end sooner.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Connections that wait in the kernel while others are accepted; the system may allow fewer (somaxconn).
const BACKLOG: u32 = 4_096;
/// New connections a second at each port. A storm of 10,000 that reconnect is let in within 10 s, and
/// accepting takes a fraction of one core meanwhile.
const ACCEPT_RATE: f64 = 1_000.0;
/// New connections at once before that: a full backlog is half taken at a stroke.
const ACCEPT_BURST: f64 = 2_000.0;

/// A listening address that cannot be had.
#[derive(Debug, thiserror::Error)]
#[error("listen on {address}")]
pub struct BindError {
    /// Which.
    pub address: SocketAddr,
    /// Why.
    #[source]
    pub source: io::Error,
}

/// Bound addresses, not yet answering.
#[derive(Debug)]
pub struct Server {
    http: TcpListener,
    ws: Option<TcpListener>,
    http_address: SocketAddr,
    ws_address: SocketAddr,
}

/// How to answer.
#[derive(Debug, Clone)]
pub struct Serving {
    /// How many connections there may be.
    pub limits: Limits,
    /// With TLS; plainly when none.
    pub tls: Option<Tls>,
}

/// What a request's handler may know of the connection that it came by: in the request's extensions.
///
/// Whoever keeps a connection after its request (an upgrade) keeps this too, so that it counts.
#[derive(Debug, Clone)]
pub(crate) struct Conn {
    pub(crate) peer: SocketAddr,
    /// The address that the peer reached.
    pub(crate) local: IpAddr,
    pub(crate) place: Arc<Place>,
}

impl Server {
    /// Binds both addresses; one and the same address is bound once and serves both.
    ///
    /// # Errors
    /// [`BindError`] names the address that cannot be had.
    pub fn bind(http: SocketAddr, ws: SocketAddr) -> Result<Self, BindError> {
        let listener = bind(http)?;
        let http_address = listener.local_addr().map_err(|source| BindError { address: http, source })?;
        if http == ws && http.port() != 0 {
            return Ok(Self { http: listener, ws: None, http_address, ws_address: http_address });
        }
        let ws_listener = bind(ws)?;
        let ws_address = ws_listener.local_addr().map_err(|source| BindError { address: ws, source })?;
        Ok(Self { http: listener, ws: Some(ws_listener), http_address, ws_address })
    }

    /// Where the dashboard and the HTTP calls answer.
    #[must_use]
    pub fn http_address(&self) -> SocketAddr {
        self.http_address
    }

    /// Where the WebSocket answers.
    #[must_use]
    pub fn ws_address(&self) -> SocketAddr {
        self.ws_address
    }

    /// Answers on one connection of another network than this machine's: a simulator's. `local` is the address
    /// that the peer reached.
    pub async fn answer<IO>(io: IO, (peer, local): (SocketAddr, IpAddr), router: Router, stop: Stop)
    where
        IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let limits = Limits { connections: usize::from(u16::MAX), per_address: usize::from(u16::MAX) };
        let Some(place) = Places::new(limits).enter(peer.ip()) else { return };
        let conn = Conn { peer, local, place: Arc::clone(&place) };
        tokio::select! {
            () = serve(io, conn, router, stop) => {}
            () = place.is_over() => tracing::debug!(%peer, "it did not say who it is in time"),
        }
    }

    /// Answers until asked to stop, then gives open connections a moment to end.
    ///
    /// # Errors
    /// None today; a listener that fails is tried again.
    pub async fn run(self, serving: Serving, http: Router, ws: Router, stop: Stop) -> Result<(), io::Error> {
        let connections = TaskTracker::new();
        let places = Places::new(serving.limits);
        let door = |router| Door {
            router,
            tls: serving.tls.clone(),
            connections: connections.clone(),
            places: places.clone(),
            stop: stop.clone(),
        };
        match self.ws {
            Some(listener) => {
                tokio::join!(door(http).accept(self.http), door(ws).accept(listener));
            }
            None => door(http).accept(self.http).await,
        }
        connections.close();
        if tokio::time::timeout(GOODBYE, connections.wait()).await.is_err() {
            tracing::info!(open = connections.len(), "some viewers did not end their connection in time");
        }
        Ok(())
    }
}

fn bind(address: SocketAddr) -> Result<TcpListener, BindError> {
    let listen = || {
        let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        // A restarted server need not wait for the old one's last connections.
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        socket.listen(BACKLOG)
    };
    listen().map_err(|source| BindError { address, source })
}

/// How fast connections are accepted: a bucket that refills.
struct Pace {
    tokens: f64,
    at: Instant,
}

impl Pace {
    fn new() -> Self {
        Self { tokens: ACCEPT_BURST, at: Instant::now() }
    }

    /// Waits until another connection may be accepted. Cancel-safe.
    async fn wait(&mut self) {
        let now = Instant::now();
        self.tokens = (self.tokens + (now - self.at).as_secs_f64() * ACCEPT_RATE).min(ACCEPT_BURST);
        self.at = now;
        if self.tokens < 1.0 {
            tokio::time::sleep(Duration::from_secs_f64((1.0 - self.tokens) / ACCEPT_RATE)).await;
        }
    }

    fn pay(&mut self) {
        self.tokens -= 1.0;
    }
}

/// What one port's connections are given.
struct Door {
    router: Router,
    tls: Option<Tls>,
    connections: TaskTracker,
    places: Places,
    stop: Stop,
}

impl Door {
    async fn accept(self, listener: TcpListener) {
        let mut pace = Pace::new();
        loop {
            let accepted = tokio::select! {
                () = self.stop.asked() => return,
                accepted = async { pace.wait().await; listener.accept().await } => accepted,
            };
            pace.pay();
            match accepted {
                Ok((stream, peer)) => self.welcome(stream, peer),
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    fn welcome(&self, stream: TcpStream, peer: SocketAddr) {
        let Some(place) = self.places.enter(peer.ip()) else {
            // Dropped, which costs nothing: whoever has so many connections knows why.
            tracing::debug!(%peer, "its address has enough connections");
            return;
        };
        let local = match stream.local_addr() {
            Ok(local) => local.ip(),
            Err(error) => {
                tracing::debug!(%peer, %error, "a connection was gone before it began");
                return;
            }
        };
        let conn = Conn { peer, local, place: Arc::clone(&place) };
        let serving = connection(stream, conn, self.router.clone(), self.tls.clone(), self.stop.clone());
        self.connections.spawn(async move {
            tokio::select! {
                () = serving => {}
                () = place.is_over() => tracing::debug!(%peer, "it did not say who it is in time"),
            }
        });
    }
}

async fn connection(stream: TcpStream, conn: Conn, router: Router, tls: Option<Tls>, stop: Stop) {
    let peer = conn.peer;
    // Without this, a small frame waits up to 40 ms for the previous one's acknowledgement.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%peer, %error, "cannot turn off Nagle's algorithm");
    }
    // Also of event streams and answers that nobody reads: their writers cannot be told otherwise.
    if let Err(error) = SockRef::from(&stream).set_tcp_user_timeout(Some(UNTAKEN)) {
        tracing::debug!(%peer, %error, "what is not taken keeps its connection for long");
    }
    match tls {
        None => serve(stream, conn, router, stop).await,
        Some(tls) => match tls.0.accept(stream).await {
            Ok(stream) => serve(stream, conn, router, stop).await,
            Err(error) => tracing::debug!(%peer, %error, "a handshake failed"),
        },
    }
}

/// An upgrade hands on exactly `TokioIo<IO>`: the WebSocket's session takes it apart by that type.
async fn serve<IO>(io: IO, conn: Conn, router: Router, stop: Stop)
where
    IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let peer = conn.peer;
    let service = router.map_request(move |request: hyper::Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(conn.clone());
        request
    });
    let serving = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_PATIENCE)
        .max_buf_size(MAX_HEAD_BYTES)
        .serve_connection(TokioIo::new(io), TowerToHyperService::new(service))
        .with_upgrades();
    let mut serving = std::pin::pin!(serving);
    let ended = tokio::select! {
        ended = serving.as_mut() => ended,
        () = stop.asked() => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%peer, %error, "a connection ended badly");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_storm_is_let_in_at_a_bounded_rate() {
        let mut pace = Pace::new();
        let began = Instant::now();
        for _ in 0..10_000 {
            pace.wait().await;
            pace.pay();
        }
        let took = began.elapsed();
        assert!(took >= Duration::from_secs(7) && took < Duration::from_secs(12), "{took:?}");
    }
}
