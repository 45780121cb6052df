//! Reads the body of a call before the call begins: whole, bounded, within a time for all of it.
//!
//! A body that comes byte by byte would otherwise hold a connection for as long as its sender likes.
//! Calls that change nothing have no body: what a client sends with them is not read. Files that are handed in go to the
//! disk as they come, in bounds of their own.

use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::extract::Request;
use axum::http::header::CONNECTION;
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;

use crate::http::takes_files;
use crate::refusal::Refusal;

/// Longest body of a call: settings and names.
pub(crate) const MAX_BODY_BYTES: usize = 64 * 1024;
/// A whole body takes no longer, over the worst venue Wi-Fi too.
const PATIENCE: Duration = Duration::from_secs(10);

/// Refuses bodies that are too long or too slow; the connection ends with that.
pub(crate) async fn whole_body(request: Request, next: Next) -> Response {
    if request.method().is_safe() || takes_files(request.uri().path()) {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let read = tokio::time::timeout(PATIENCE, read(body)).await;
    match read.unwrap_or_else(|_elapsed| Err(too_slow())) {
        Ok(bytes) => next.run(Request::from_parts(parts, Body::from(bytes))).await,
        Err(refusal) => {
            let mut response = refusal.into_response();
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            response
        }
    }
}

async fn read(body: Body) -> Result<Bytes, Refusal> {
    // Said at once where the length is announced.
    if body.size_hint().lower() > MAX_BODY_BYTES as u64 {
        return Err(too_large());
    }
    let mut pieces = body.into_data_stream();
    let mut whole = BytesMut::new();
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|error| {
            Refusal::bad("bad_body", format!("the body ended early: {error}"), "send the call again")
        })?;
        if whole.len() + piece.len() > MAX_BODY_BYTES {
            return Err(too_large());
        }
        whole.extend_from_slice(&piece);
    }
    Ok(whole.freeze())
}

fn too_large() -> Refusal {
    let error = "the body is larger than 64 KiB; no call needs so much";
    Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", error, "send JSON as docs/protocol.md shows")
}

fn too_slow() -> Refusal {
    let error = "the body did not come within 10 s";
    Refusal::new(StatusCode::REQUEST_TIMEOUT, "slow_body", error, "send the call again, at once")
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::middleware::from_fn;
    use axum::routing::post;
    use futures_util::stream;
    use tokio::time::Instant;
    use tower::ServiceExt;

    use super::*;

    async fn answer(body: Body) -> (StatusCode, Option<HeaderValue>) {
        let router = Router::new().route("/", post(|bytes: Bytes| async move { bytes.len().to_string() }));
        let request = Request::post("/").body(body).expect("a request");
        let response = router.layer(from_fn(whole_body)).oneshot(request).await.expect("an answer");
        (response.status(), response.headers().get(CONNECTION).cloned())
    }

    fn piece(bytes: usize) -> Result<Bytes, std::io::Error> {
        Ok(Bytes::from(vec![b'a'; bytes]))
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_byte_by_byte_is_refused_after_ten_seconds_however_it_goes_on() {
        let clock = tokio::time::interval(Duration::from_millis(900));
        let drops = stream::unfold(clock, |mut clock| async {
            clock.tick().await;
            Some((piece(1), clock))
        });
        let began = Instant::now();
        let (status, connection) = answer(Body::from_stream(drops)).await;
        assert_eq!((status, connection.expect("said").as_bytes()), (StatusCode::REQUEST_TIMEOUT, &b"close"[..]));
        assert_eq!(began.elapsed().as_secs(), 10);
    }

    #[tokio::test]
    async fn a_body_is_taken_up_to_its_bound_and_not_beyond() {
        assert_eq!(answer(Body::from(vec![0; MAX_BODY_BYTES])).await.0, StatusCode::OK);
        assert_eq!(answer(Body::from(vec![0; MAX_BODY_BYTES + 1])).await.0, StatusCode::PAYLOAD_TOO_LARGE);
        let endless = stream::repeat_with(|| piece(1_000));
        assert_eq!(answer(Body::from_stream(endless)).await.0, StatusCode::PAYLOAD_TOO_LARGE);
    }
}
