//! Listening, accepting and the connections' limits; bind first, run later, so that a taken port is told early.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use hyper::body::Incoming;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use kilat_core::Stop;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

/// Connections at once, below the usual limit of open files; more wait in the kernel's queue.
const MAX_CONNECTIONS: usize = 25_000;
/// A client that has not sent its request's head by then is cut off.
const HEAD_PATIENCE: Duration = Duration::from_secs(10);
/// Longest head of a request: cookies and a token fit many times.
const MAX_HEAD_BYTES: usize = 16 * 1024;
/// How long open connections may take to end after the last frame was sent.
const GOODBYE: Duration = Duration::from_secs(3);
/// Pause after `accept` failed (too many open files): the condition does not end sooner.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

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

impl Server {
    /// Binds both addresses; one and the same address is bound once and serves both.
    ///
    /// # Errors
    /// [`BindError`] names the address that cannot be had.
    pub async fn bind(http: SocketAddr, ws: SocketAddr) -> Result<Self, BindError> {
        let listener = bind(http).await?;
        let http_address = listener.local_addr().map_err(|source| BindError { address: http, source })?;
        if http == ws && http.port() != 0 {
            return Ok(Self { http: listener, ws: None, http_address, ws_address: http_address });
        }
        let ws_listener = bind(ws).await?;
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

    /// Answers until asked to stop, then gives open connections a moment to end.
    ///
    /// # Errors
    /// None today; a listener that fails is tried again.
    pub async fn run(self, http: Router, ws: Router, stop: Stop) -> Result<(), io::Error> {
        let connections = TaskTracker::new();
        let room = Arc::new(Semaphore::new(MAX_CONNECTIONS));
        let serve = |listener, router| accept(listener, router, connections.clone(), Arc::clone(&room), stop.clone());
        match self.ws {
            Some(listener) => {
                tokio::join!(serve(self.http, http), serve(listener, ws));
            }
            None => serve(self.http, http).await,
        }
        connections.close();
        if tokio::time::timeout(GOODBYE, connections.wait()).await.is_err() {
            tracing::info!(open = connections.len(), "some viewers did not end their connection in time");
        }
        Ok(())
    }
}

async fn bind(address: SocketAddr) -> Result<TcpListener, BindError> {
    TcpListener::bind(address).await.map_err(|source| BindError { address, source })
}

async fn accept(listener: TcpListener, router: Router, connections: TaskTracker, room: Arc<Semaphore>, stop: Stop) {
    loop {
        let permit = tokio::select! {
            () = stop.asked() => return,
            permit = Arc::clone(&room).acquire_owned() => permit,
        };
        // The semaphore is never closed.
        let Ok(permit) = permit else { return };
        let accepted = tokio::select! {
            () = stop.asked() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                let connection = connection(stream, peer, router.clone(), stop.clone());
                connections.spawn(async move {
                    connection.await;
                    drop(permit);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn connection(stream: TcpStream, peer: SocketAddr, router: Router, stop: Stop) {
    // Without this, a small frame waits up to 40 ms for the previous one's acknowledgement.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%peer, %error, "cannot turn off Nagle's algorithm");
    }
    let service = router.map_request(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        request.map(Body::new)
    });
    let serving = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_PATIENCE)
        .max_buf_size(MAX_HEAD_BYTES)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service))
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
