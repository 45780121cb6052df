//! A reader that is still there when whoever read it gave up.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, ReadBuf};

/// The reader; one reads at a time.
#[derive(Debug)]
pub(crate) struct Lent<R>(Arc<Mutex<R>>);

impl<R> Lent<R> {
    pub(crate) fn new(reader: R) -> Self {
        Self(Arc::new(Mutex::new(reader)))
    }

    /// The same reader, to go on where another ends.
    pub(crate) fn again(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<R: AsyncRead + Unpin> AsyncRead for Lent<R> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        // A reader that a panic left behind is still a reader.
        let mut reader = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Pin::new(&mut *reader).poll_read(cx, buf)
    }
}
