//! The other direction: a program's messages into a channel, over one connection, a window of them unanswered.
//!
//! Deliberately no second attempt here: whether a message whose answer was lost was told, only its sender can
//! judge. [`PublishError::Broken`] says which ones that is.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use kilat_wire::{Channel, ErrorBody, Published};
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::driver::handshake;
use crate::machine::End;
use crate::net::{Connector, Counted};

/// Messages without an answer at once: as many as the server reads ahead.
pub const MAX_UNANSWERED: usize = 256;
/// From the first packet to the end of the handshake.
const CONNECT_PATIENCE: Duration = Duration::from_secs(8);
/// The longest wait for the next answer: a journal on a slow disk, many times over.
const ANSWER_PATIENCE: Duration = Duration::from_secs(60);

/// An accepted message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The number that it was sent with.
    pub number: u64,
    /// What the server made of it.
    pub published: Published,
}

/// Why a message was not published.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// There is no connection.
    #[error("{0}")]
    Unreachable(String),
    /// The server does not let this program in, or not publish.
    #[error("the server does not allow this: {0}")]
    NotAllowed(String),
    /// The server refused this message; others are answered all the same.
    #[error("the server refused it: {message} ({code})")]
    Refused {
        /// The message's number.
        number: u64,
        /// Stable code.
        code: String,
        /// What was wrong and what to do.
        message: String,
    },
    /// The connection ended; the messages from this one on have no answer, and may have been told or not.
    #[error("the connection ended before it was answered: {why}")]
    Broken {
        /// The first message without an answer; none when all have one.
        number: Option<u64>,
        /// What happened.
        why: String,
    },
}

/// A connection that publishes.
pub struct Publisher<C: Connector> {
    socket: WebSocketStream<Counted<C::Stream>>,
    unanswered: VecDeque<u64>,
}

impl<C: Connector> fmt::Debug for Publisher<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Publisher").field("unanswered", &self.unanswered.len()).finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
struct Answer<'a> {
    r#type: String,
    #[serde(borrow)]
    payload: &'a RawValue,
}

impl<C: Connector> Publisher<C> {
    /// Connects.
    ///
    /// # Errors
    /// When nobody answers, or this program is not let in.
    pub async fn connect(connector: &C) -> Result<Self, PublishError> {
        let Some(endpoint) = connector.endpoint() else {
            return Err(PublishError::Unreachable("nobody knows where the server answers".to_owned()));
        };
        let count = Arc::new(AtomicU64::new(0));
        let shaken = handshake(connector, &endpoint, count);
        match tokio::time::timeout(CONNECT_PATIENCE, shaken).await {
            Ok(Ok(socket)) => Ok(Self { socket, unanswered: VecDeque::new() }),
            Ok(Err(End::Status(status @ (401 | 403)))) => {
                Err(PublishError::NotAllowed(format!("it answered {status}; give a valid token of role agent")))
            }
            Ok(Err(End::Status(status))) => Err(PublishError::Unreachable(format!("the server answered {status}"))),
            Ok(Err(End::Failed(why))) => Err(PublishError::Unreachable(why)),
            Ok(Err(End::Closed(_, reason))) => Err(PublishError::Unreachable(reason)),
            Err(_elapsed) => Err(PublishError::Unreachable(format!("{} does not answer", endpoint.ws))),
        }
    }

    /// Messages without an answer.
    #[must_use]
    pub fn unanswered(&self) -> usize {
        self.unanswered.len()
    }

    /// Sends a message; numbers go up. While [`MAX_UNANSWERED`] have no answer, call [`Publisher::answer`] first.
    ///
    /// # Errors
    /// When the connection ended.
    pub async fn send(
        &mut self,
        number: u64,
        channel: Channel,
        r#type: &str,
        payload: &RawValue,
    ) -> Result<(), PublishError> {
        #[derive(serde::Serialize)]
        struct Body<'a> {
            channel: Channel,
            r#type: &'a str,
            payload: &'a RawValue,
        }
        let body = serde_json::to_string(&Body { channel, r#type, payload });
        let body = body.map_err(|error| self.broken(error.to_string()))?;
        let text = format!(r#"{{"type":"publish","id":"{number}","payload":{body}}}"#);
        self.unanswered.push_back(number);
        match tokio::time::timeout(ANSWER_PATIENCE, self.socket.send(Message::text(text))).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(self.broken(error.to_string())),
            Err(_elapsed) => Err(self.broken("the server does not read".to_owned())),
        }
    }

    /// Waits for the next answer; none when none is outstanding.
    ///
    /// # Errors
    /// When a message was refused, or the connection ended.
    pub async fn answer(&mut self) -> Result<Option<Accepted>, PublishError> {
        while !self.unanswered.is_empty() {
            let text = match tokio::time::timeout(ANSWER_PATIENCE, self.socket.next()).await {
                Ok(Some(Ok(Message::Text(text)))) => text,
                Ok(Some(Ok(Message::Close(frame)))) => {
                    return Err(self.closed(frame.map(|f| (f.code.into(), f.reason.to_string()))));
                }
                Ok(Some(Ok(Message::Binary(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_)))) => continue,
                Ok(Some(Err(Error::ConnectionClosed)) | None) => return Err(self.closed(None)),
                Ok(Some(Err(error))) => return Err(self.broken(error.to_string())),
                Err(_elapsed) => {
                    return Err(self.broken(format!("no answer for {} s", ANSWER_PATIENCE.as_secs())));
                }
            };
            let Ok(answer) = serde_json::from_str::<Answer<'_>>(text.as_str()) else { continue };
            match answer.r#type.as_str() {
                "published" => {
                    let published: Result<Published, _> = serde_json::from_str(answer.payload.get());
                    let published =
                        published.map_err(|error| self.broken(format!("an answer is unreadable: {error}")))?;
                    let number = published.r#ref.as_ref().and_then(|number| number.parse().ok());
                    let Some(number) = number.filter(|number| self.settle(*number)) else { continue };
                    return Ok(Some(Accepted { number, published }));
                }
                "error" => {
                    let error: Result<ErrorBody, _> = serde_json::from_str(answer.payload.get());
                    let error = error.map_err(|error| self.broken(format!("an answer is unreadable: {error}")))?;
                    let number = error.r#ref.as_ref().and_then(|number| number.parse().ok());
                    let number = number.or(self.unanswered.front().copied()).unwrap_or(0);
                    if matches!(error.code.as_str(), "not_allowed" | "forbidden" | "not_signed_in") {
                        return Err(PublishError::NotAllowed(error.message));
                    }
                    self.settle(number);
                    return Err(PublishError::Refused { number, code: error.code, message: error.message });
                }
                _ => {}
            }
        }
        Ok(None)
    }

    /// Says goodbye.
    ///
    /// # Errors
    /// When the connection ended before; all that was answered stays so.
    pub async fn close(mut self) -> Result<(), PublishError> {
        self.socket.close(None).await.map_err(|error| self.broken(error.to_string()))
    }

    /// Takes a number from those without an answer; answers of states may overtake those of entries.
    fn settle(&mut self, number: u64) -> bool {
        let place = self.unanswered.iter().position(|waiting| *waiting == number);
        place.and_then(|place| self.unanswered.remove(place)).is_some()
    }

    fn closed(&self, frame: Option<(u16, String)>) -> PublishError {
        match frame {
            Some((4401 | 4403, reason)) => PublishError::NotAllowed(reason),
            Some((code, reason)) => self.broken(format!("the server closed the connection with code {code}: {reason}")),
            None => self.broken("the server closed the connection".to_owned()),
        }
    }

    fn broken(&self, why: String) -> PublishError {
        PublishError::Broken { number: self.unanswered.front().copied(), why }
    }
}
