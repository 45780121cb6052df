//! Reads on for a while what the sender of a refused file still sends: most clients hear an answer only after they sent
//! all, and a connection that is closed before tells them nothing but that it broke.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::extract::{Request, State};
use axum::http::header::EXPECT;
use axum::middleware::Next;
use axum::response::Response;
use bytes::Bytes;
use futures_util::StreamExt;
use hyper::body::{Frame, SizeHint};

use super::takes;
use crate::app::App;

/// A photo's size; who sends more hears no reason.
const MOST: usize = 64 << 20;
/// And no longer than this.
const PATIENCE: Duration = Duration::from_secs(10);

/// Puts a body back that a refusal left unread.
pub(crate) async fn linger(State(app): State<App>, request: Request, next: Next) -> Response {
    // Who waits for "100 continue" sends nothing.
    if !takes(request.uri().path()) || request.headers().contains_key(EXPECT) {
        return next.run(request).await;
    }
    let left = Left::default();
    let request = request.map(|body| Body::new(Lent { body: Some(body), left: left.clone() }));
    let response = next.run(request).await;
    let body = left.0.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(body) = body {
        app.0.sessions.clone().spawn(async move {
            tokio::select! {
                () = app.0.stopping.asked() => {}
                _ = tokio::time::timeout(PATIENCE, drain(body)) => {}
            }
        });
    }
    response
}

async fn drain(body: Body) {
    let mut pieces = body.into_data_stream();
    let mut came = 0;
    while let Some(Ok(piece)) = pieces.next().await {
        came += piece.len();
        if came > MOST {
            return;
        }
    }
}

/// Where a body lies that nobody read to its end.
#[derive(Clone, Default)]
struct Left(Arc<Mutex<Option<Body>>>);

/// A body that is put there when it is dropped before its end.
struct Lent {
    body: Option<Body>,
    left: Left,
}

impl HttpBody for Lent {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        let frame = std::task::ready!(Pin::new(body).poll_frame(cx));
        if !matches!(frame, Some(Ok(_))) {
            self.body = None;
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(|| SizeHint::with_exact(0), HttpBody::size_hint)
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let unread = self.body.take().filter(|body| !body.is_end_stream());
        *self.left.0.lock().unwrap_or_else(PoisonError::into_inner) = unread;
    }
}
