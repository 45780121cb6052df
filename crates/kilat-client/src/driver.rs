//! Carries out what the machine decides, on tokio: one task, one socket, at most one poll, one bounded queue.
//!
//! Nothing is read while something waits to be handed over: a caller that is slow holds the socket back, and the
//! server, which notices, skips states for it and brings it up to date.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use http::HeaderValue;
use http::header::AUTHORIZATION;
use kilat_wire::Cursor;
use rand::rngs::SmallRng;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::config::{Config, Endpoint};
use crate::event::{Ended, Told};
use crate::get::{self, Question};
use crate::machine::{Action, End, Input, Machine, Polled};
use crate::net::{Connector, Counted, parts};

/// Events that wait for the caller: one write of the server. What is not in here waits in the socket.
const QUEUE: usize = 64;
/// One of our few small writes that takes longer means that nobody reads.
const WRITE_PATIENCE: Duration = Duration::from_secs(10);
/// Longest message that is read: the largest state is some hundred KB.
const MAX_MESSAGE_BYTES: usize = 16 << 20;

type Stream<C> = WebSocketStream<Counted<<C as Connector>::Stream>>;
type Opening<C> = Pin<Box<dyn Future<Output = (u32, Result<Opened<C>, End>)> + Send>>;
type Polling = Pin<Box<dyn Future<Output = (u32, Polled)> + Send>>;

/// A client that watches. Dropping it ends it.
pub struct Client {
    told: mpsc::Receiver<Told>,
    cursor: Option<Cursor>,
    task: JoinHandle<Ended>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("cursor", &self.cursor).finish_non_exhaustive()
    }
}

impl Client {
    /// Begins to watch, and goes on until it is dropped or the server says that it must not.
    pub fn start<C: Connector>(config: Config, connector: C, rng: SmallRng) -> Self {
        let (queue, told) = mpsc::channel(QUEUE);
        let cursor = config.since.clone();
        let task = tokio::spawn(run(config, Arc::new(connector), rng, queue));
        Self { told, cursor, task }
    }

    /// The next thing that happened. Cancel-safe.
    ///
    /// # Errors
    /// When the client does not go on by itself.
    pub async fn next(&mut self) -> Result<Told, Ended> {
        if let Some(told) = self.told.recv().await {
            self.cursor.clone_from(&told.cursor);
            return Ok(told);
        }
        Err((&mut self.task).await.unwrap_or(Ended::Stopped))
    }

    /// Where the log stands behind what [`Client::next`] handed over last: another client may go on from here.
    #[must_use]
    pub fn cursor(&self) -> Option<&Cursor> {
        self.cursor.as_ref()
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// An open connection, its halves apart so that writing never borrows the reading.
struct Opened<C: Connector> {
    writing: SplitSink<Stream<C>, Message>,
    reading: SplitStream<Stream<C>>,
    count: Arc<AtomicU64>,
}

/// What is under way.
struct Wire<C: Connector> {
    config: Config,
    connector: Arc<C>,
    opening: Option<Opening<C>>,
    open: Option<(u32, Opened<C>)>,
    polling: Option<Polling>,
    /// Bytes that the machine knows of.
    counted: u64,
}

async fn run<C: Connector>(config: Config, connector: Arc<C>, rng: SmallRng, queue: mpsc::Sender<Told>) -> Ended {
    let began = Instant::now();
    let mut machine = Machine::new(&config, rng, began.elapsed());
    let mut wire = Wire { config, connector, opening: None, open: None, polling: None, counted: 0 };
    loop {
        while let Some(action) = machine.action() {
            if let Some(failed) = wire.act(action).await {
                machine.hear(failed, began.elapsed());
            }
        }
        if let Some(ended) = machine.ended() {
            return ended.clone();
        }
        let is_full = machine.has_told();
        let due = began.checked_add(machine.due());
        let input = tokio::select! {
            permit = queue.reserve(), if is_full => {
                let Ok(permit) = permit else { return Ended::Stopped };
                if let Some(told) = machine.tell() {
                    permit.send(told);
                }
                continue;
            }
            input = wire.next(), if !is_full => input,
            () = until(due) => match wire.heard_more() {
                Some(generation) => Input::Heard(generation),
                None => Input::Tick,
            },
        };
        machine.hear(input, began.elapsed());
    }
}

async fn until(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due).await,
        None => std::future::pending().await,
    }
}

impl<C: Connector> Wire<C> {
    /// Carries an action out; answers what became of a write that failed.
    async fn act(&mut self, action: Action) -> Option<Input> {
        match action {
            Action::Connect(generation) => {
                self.open = None;
                self.opening = Some(Box::pin(open(generation, Arc::clone(&self.connector))));
            }
            Action::Drop => (self.open, self.opening) = (None, None),
            Action::Send(text) => return self.send(Message::text(text)).await,
            Action::Ping => return self.send(Message::Ping(bytes::Bytes::new())).await,
            Action::Poll { generation, query, tag } => {
                let (connector, patience) = (Arc::clone(&self.connector), self.config.patience.connect);
                let question = Question { query, tag, patience };
                self.polling = Some(Box::pin(async move { (generation, get::poll(&*connector, question).await) }));
            }
            Action::StopPolling => self.polling = None,
        }
        None
    }

    async fn send(&mut self, message: Message) -> Option<Input> {
        let (generation, opened) = self.open.as_mut()?;
        match tokio::time::timeout(WRITE_PATIENCE, opened.writing.send(message)).await {
            Ok(Ok(())) => None,
            // What the server said before it ended is worth more than our failed write: reading tells.
            Ok(Err(error)) => {
                tracing::debug!(%error, "cannot write to the server");
                None
            }
            Err(_elapsed) => Some(Input::Closed(*generation, End::Failed("the server does not read".to_owned()))),
        }
    }

    /// The generation whose bytes came since the last look; none when none did.
    fn heard_more(&mut self) -> Option<u32> {
        let (generation, opened) = self.open.as_ref()?;
        let count = opened.count.load(Ordering::Relaxed);
        (std::mem::replace(&mut self.counted, count) != count).then_some(*generation)
    }

    /// The next thing that happens on the network. Cancel-safe: what is under way stays here.
    async fn next(&mut self) -> Input {
        let Self { opening, open, polling, .. } = self;
        let input = tokio::select! {
            (generation, opened) = pending(opening) => {
                *opening = None;
                match opened {
                    Ok(opened) => {
                        *open = Some((generation, opened));
                        Input::Opened(generation)
                    }
                    Err(end) => Input::Closed(generation, end),
                }
            }
            input = read::<C>(open) => input,
            (generation, polled) = pending(polling) => {
                *polling = None;
                Input::Polled(generation, polled)
            }
        };
        if let Input::Closed(..) = input {
            *open = None;
        }
        input
    }
}

async fn pending<T>(future: &mut Option<Pin<Box<dyn Future<Output = T> + Send>>>) -> T {
    match future {
        Some(future) => future.await,
        None => std::future::pending().await,
    }
}

async fn read<C: Connector>(open: &mut Option<(u32, Opened<C>)>) -> Input {
    let Some((generation, opened)) = open else { return std::future::pending().await };
    let generation = *generation;
    match opened.reading.next().await {
        Some(Ok(Message::Text(text))) => Input::Text(generation, text.as_str().to_owned()),
        Some(Ok(Message::Close(frame))) => {
            let (code, reason) = frame
                .map_or((None, String::new()), |frame| (Some(u16::from(frame.code)), frame.reason.as_str().to_owned()));
            Input::Closed(generation, End::Closed(code, reason))
        }
        // Our server sends no binary messages; those and pings only say that somebody is there.
        Some(Ok(Message::Binary(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {
            Input::Heard(generation)
        }
        Some(Err(Error::ConnectionClosed)) | None => Input::Closed(generation, End::Closed(None, String::new())),
        Some(Err(error)) => Input::Closed(generation, End::Failed(error.to_string())),
    }
}

async fn open<C: Connector>(generation: u32, connector: Arc<C>) -> (u32, Result<Opened<C>, End>) {
    let Some(endpoint) = connector.endpoint() else {
        return (generation, Err(End::Failed("nobody knows where the server answers".to_owned())));
    };
    let count = Arc::new(AtomicU64::new(0));
    let opened = handshake(&*connector, &endpoint, Arc::clone(&count)).await;
    let opened = opened.map(|socket| {
        let (writing, reading) = socket.split();
        Opened { writing, reading, count }
    });
    (generation, opened)
}

/// Opens a WebSocket; the caller bounds the wait.
pub(crate) async fn handshake<C: Connector>(
    connector: &C,
    endpoint: &Endpoint,
    count: Arc<AtomicU64>,
) -> Result<Stream<C>, End> {
    let url = &endpoint.ws;
    let failed = |why: String| End::Failed(format!("cannot connect to {url}: {why}"));
    let (host, port, security) = parts(url, ("ws", "wss")).map_err(failed)?;
    let mut request = url.into_client_request().map_err(|error| failed(error.to_string()))?;
    if let Some(token) = &endpoint.token {
        let bearer = HeaderValue::from_str(&format!("Bearer {token}"));
        let mut bearer = bearer.map_err(|_why| failed("the token holds what no header can".to_owned()))?;
        bearer.set_sensitive(true);
        request.headers_mut().insert(AUTHORIZATION, bearer);
    }
    let stream = connector.connect(&host, port, security).await.map_err(|error| failed(error.to_string()))?;
    let limits = WebSocketConfig::default().max_message_size(Some(MAX_MESSAGE_BYTES));
    let stream = Counted::new(stream, count);
    match tokio_tungstenite::client_async_with_config(request, stream, Some(limits)).await {
        Ok((socket, _)) => Ok(socket),
        Err(Error::Http(response)) => Err(End::Status(response.status().as_u16())),
        Err(error) => Err(failed(error.to_string())),
    }
}
