//! A body that is read one piece at a time, and where nothing takes it away, no further than a bound.
//!
//! The reader of forms takes all that the network has before it looks, and keeps the head of a part until it has all of
//! it: without this, who sends fast, or a head without an end, would fill the memory.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use axum::body::{Body, BodyDataStream};
use bytes::Bytes;
use futures_util::{Stream, StreamExt};

/// The body.
pub(super) struct Sips {
    pieces: BodyDataStream,
    bound: Bound,
    is_resting: bool,
}

/// How many bytes may still be read; it may be passed by one piece.
#[derive(Debug, Clone)]
pub(super) struct Bound(Arc<AtomicU64>);

impl Bound {
    /// So many from now on.
    pub(super) fn set(&self, bytes: u64) {
        self.0.store(bytes, Ordering::Relaxed);
    }

    /// As many as come: somebody takes them away.
    pub(super) fn lift(&self) {
        self.set(u64::MAX);
    }
}

impl Sips {
    pub(super) fn of(body: Body) -> (Self, Bound) {
        let bound = Bound(Arc::new(AtomicU64::new(0)));
        (Self { pieces: body.into_data_stream(), bound: bound.clone(), is_resting: false }, bound)
    }
}

impl Stream for Sips {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        if std::mem::take(&mut self.is_resting) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let left = self.bound.0.load(Ordering::Relaxed);
        if left == 0 {
            return Poll::Ready(Some(Err(io::Error::other("the head of a part is too long"))));
        }
        let piece = ready!(self.pieces.poll_next_unpin(cx));
        Poll::Ready(piece.map(|piece| {
            let piece = piece.map_err(io::Error::other)?;
            self.is_resting = true;
            if left < u64::MAX {
                self.bound.set(left.saturating_sub(piece.len() as u64));
            }
            Ok(piece)
        }))
    }
}

#[cfg(test)]
mod tests {
    use futures_util::stream;

    use super::*;

    fn endless() -> Body {
        Body::from_stream(stream::repeat_with(|| Ok::<_, io::Error>(Bytes::from_static(&[b'x'; 1_000]))))
    }

    #[tokio::test]
    async fn a_reader_that_takes_all_there_is_gets_one_piece_at_a_time() {
        let (mut sips, bound) = Sips::of(endless());
        bound.lift();
        for _ in 0..100 {
            let all_there_is = std::future::poll_fn(|cx| {
                let mut came = 0;
                while let Poll::Ready(piece) = sips.poll_next_unpin(cx) {
                    came += piece.expect("it is endless").expect("it is whole").len();
                }
                Poll::Ready(came)
            });
            assert!(all_there_is.await <= 1_000);
        }
    }

    #[tokio::test]
    async fn no_more_than_the_bound_and_a_piece_is_read_where_nothing_takes_it_away() {
        let (sips, bound) = Sips::of(endless());
        bound.set(10_500);
        let came: Vec<_> = sips.take_while(|piece| std::future::ready(piece.is_ok())).collect().await;
        assert_eq!(came.len(), 11);
    }
}
