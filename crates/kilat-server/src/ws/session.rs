//! One viewer's connection, from the first frame to the last.
//!
//! Reads and writes alternate in one task; a write that does not finish by its deadline ends the
//! connection, so a viewer that stopped reading costs its outbox and nothing else.

use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket};
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use kilat_hub::{Taken, Viewer, encode};
use kilat_wire::{
    Channel, ClientRequest, Connected, ErrorBody, HeartbeatResponse, MAX_FRAME_BYTES, Mistake, ServerMessage,
    parse_client,
};
use tokio::time::Instant;

use super::limit::{Limit, Verdict};
use crate::app::App;

/// A write that takes longer means that nobody reads.
const WRITE_DEADLINE: Duration = Duration::from_secs(10);
/// How often the connection is probed when nothing else is heard.
const PING_EVERY: Duration = Duration::from_secs(25);
/// A client that was not heard for so long is gone: two pings and their answers.
const SILENCE: Duration = Duration::from_secs(60);

/// Close codes and whether the client should come back: docs/protocol.md has the table.
mod code {
    /// The server restarts: come back.
    pub(super) const RESTART: u16 = 1012;
    /// Too many messages after warnings: do not come back at once.
    pub(super) const ABUSE: u16 = 1008;
    /// A failure here: come back.
    pub(super) const INTERNAL: u16 = 1011;
}

type Sink = SplitSink<WebSocket, Message>;

/// Why a session ends.
enum End {
    /// The other side left or can no longer be reached.
    Gone,
    /// We end it.
    Close(u16, &'static str),
}

/// Serves one viewer to the end.
pub(super) async fn run(socket: WebSocket, viewer: Viewer, app: App) {
    let (mut sink, stream) = socket.split();
    tracing::debug!(client = viewer.id(), "viewer connected");
    let end = match serve(&mut sink, stream, &viewer, &app).await {
        Err(end) => end,
        Ok(never) => match never {},
    };
    if let End::Close(code, reason) = end {
        let frame = CloseFrame { code, reason: Utf8Bytes::from_static(reason) };
        if send(&mut sink, vec![Message::Close(Some(frame))]).await.is_err() {
            tracing::debug!(client = viewer.id(), "the viewer left before it was told goodbye");
        }
    }
    tracing::debug!(client = viewer.id(), "viewer gone");
}

async fn serve(
    sink: &mut Sink,
    mut stream: SplitStream<WebSocket>,
    viewer: &Viewer,
    app: &App,
) -> Result<std::convert::Infallible, End> {
    send(sink, vec![text(app, welcome(viewer, app), None)]).await?;
    let mut limit = Limit::new(app.0.clock.monotonic());
    let mut heard = Instant::now();
    let mut ping = tokio::time::interval_at(heard + PING_EVERY, PING_EVERY);
    loop {
        tokio::select! {
            taken = viewer.outbox().take() => deliver(sink, taken, viewer, app).await?,
            message = stream.next() => {
                heard = Instant::now();
                let Some(Ok(message)) = message else { return Err(End::Gone) };
                hear(sink, message, &mut limit, viewer, app).await?;
            }
            _ = ping.tick() => {
                if heard.elapsed() > SILENCE {
                    return Err(End::Gone);
                }
                send(sink, vec![Message::Ping(bytes::Bytes::new())]).await?;
            }
        }
    }
}

async fn deliver(sink: &mut Sink, taken: Taken, viewer: &Viewer, app: &App) -> Result<(), End> {
    match taken {
        Taken::Frames(frames) => {
            let messages = frames.into_iter().filter_map(|frame| Utf8Bytes::try_from(frame.text.into_bytes()).ok());
            send(sink, messages.map(Message::Text).collect()).await
        }
        Taken::Lagged(skipped) => {
            tracing::info!(client = viewer.id(), skipped, "a slow viewer missed events; its state is sent anew");
            let message =
                format!("{skipped} messages were skipped because this connection is too slow; the state follows");
            let error = ErrorBody { code: "lagged".to_owned(), message, r#ref: None };
            send(sink, vec![text(app, ServerMessage::Error(error), None)]).await?;
            for channel in viewer.channels() {
                state(viewer, channel, app).await?;
            }
            Ok(())
        }
        Taken::Closed => Err(End::Close(code::RESTART, "the server is stopping; connect again")),
    }
}

async fn hear(sink: &mut Sink, message: Message, limit: &mut Limit, viewer: &Viewer, app: &App) -> Result<(), End> {
    let frame = match message {
        Message::Text(frame) => frame,
        Message::Binary(_) => {
            let mistake = mistake("binary_frame", "send text frames with one JSON object each");
            return complain(sink, mistake, app).await;
        }
        // The library answers pings and closes by itself.
        Message::Ping(_) | Message::Pong(_) => return Ok(()),
        Message::Close(_) => return Err(End::Gone),
    };
    match limit.judge(app.0.clock.monotonic()) {
        Verdict::Allowed => {}
        Verdict::TooFast { tell: false } => return Ok(()),
        Verdict::TooFast { tell: true } => {
            let mistake = mistake("too_fast", "too many messages; send at most 100 a minute");
            return complain(sink, mistake, app).await;
        }
        Verdict::Abuse => return Err(End::Close(code::ABUSE, "too many messages after a warning")),
    }
    if frame.len() > MAX_FRAME_BYTES {
        let mistake = mistake("too_large", "the message is larger than 64 KiB; none needs to be");
        return complain(sink, mistake, app).await;
    }
    match parse_client(&frame) {
        Ok(message) => answer(sink, message.request, viewer, app).await,
        Err(mistake) => complain(sink, mistake, app).await,
    }
}

async fn answer(sink: &mut Sink, request: ClientRequest, viewer: &Viewer, app: &App) -> Result<(), End> {
    match request {
        ClientRequest::Subscribe(channel) => match app.0.hub.subscribe(viewer, channel).await {
            Ok(()) => Ok(()),
            Err(error) => Err(internal(&error)),
        },
        ClientRequest::Unsubscribe(channel) => {
            viewer.unsubscribe(channel);
            Ok(())
        }
        ClientRequest::GetStatus(channel) => state(viewer, channel, app).await,
        ClientRequest::Heartbeat => {
            let beat = HeartbeatResponse { timestamp: app.0.clock.now().to_rfc3339() };
            send(sink, vec![text(app, ServerMessage::HeartbeatResponse(beat), None)]).await
        }
    }
}

async fn state(viewer: &Viewer, channel: Channel, app: &App) -> Result<(), End> {
    app.0.hub.send_state(viewer, channel).await.map_err(|error| internal(&error))
}

async fn complain(sink: &mut Sink, mistake: Mistake, app: &App) -> Result<(), End> {
    let body = ErrorBody { code: mistake.code.to_owned(), message: mistake.message, r#ref: mistake.id };
    send(sink, vec![text(app, ServerMessage::Error(body), None)]).await
}

fn mistake(code: &'static str, message: &str) -> Mistake {
    Mistake { code, message: message.to_owned(), id: None }
}

fn internal(error: &kilat_journal::JournalError) -> End {
    tracing::error!(%error, "a viewer's state cannot be read");
    End::Close(code::INTERNAL, "the state cannot be read; connect again")
}

fn welcome(viewer: &Viewer, app: &App) -> ServerMessage {
    ServerMessage::Connected(Connected {
        client_id: format!("client-{}", viewer.id()),
        timestamp: app.0.clock.now().to_rfc3339(),
        available_channels: Channel::ALL.to_vec(),
        version: app.0.version.clone(),
    })
}

fn text(app: &App, message: ServerMessage, channel: Option<Channel>) -> Message {
    Message::Text(encode(message, channel, app.0.clock.now().to_rfc3339(), None).into())
}

/// Writes all, in one flush, before the deadline.
async fn send(sink: &mut Sink, messages: Vec<Message>) -> Result<(), End> {
    let all = async {
        for message in messages {
            sink.feed(message).await?;
        }
        sink.flush().await
    };
    match tokio::time::timeout(WRITE_DEADLINE, all).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(End::Gone),
    }
}
