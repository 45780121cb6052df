//! What a viewer says and what it is answered, whatever carries the bytes.
//!
//! Answers go into the viewer's queue and wait there in their place; nothing is written here. A replay
//! under way stops the reading: the client's next message is answered behind it.

use std::future::Future;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use kilat_auth::Operation;
use kilat_hub::{Frame, Replay, Viewer, answer};
use kilat_journal::JournalError;
use kilat_wire::{
    Channel, ClientRequest, Connected, ErrorBody, HeartbeatResponse, MAX_FRAME_BYTES, Mistake, Publish, ServerMessage,
    parse_client,
};

use super::code;
use super::codec::{Decoder, Incoming, Limits, farewell};
use super::limit::{Limit, Verdict};
use crate::app::App;

/// Longer text frames are answered with an error; much longer ones end the connection.
const LIMITS: Limits = Limits { message: MAX_FRAME_BYTES, hard: 1024 * 1024 };
/// Published messages that wait for the journal at once; no more is read from that program meanwhile.
const MAX_PUBLISHING: usize = 256;

/// A published message's own name, and its answer or why there is none.
pub(super) type Told = (Option<String>, Result<Frame, JournalError>);
type Publishing = Pin<Box<dyn Future<Output = Told> + Send>>;
/// Those that wait for the journal.
pub(super) type Publications = FuturesUnordered<Publishing>;

/// One viewer's side of the talk.
pub(super) struct Conversation {
    pub(super) viewer: Viewer,
    pub(super) app: App,
    decoder: Decoder,
    limit: Limit,
    /// Bytes that came and were not read yet.
    unread: Vec<u8>,
    replay: Option<Box<Replay>>,
    /// Of a program that publishes.
    publishing: Option<Box<Publications>>,
    is_over: bool,
}

impl Conversation {
    pub(super) fn begin(viewer: Viewer, app: App) -> Self {
        let limit = Limit::new(app.0.clock.monotonic());
        let connected = ServerMessage::Connected(Connected {
            client_id: format!("client-{}", viewer.id()),
            timestamp: app.0.clock.now().to_rfc3339(),
            available_channels: Channel::ALL.to_vec(),
            version: app.0.version.clone(),
        });
        viewer.say(answer(connected, app.0.clock.now()));
        let decoder = Decoder::new(LIMITS);
        Self { viewer, app, decoder, limit, unread: Vec::new(), replay: None, publishing: None, is_over: false }
    }

    pub(super) fn now(&self) -> Duration {
        self.app.0.clock.monotonic()
    }

    /// Whether bytes may be read now.
    pub(super) fn listens(&self) -> bool {
        !self.is_over && self.replay.is_none() && self.unread.is_empty() && self.in_flight() < MAX_PUBLISHING
    }

    fn in_flight(&self) -> usize {
        self.publishing.as_ref().map_or(0, |publishing| publishing.len())
    }

    /// Bytes came.
    pub(super) fn heard(&mut self, bytes: &[u8]) {
        self.viewer.heard(self.now());
        self.unread.extend_from_slice(bytes);
    }

    /// What was written is with the kernel: goes on with a replay. True when there is more to write.
    pub(super) async fn go_on(&mut self) -> bool {
        let Some(replay) = &mut self.replay else { return false };
        match Box::pin(self.app.0.hub.step(&self.viewer, replay)).await {
            Ok(true) => self.replay = None,
            Ok(false) => {}
            Err(error) => self.fail(&error),
        }
        true
    }

    /// The viewer's queue was lost.
    pub(super) async fn resync(&mut self) {
        tracing::info!(client = self.viewer.id(), "a slow viewer lost its queue and is brought up to date");
        match Box::pin(self.app.0.hub.resync(&self.viewer)).await {
            Ok(replay) => self.replay = replay.map(Box::new),
            Err(error) => self.fail(&error),
        }
    }

    /// Reads on in what came. True when something was answered.
    pub(super) async fn read(&mut self) -> bool {
        let mut did = false;
        while !self.is_over && !self.unread.is_empty() && self.replay.is_none() && self.in_flight() < MAX_PUBLISHING {
            let unread = std::mem::take(&mut self.unread);
            let mut input = unread.as_slice();
            let heard = self.decoder.next(&mut input);
            let read = unread.len() - input.len();
            self.unread = unread;
            self.unread.drain(..read);
            if self.unread.is_empty() {
                // Given back: an idle viewer holds no buffer.
                self.unread = Vec::new();
            }
            match heard {
                Ok(None) => {}
                Ok(Some(incoming)) => {
                    did = true;
                    Box::pin(self.hear(incoming)).await;
                }
                Err(breach) => {
                    did = true;
                    self.close(breach.code(), breach.reason());
                }
            }
        }
        did
    }

    /// What is borrowed apart while waiting: the viewer, and what becomes of published messages.
    pub(super) fn parts(&mut self) -> (&Viewer, &mut Option<Box<Publications>>) {
        (&self.viewer, &mut self.publishing)
    }

    /// Answers a published message.
    pub(super) fn tell(&mut self, (r#ref, told): Told) {
        if self.in_flight() == 0 {
            self.publishing = None;
        }
        match told {
            Ok(frame) => self.viewer.say(frame),
            Err(error) => {
                tracing::warn!(%error, "a published message was not recorded");
                let message = format!("cannot {error}; it was not told to anyone, publish it again later");
                self.complain(Mistake { code: "not_recorded", message, id: r#ref });
            }
        }
    }

    /// Says why it ends; nothing follows.
    pub(super) fn close(&mut self, code: u16, reason: &str) {
        self.is_over = true;
        self.viewer.say(Frame::close(code, reason));
    }

    async fn hear(&mut self, incoming: Incoming) {
        let text = match incoming {
            Incoming::Pong => return,
            Incoming::Close(code) => {
                self.is_over = true;
                return self.viewer.say(farewell(code));
            }
            Incoming::Ping(payload) => {
                if self.is_within_limit() {
                    self.viewer.say(Frame::pong(&payload));
                }
                return;
            }
            Incoming::Binary(_) => {
                if self.is_within_limit() {
                    self.complain(mistake("binary_frame", "send text frames with one JSON object each"));
                }
                return;
            }
            Incoming::TooLarge => {
                if self.is_within_limit() {
                    self.complain(mistake("too_large", "the message is larger than 64 KiB; none needs to be"));
                }
                return;
            }
            Incoming::Text(text) => text,
        };
        self.viewer.note(|| format!("< {text}"));
        let parsed = parse_client(&text);
        // A program that publishes is held back by the answers that it waits for, not by the clock.
        if let Ok(message) = &parsed
            && let ClientRequest::Publish(publish) = &message.request
        {
            if let Some(refusal) = self.refuse(Operation::Publish, message.id.clone()) {
                return self.complain(refusal);
            }
            return self.publish(publish.as_ref().clone(), message.id.clone()).await;
        }
        if !self.is_within_limit() {
            return;
        }
        match parsed {
            Ok(message) => match self.refuse(Operation::Watch, message.id) {
                Some(refusal) => self.complain(refusal),
                None => self.answer(message.request).await,
            },
            Err(mistake) => self.complain(mistake),
        }
    }

    /// Asked anew for every message: a right may end while the connection lives.
    fn refuse(&mut self, operation: Operation, id: Option<String>) -> Option<Mistake> {
        let access = &self.app.0.access;
        if access.may(self.viewer.who(), operation) {
            return None;
        }
        if !access.still_holds(self.viewer.who()) {
            self.close(kilat_hub::code::SIGNED_OUT, "signed out; sign in again");
        }
        let role = self.viewer.who().role;
        let message = format!("the role {role} may not {}; use a token that may", operation.words());
        Some(Mistake { code: "not_allowed", message, id })
    }

    fn is_within_limit(&mut self) -> bool {
        match self.limit.judge(self.app.0.clock.monotonic()) {
            Verdict::Allowed => true,
            Verdict::TooFast { tell } => {
                if tell {
                    self.complain(mistake("too_fast", "too many messages; send at most 100 a minute"));
                }
                false
            }
            Verdict::Abuse => {
                self.close(code::ABUSE, "too many messages after a warning");
                false
            }
        }
    }

    async fn answer(&mut self, request: ClientRequest) {
        let hub = self.app.0.hub.clone();
        let done = match request {
            ClientRequest::Subscribe(channels, since) => {
                hub.subscribe(&self.viewer, channels, since.as_ref()).await.map(|replay| {
                    self.replay = replay.map(Box::new);
                })
            }
            ClientRequest::Unsubscribe(channels) => {
                self.viewer.unsubscribe(channels);
                Ok(())
            }
            ClientRequest::GetStatus(channels) => hub.send_state(&self.viewer, channels).await,
            ClientRequest::Heartbeat => {
                let timestamp = self.app.0.clock.now().to_rfc3339();
                let beat = ServerMessage::HeartbeatResponse(HeartbeatResponse { timestamp });
                self.viewer.say(answer(beat, self.app.0.clock.now()));
                Ok(())
            }
            // Answered before: it does not count as talk.
            ClientRequest::Publish(_) => Ok(()),
        };
        if let Err(error) = done {
            self.fail(&error);
        }
    }

    async fn publish(&mut self, publish: Publish, r#ref: Option<String>) {
        let hub = self.app.0.hub.clone();
        // Begun now, so that entries are recorded in the order in which they came; unconstrained, because the
        // runtime's budget may run out between two of them and let the second one pass the first.
        let told = tokio::task::unconstrained(async move { (r#ref.clone(), hub.publish(publish, r#ref).await) });
        let mut publishing: Publishing = Box::pin(told);
        let begun = std::future::poll_fn(|context| Poll::Ready(publishing.as_mut().poll(context))).await;
        let queue = self.publishing.get_or_insert_with(Box::default);
        match begun {
            Poll::Ready(told) => queue.push(Box::pin(std::future::ready(told))),
            Poll::Pending => queue.push(publishing),
        }
    }

    fn complain(&self, mistake: Mistake) {
        let body = ErrorBody { code: mistake.code.to_owned(), message: mistake.message, r#ref: mistake.id };
        self.viewer.say(answer(ServerMessage::Error(body), self.app.0.clock.now()));
    }

    fn fail(&mut self, error: &JournalError) {
        tracing::error!(%error, "a viewer's state cannot be read");
        self.close(code::INTERNAL, "the state cannot be read; connect again");
    }
}

/// The next published message that was accepted or refused. Pends while there is none. Cancel-safe.
pub(super) async fn published(publishing: &mut Option<Box<Publications>>) -> Told {
    match publishing {
        Some(publishing) => match publishing.next().await {
            Some(told) => told,
            None => std::future::pending().await,
        },
        None => std::future::pending().await,
    }
}

fn mistake(code: &'static str, message: &str) -> Mistake {
    Mistake { code, message: message.to_owned(), id: None }
}
