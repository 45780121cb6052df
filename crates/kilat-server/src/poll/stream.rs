//! Server-sent events: the channels for clients behind proxies that refuse WebSockets.
//!
//! Each log entry's id is its cursor, so that a browser that reconnects goes on behind the last one.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::{Bytes, BytesMut};
use futures_util::stream;
use kilat_hub::{Flush, Frame, Replay, Viewer, What};
use kilat_wire::{Channels, Cursor};

use crate::app::App;
use crate::places::Place;
use crate::refusal::Refusal;
use crate::ws;

/// Asks proxies to hand the stream on as it comes.
const UNBUFFERED: HeaderName = HeaderName::from_static("x-accel-buffering");

struct Listener {
    viewer: Viewer,
    app: App,
    replay: Option<Box<Replay>>,
    /// Held to the end, so that the connection counts.
    _place: Arc<Place>,
}

/// Subscribes and streams until the other side leaves or the server stops.
pub(super) async fn serve(
    app: App,
    channels: Channels,
    since: Option<Cursor>,
    request: &Parts,
) -> Result<Response, Refusal> {
    let Some((peer, place)) = ws::peer(request, "sse") else { return Ok(ws::stranger()) };
    let reserved = ws::reserved(&peer);
    let viewer = app.0.hub.connect(peer, None, reserved).map_err(|_full| {
        let remedy = "close pages that nobody looks at, then try again";
        Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "too_many_viewers", "too many viewers are connected", remedy)
    })?;
    let replay = app.0.hub.subscribe(&viewer, channels, since.as_ref()).await?.map(Box::new);
    let listener = Listener { viewer, app, replay, _place: place };
    let events = stream::unfold(listener, |mut listener| async move {
        let bytes = listener.next().await?;
        Some((Ok::<_, Infallible>(bytes), listener))
    });
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("text/event-stream")),
        (CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        (UNBUFFERED, HeaderValue::from_static("no")),
    ];
    Ok((headers, Body::from_stream(events)).into_response())
}

impl Listener {
    /// What comes next; none at the end. Asked again only when the connection took what came before.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            let now = self.app.0.clock.monotonic();
            self.viewer.writing(None);
            let (frames, flush) = self.viewer.take();
            if !frames.is_empty() {
                let mut bytes = BytesMut::new();
                frames.iter().for_each(|frame| write(&mut bytes, frame, self.app.0.journal.epoch()));
                // From here on it is the connection's to take; the sweep ends one that does not.
                self.viewer.writing(Some(now));
                self.viewer.heard(now);
                if !bytes.is_empty() {
                    return Some(bytes.freeze());
                }
                continue;
            }
            match flush {
                Flush::Ended | Flush::Gone => return None,
                Flush::Lagged => match self.app.0.hub.resync(&self.viewer).await {
                    Ok(replay) => self.replay = replay.map(Box::new),
                    Err(error) => return ended(&error),
                },
                Flush::Done | Flush::Blocked => match &mut self.replay {
                    Some(replay) => match self.app.0.hub.step(&self.viewer, replay).await {
                        Ok(true) => self.replay = None,
                        Ok(false) => {}
                        Err(error) => return ended(&error),
                    },
                    None => self.viewer.woken().await,
                },
            }
        }
    }
}

fn ended(error: &kilat_journal::JournalError) -> Option<Bytes> {
    tracing::error!(%error, "an event stream cannot go on");
    None
}

fn write(bytes: &mut BytesMut, frame: &Arc<Frame>, epoch: &str) {
    match &frame.what {
        What::Log { seq, .. } => {
            bytes.extend_from_slice(format!("id: {epoch}:{seq}\n").as_bytes());
        }
        What::Ping => {
            bytes.extend_from_slice(b": still here\n\n");
            return;
        }
        What::Close => return,
        What::State { .. } | What::Answer => {}
    }
    bytes.extend_from_slice(b"data: ");
    // JSON has no line ends outside of strings, and there they are escaped: one line.
    bytes.extend_from_slice(&frame.message());
    bytes.extend_from_slice(b"\n\n");
}
