//! The network as a port: plain TCP, or whatever a simulator offers.

use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use crate::config::Endpoint;

/// Whether a connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// It is not.
    Plain,
    /// By TLS.
    Tls,
}

/// Finds the server and opens connections to it.
pub trait Connector: Send + Sync + 'static {
    /// A connection.
    type Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    /// Where the server answers now; none when nobody knows.
    fn endpoint(&self) -> Option<Endpoint>;

    /// Opens a connection to `host` and `port`; the caller bounds the wait.
    fn connect(
        &self,
        host: &str,
        port: u16,
        security: Security,
    ) -> impl Future<Output = io::Result<Self::Stream>> + Send;
}

/// Plain TCP, to a server that is looked for before each attempt.
pub struct Tcp<F>(pub F);

impl<F: Fn() -> Option<Endpoint> + Send + Sync + 'static> Connector for Tcp<F> {
    type Stream = TcpStream;

    fn endpoint(&self) -> Option<Endpoint> {
        (self.0)()
    }

    async fn connect(&self, host: &str, port: u16, security: Security) -> io::Result<TcpStream> {
        if security == Security::Tls {
            return Err(io::Error::new(io::ErrorKind::Unsupported, "this client speaks no TLS"));
        }
        let stream = TcpStream::connect((host, port)).await?;
        // A heartbeat that waits for the last one's acknowledgement would look like a slow server.
        stream.set_nodelay(true)?;
        Ok(stream)
    }
}

impl<F> fmt::Debug for Tcp<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tcp")
    }
}

/// A connection that counts what came: half of a large message is a sign of life too.
#[derive(Debug)]
pub(crate) struct Counted<S> {
    stream: S,
    count: Arc<AtomicU64>,
}

impl<S> Counted<S> {
    pub(crate) fn new(stream: S, count: Arc<AtomicU64>) -> Self {
        Self { stream, count }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Counted<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        self.count.fetch_add((buffer.filled().len() - before) as u64, Ordering::Relaxed);
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Counted<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// Host, port and protection of a URL with one of these schemes: the plain one, and the one with TLS.
pub(crate) fn parts(url: &str, (plain, tls): (&str, &str)) -> Result<(String, u16, Security), String> {
    let uri: http::Uri = url.parse().map_err(|error| format!("{url:?} is no address: {error}"))?;
    let (security, port) = match uri.scheme_str() {
        Some(scheme) if scheme == plain => (Security::Plain, 80),
        Some(scheme) if scheme == tls => (Security::Tls, 443),
        _ => return Err(format!("{url:?} begins neither with {plain}:// nor with {tls}://")),
    };
    let host = uri.host().ok_or_else(|| format!("{url:?} names no host"))?;
    let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
    Ok((host, uri.port_u16().unwrap_or(port), security))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_taken_apart_or_refused() {
        let parts = |url| parts(url, ("ws", "wss"));
        assert_eq!(parts("ws://127.0.0.1:3001/ws"), Ok(("127.0.0.1".to_owned(), 3001, Security::Plain)));
        assert_eq!(parts("ws://[::1]:3001"), Ok(("::1".to_owned(), 3001, Security::Plain)));
        assert_eq!(parts("wss://studio.example/ws"), Ok(("studio.example".to_owned(), 443, Security::Tls)));
        assert!(parts("http://studio.example/ws").is_err());
        assert!(parts("nonsense").is_err());
    }
}
