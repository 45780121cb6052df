//! A viewer: one WebSocket on all channels, everything it heard, and when.

use std::net::TcpStream;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::stream::MaybeTlsStream;
use tokio_tungstenite::tungstenite::{Message, WebSocket, connect};

use crate::NEVER;

/// Messages kept: a test that makes more asks too late.
const MAX_HEARD: usize = 200_000;

/// Characters of a message that a failed test prints.
const MAX_TOLD: usize = 600;

/// A message, and when it came.
#[derive(Debug, Clone)]
pub struct Heard {
    /// The whole frame.
    pub message: Value,
    /// When it was read from the socket.
    pub at: Instant,
}

impl Heard {
    /// Its type.
    #[must_use]
    pub fn kind(&self) -> &str {
        self.message["type"].as_str().unwrap_or_default()
    }

    /// Enough of it for a person.
    fn beginning(&self) -> String {
        self.message.to_string().chars().take(MAX_TOLD).collect()
    }

    /// Its payload.
    #[must_use]
    pub fn payload(&self) -> &Value {
        &self.message["payload"]
    }
}

#[derive(Debug, Default)]
struct Ear {
    heard: Mutex<(Vec<Heard>, bool)>,
    more: Condvar,
}

impl Ear {
    fn lock(&self) -> MutexGuard<'_, (Vec<Heard>, bool)> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connected viewer.
#[derive(Debug)]
pub struct Viewer {
    ear: Arc<Ear>,
    stream: Option<TcpStream>,
    listening: Option<JoinHandle<()>>,
}

impl Viewer {
    /// Connects, and is subscribed to every channel when this returns.
    ///
    /// # Panics
    /// When it cannot.
    #[must_use]
    pub fn connect(address: &str, token: &str) -> Self {
        let mut request = address.into_client_request().unwrap_or_else(|error| panic!("{address}: {error}"));
        let bearer = format!("Bearer {token}").parse().expect("a header");
        request.headers_mut().insert("authorization", bearer);
        let (mut socket, _) = connect(request).unwrap_or_else(|error| panic!("cannot connect to {address}: {error}"));
        for channel in ["dslr", "backup", "upload", "camera", "system"] {
            let message = json!({ "type": "subscribe", "payload": { "channel": channel }, "timestamp": "" });
            socket.send(Message::text(message.to_string())).expect("a subscription");
        }
        // Answered in order: whatever happens from here on is heard.
        socket.send(Message::text(json!({ "type": "heartbeat" }).to_string())).expect("a heartbeat");
        let stream = match socket.get_ref() {
            MaybeTlsStream::Plain(stream) => stream.try_clone().ok(),
            _ => None,
        };
        let ear = Arc::new(Ear::default());
        let hears = Arc::clone(&ear);
        let listening = std::thread::spawn(move || listen(socket, &hears));
        let viewer = Self { ear, stream, listening: Some(listening) };
        viewer.wait(|heard| (heard.kind() == "heartbeat_response").then_some(()));
        viewer
    }

    /// Waits for the first message that this finds, among those that came already too.
    ///
    /// # Panics
    /// When it never comes, or the server hangs up first.
    pub fn wait<T>(&self, mut find: impl FnMut(&Heard) -> Option<T>) -> T {
        self.try_wait(&mut find).unwrap_or_else(|| {
            let heard = self.heard();
            let last: Vec<_> = heard.iter().rev().take(5).map(Heard::beginning).collect();
            panic!("it never came; the last of {} messages were: {last:#?}", heard.len())
        })
    }

    /// The same; none when it never comes or the server hangs up first.
    pub fn try_wait<T>(&self, find: &mut impl FnMut(&Heard) -> Option<T>) -> Option<T> {
        self.try_wait_within(NEVER, find)
    }

    /// The same within a time.
    pub fn try_wait_within<T>(&self, limit: Duration, find: &mut impl FnMut(&Heard) -> Option<T>) -> Option<T> {
        let deadline = Instant::now() + limit;
        let mut from = 0;
        let mut guard = self.ear.lock();
        loop {
            if let Some(found) = guard.0[from..].iter().find_map(&mut *find) {
                return Some(found);
            }
            from = guard.0.len();
            let left = deadline.saturating_duration_since(Instant::now());
            if guard.1 || left.is_zero() {
                return None;
            }
            guard = self.ear.more.wait_timeout(guard, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Waits for a state in which this holds.
    ///
    /// # Panics
    /// When it never comes.
    pub fn wait_now(&self, mut holds: impl FnMut(&Value) -> bool) -> Value {
        self.wait(|heard| (heard.kind() == "now" && holds(heard.payload())).then(|| heard.payload().clone()))
    }

    /// Waits until so many photos are held, and all of them are safe.
    ///
    /// # Panics
    /// When that never happens.
    pub fn wait_safe(&self, photos: u64) -> Value {
        self.wait_now(|now| now["counts"]["held"] == photos && now["counts"]["safe"] == photos)
    }

    /// Waits for the alarm that a destination takes no copies, or that it keeps going away; low room there is another
    /// matter.
    ///
    /// # Panics
    /// When it never comes.
    pub fn wait_alarm(&self, place: &Path) -> Value {
        let place = place.to_string_lossy().into_owned();
        self.wait(|heard| {
            let payload = heard.payload();
            let title = payload["title"].as_str().unwrap_or_default();
            let says = title == "Storage takes no copies" || title.starts_with("Keeps going away");
            let is_alarm = heard.kind() == "notification" && says;
            (is_alarm && payload["message"].to_string().contains(&place)).then(|| payload.clone())
        })
    }

    /// Everything heard so far.
    #[must_use]
    pub fn heard(&self) -> Vec<Heard> {
        self.ear.lock().0.clone()
    }
}

impl Drop for Viewer {
    fn drop(&mut self) {
        if let Some(stream) = &self.stream {
            // Ended by the server already: then the thread has ended too.
            stream.shutdown(std::net::Shutdown::Both).unwrap_or(());
        }
        if let Some(listening) = self.listening.take() {
            listening.join().unwrap_or(());
        }
    }
}

fn listen(mut socket: WebSocket<MaybeTlsStream<TcpStream>>, ear: &Ear) {
    while let Ok(message) = socket.read() {
        let at = Instant::now();
        let Message::Text(text) = message else { continue };
        let Ok(message) = serde_json::from_str(&text) else { continue };
        let mut guard = ear.lock();
        if guard.0.len() < MAX_HEARD {
            guard.0.push(Heard { message, at });
        }
        ear.more.notify_all();
    }
    ear.lock().1 = true;
    ear.more.notify_all();
}
