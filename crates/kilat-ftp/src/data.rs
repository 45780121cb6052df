//! Data connections: a port that only this session's address may come to, for a while, and what is done over it.

use std::io;
use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWriteExt, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::line::Stream;
use crate::ports::Ports;

/// Within this a client comes to the port that it was told, and agrees on TLS there.
const COME: Duration = Duration::from_secs(20);
/// Connections that wait to be looked at: one is the client's, others are strangers'.
const BACKLOG: u32 = 8;
/// A list is taken, and an end is seen, within this; without a byte of it taken, the client is gone.
const SEND: Duration = Duration::from_secs(60);

/// A port that is open for one connection; dropped, it is closed.
#[derive(Debug)]
pub(crate) struct Passive {
    port: u16,
    // One task, ended with this.
    coming: JoinSet<io::Result<TcpStream>>,
}

impl Passive {
    /// Opens one of the range on the address that the client came to.
    pub(crate) fn open(ports: &Ports, at: IpAddr, range: &RangeInclusive<u16>, from: IpAddr) -> io::Result<Self> {
        let listener = ports.bind(at, range)?.listen(BACKLOG)?;
        let port = listener.local_addr()?.port();
        let mut coming = JoinSet::new();
        coming.spawn(async move {
            let come = tokio::time::timeout(COME, accept(&listener, from));
            come.await.map_err(|_late| io::ErrorKind::TimedOut)?
        });
        Ok(Self { port, coming })
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The connection, inside TLS where that was agreed on.
    pub(crate) async fn stream(mut self, tls: Option<TlsAcceptor>) -> io::Result<Stream> {
        let came = self.coming.join_next().await.ok_or(io::ErrorKind::NotConnected)?;
        let stream = came.map_err(io::Error::other)??;
        let Some(acceptor) = tls else { return Ok(Stream::Clear(stream)) };
        let agreed = tokio::time::timeout(COME, acceptor.accept(stream));
        Ok(Stream::Tls(Box::new(agreed.await.map_err(|_late| io::ErrorKind::TimedOut)??)))
    }
}

/// The first connection of this session's address; others are closed.
async fn accept(listener: &TcpListener, from: IpAddr) -> io::Result<TcpStream> {
    loop {
        let (stream, peer) = listener.accept().await?;
        if peer.ip() == from {
            return Ok(stream);
        }
        tracing::warn!(%peer, camera_at = %from, "FTP: somebody else came for a camera's data connection and was sent away");
    }
}

/// Sends all of it, and the end.
pub(crate) async fn send(mut stream: Stream, bytes: &[u8]) -> io::Result<()> {
    let sending = async {
        stream.write_all(bytes).await?;
        stream.shutdown().await
    };
    tokio::time::timeout(SEND, sending).await.map_err(|_late| io::ErrorKind::TimedOut)?
}

/// A reader that ends at once when its client says so.
#[derive(Debug)]
pub(crate) struct Abortable<R> {
    inner: R,
    abort: Option<oneshot::Receiver<()>>,
}

impl<R> Abortable<R> {
    pub(crate) fn new(inner: R, abort: oneshot::Receiver<()>) -> Self {
        Self { inner, abort: Some(abort) }
    }
}

impl<R: AsyncRead + Unpin> AsyncRead for Abortable<R> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let me = self.get_mut();
        if let Some(abort) = &mut me.abort {
            match Pin::new(abort).poll(cx) {
                Poll::Ready(Ok(())) => {
                    return Poll::Ready(Err(io::Error::new(io::ErrorKind::ConnectionAborted, "the client aborted it")));
                }
                // Whoever could say so is gone: the line of commands ended.
                Poll::Ready(Err(_)) => me.abort = None,
                Poll::Pending => {}
            }
        }
        Pin::new(&mut me.inner).poll_read(cx, buf)
    }
}
