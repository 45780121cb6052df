//! The line of commands: in the clear at first, inside TLS once that is asked for. A line has an end soon, or none.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// Longest line. The longest that is sent in earnest is a path of 1 KB.
pub(crate) const MOST_LINE_BYTES: usize = 8 * 1_024;
/// Read at once.
const BLOCK: usize = 1_024;
/// Whoever takes no answer for so long is gone.
const WRITE: Duration = Duration::from_secs(60);

/// One TCP connection, in the clear or inside TLS.
#[derive(Debug)]
pub(crate) enum Stream {
    Clear(TcpStream),
    // It is large.
    Tls(Box<TlsStream<TcpStream>>),
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Clear(stream) => Pin::new(stream).poll_read(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Clear(stream) => Pin::new(stream).poll_write(cx, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Clear(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Clear(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}

/// What came next.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Came {
    /// A line, without its end.
    Line(Vec<u8>),
    /// More than a line may have, and no end of it.
    TooLong,
    /// Nothing more.
    End,
}

/// The line of commands.
#[derive(Debug)]
pub(crate) struct Line {
    /// None only while TLS is being agreed on.
    stream: Option<Stream>,
    /// Read, and not yet given out.
    read: Vec<u8>,
    /// So much of it has no end of a line.
    looked_at: usize,
}

impl Line {
    pub(crate) fn new(stream: TcpStream) -> Self {
        Self { stream: Some(Stream::Clear(stream)), read: Vec::new(), looked_at: 0 }
    }

    pub(crate) fn is_private(&self) -> bool {
        matches!(self.stream, Some(Stream::Tls(_)))
    }

    fn stream(&mut self) -> io::Result<&mut Stream> {
        self.stream.as_mut().ok_or_else(|| io::ErrorKind::NotConnected.into())
    }

    /// The next line. What was read stays when this is dropped before it is through.
    pub(crate) async fn next(&mut self) -> io::Result<Came> {
        loop {
            if let Some(at) = self.read[self.looked_at..].iter().position(|byte| *byte == b'\n') {
                let end = self.looked_at + at;
                let mut line: Vec<u8> = self.read.drain(..=end).collect();
                line.pop();
                self.looked_at = 0;
                return Ok(Came::Line(line));
            }
            self.looked_at = self.read.len();
            if self.looked_at >= MOST_LINE_BYTES {
                return Ok(Came::TooLong);
            }
            let mut block = [0; BLOCK];
            let stream = self.stream.as_mut().ok_or(io::ErrorKind::NotConnected)?;
            match stream.read(&mut block).await? {
                0 => return Ok(Came::End),
                read => self.read.extend_from_slice(&block[..read]),
            }
        }
    }

    /// Writes an answer.
    pub(crate) async fn tell(&mut self, bytes: &[u8]) -> io::Result<()> {
        let stream = self.stream()?;
        let writing = async {
            stream.write_all(bytes).await?;
            stream.flush().await
        };
        tokio::time::timeout(WRITE, writing).await.map_err(|_late| io::ErrorKind::TimedOut)?
    }

    /// Agrees on TLS. What came before is refused: it was said in the clear, by anybody.
    pub(crate) async fn secure(&mut self, acceptor: TlsAcceptor) -> io::Result<()> {
        if !self.read.is_empty() {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "something was sent before TLS was agreed on"));
        }
        let Some(Stream::Clear(stream)) = self.stream.take() else {
            return Err(io::ErrorKind::NotConnected.into());
        };
        self.stream = Some(Stream::Tls(Box::new(acceptor.accept(stream).await?)));
        Ok(())
    }

    /// Ends it, also for a client that reads on.
    pub(crate) async fn end(&mut self) {
        if let Some(mut stream) = self.stream.take() {
            // One that is gone needs no end.
            drop(tokio::time::timeout(WRITE, stream.shutdown()).await);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn pair() -> (TcpStream, Line) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let client = TcpStream::connect(listener.local_addr().expect("bound")).await.expect("connected");
        (client, Line::new(listener.accept().await.expect("accepted").0))
    }

    #[tokio::test]
    async fn lines_come_one_by_one_however_they_were_cut() {
        let (mut client, mut line) = pair().await;
        client.write_all(b"NOOP\r\nUSER z9\nPA").await.expect("sent");
        assert_eq!(line.next().await.expect("read"), Came::Line(b"NOOP\r".to_vec()));
        assert_eq!(line.next().await.expect("read"), Came::Line(b"USER z9".to_vec()));
        client.write_all(b"SS x\r\n").await.expect("sent");
        drop(client);
        assert_eq!(line.next().await.expect("read"), Came::Line(b"PASS x\r".to_vec()));
        assert_eq!(line.next().await.expect("read"), Came::End);
    }

    #[tokio::test]
    async fn a_line_without_an_end_is_not_kept() {
        let (mut client, mut line) = pair().await;
        client.write_all(&[b'x'; MOST_LINE_BYTES - 1]).await.expect("sent");
        client.write_all(b"\n").await.expect("sent");
        assert_eq!(line.next().await.expect("read"), Came::Line(vec![b'x'; MOST_LINE_BYTES - 1]));
        client.write_all(&[b'x'; 2 * MOST_LINE_BYTES]).await.expect("sent");
        assert_eq!(line.next().await.expect("read"), Came::TooLong);
        assert!(line.read.len() <= MOST_LINE_BYTES + BLOCK, "{}", line.read.len());
    }
}
