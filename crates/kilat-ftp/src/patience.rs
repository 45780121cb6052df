//! A reader that gives up on a sender who sends nothing any more.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, ReadBuf};
use tokio::time::{Instant, Sleep};

/// Without a byte for so long, a sender is gone: Wi-Fi that comes back does so sooner.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// The reader.
#[derive(Debug)]
pub(crate) struct Patient<R> {
    inner: R,
    end: Pin<Box<Sleep>>,
    is_waiting: bool,
}

impl<R> Patient<R> {
    pub(crate) fn new(inner: R) -> Self {
        Self { inner, end: Box::pin(tokio::time::sleep(PATIENCE)), is_waiting: false }
    }
}

impl<R: AsyncRead + Unpin> AsyncRead for Patient<R> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let me = self.get_mut();
        if let Poll::Ready(read) = Pin::new(&mut me.inner).poll_read(cx, buf) {
            me.is_waiting = false;
            return Poll::Ready(read);
        }
        if !me.is_waiting {
            me.is_waiting = true;
            me.end.as_mut().reset(Instant::now() + PATIENCE);
        }
        ready!(me.end.as_mut().poll(cx));
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "nothing came for a minute")))
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn silence_ends_a_transfer_and_slowness_does_not() {
        let (mut camera, server) = tokio::io::duplex(64);
        let mut reader = Patient::new(server);
        let mut byte = [0];
        for _ in 0..5 {
            tokio::time::advance(PATIENCE / 2).await;
            camera.write_all(b"x").await.expect("sent");
            assert_eq!(reader.read(&mut byte).await.expect("slow, not gone"), 1);
        }
        let error = reader.read(&mut byte).await.expect_err("silence");
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }
}
