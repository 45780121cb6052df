//! A watcher's host: the real client, and a program around it that writes down what it handled.

use std::io;
use std::sync::Arc;

use kilat_client::{Client, Config, Connector, Endpoint, Event, Link, Nature, Patience, Security, Transport};
use kilat_core::Clock;
use rand::SeedableRng;
use rand::rngs::SmallRng;
use serde_json::Value;
use turmoil::net::TcpStream;

use crate::world::{NOBODY, PORT, SERVER, TOKEN, Watcher, World, lock};

struct Simulated(Arc<Watcher>);

impl Connector for Simulated {
    type Stream = TcpStream;

    fn endpoint(&self) -> Option<Endpoint> {
        let host = turmoil::lookup(SERVER);
        let port = if *lock(&self.0.is_blocked) { NOBODY } else { PORT };
        let (ws, http) = (format!("ws://{host}:{port}/ws"), Some(format!("http://{host}:{PORT}")));
        Some(Endpoint { ws, http, token: Some(TOKEN.to_owned()) })
    }

    async fn connect(&self, host: &str, port: u16, _security: Security) -> io::Result<TcpStream> {
        TcpStream::connect((host, port)).await
    }
}

/// Watches from where it stood when it was last alive.
pub(crate) async fn watch(world: Arc<World>, watcher: Arc<Watcher>) -> turmoil::Result {
    let since = lock(&watcher.seen).cursor.clone();
    let config = Config { channels: watcher.channels, since, patience: Patience::default() };
    let mut client = Client::start(config, Simulated(Arc::clone(&watcher)), SmallRng::seed_from_u64(watcher.seed));
    loop {
        let nap = lock(&watcher.nap).take();
        if let Some(nap) = nap {
            tokio::time::sleep(nap).await;
        }
        let told = match client.next().await {
            Ok(told) => told,
            Err(ended) => {
                lock(&watcher.seen).ended = Some(ended.to_string());
                return Ok(());
            }
        };
        if let Event::Link(link) = &told.event {
            let at = told.cursor.as_ref().map_or("nowhere".to_owned(), |cursor| cursor.seq.to_string());
            world.tell(world.clock.monotonic(), format!("{} at {at}: {link:?}", watcher.name));
        }
        let mut seen = lock(&watcher.seen);
        match told.event {
            Event::Message(message) => match message.nature {
                Nature::Entry { seq } => seen.entries.push(seq),
                Nature::State if message.r#type == "now" => {
                    let now: Value = serde_json::from_str(&message.text)?;
                    seen.paused = now["payload"]["paused"].as_bool();
                }
                Nature::Other if message.r#type == "subscribed" => seen.resyncs += 1,
                Nature::State | Nature::Other => {}
            },
            Event::Missed(missed) => seen.missed.push(missed),
            Event::Link(Link::Up(Transport::WebSocket)) => seen.connections += 1,
            Event::Link(Link::Up(Transport::Polling)) => seen.polls += 1,
            Event::Link(Link::Hole { before }) => seen.holes.push(before),
            Event::Link(Link::Down { .. }) => {}
        }
        if seen.first.is_none() {
            seen.first.clone_from(&told.cursor);
        }
        seen.cursor = told.cursor;
    }
}
