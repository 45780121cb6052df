//! A server that takes calls, answers as it is told to, and hands over what it was sent.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver as Calls, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

use crate::NEVER;

/// Calls that a test may leave lying: more than any makes.
const MOST: usize = 256;

/// What it was sent.
#[derive(Debug, Clone)]
pub struct Call {
    /// For example `POST /hook HTTP/1.1`.
    pub line: String,
    /// By their names in lower case.
    pub headers: BTreeMap<String, String>,
    /// As it came.
    pub body: Vec<u8>,
}

impl Call {
    /// The body as text.
    ///
    /// # Panics
    /// When it is none.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).expect("text")
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// When it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }
}

/// How it answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// With this status.
    Status(u16),
    /// With another address.
    Elsewhere(String),
    /// What begins with `test` is taken, all else is too much.
    TrialsOnly,
    /// Never.
    Silence,
}

/// The server; its threads end with the test's process.
#[derive(Debug)]
pub struct Receiver {
    /// Its address.
    pub url: String,
    answer: Arc<Mutex<Answer>>,
    calls: Calls<Call>,
}

impl Receiver {
    /// Starts on a free port of this machine.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn start(answer: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let (sender, calls) = sync_channel(MOST);
        let answer = Arc::new(Mutex::new(answer));
        let answers = Arc::clone(&answer);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (sender, answers) = (sender.clone(), Arc::clone(&answers));
                std::thread::spawn(move || serve(&stream, &sender, &answers));
            }
        });
        Self { url, answer, calls }
    }

    /// Answers so from now on.
    pub fn answer(&self, answer: Answer) {
        *self.answer.lock().unwrap_or_else(PoisonError::into_inner) = answer;
    }

    /// The next call.
    ///
    /// # Panics
    /// When none ever comes.
    pub fn call(&self) -> Call {
        self.calls.recv_timeout(NEVER).expect("a call")
    }

    /// Calls that came and that nobody has asked for.
    #[must_use]
    pub fn left(&self) -> Vec<Call> {
        self.calls.try_iter().collect()
    }
}

/// Takes calls on one connection until its end.
fn serve(stream: &TcpStream, calls: &SyncSender<Call>, answers: &Mutex<Answer>) {
    let mut reader = BufReader::new(stream);
    while let Some(call) = read(&mut reader) {
        // Decided before anybody hears of the call, so that what a test sets then is for the next one.
        let answer = answers.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let is_trial = call.body.starts_with(b"test");
        let is_wanted = calls.try_send(call).is_ok();
        let head = match &answer {
            Answer::Status(status) => format!("HTTP/1.1 {status} x\r\n"),
            Answer::TrialsOnly => format!("HTTP/1.1 {} x\r\n", if is_trial { 200 } else { 503 }),
            Answer::Elsewhere(url) => format!("HTTP/1.1 307 x\r\nlocation: {url}\r\n"),
            Answer::Silence => {
                // Until the caller hangs up.
                let mut rest = Vec::new();
                reader.read_to_end(&mut rest).unwrap_or(0);
                return;
            }
        };
        let mut writer = stream;
        if writer.write_all(format!("{head}content-length: 0\r\n\r\n").as_bytes()).is_err() || !is_wanted {
            return;
        }
    }
}

fn read(reader: &mut BufReader<&TcpStream>) -> Option<Call> {
    let mut line = String::new();
    if reader.read_line(&mut line).ok()? == 0 {
        return None;
    }
    let mut headers = BTreeMap::new();
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        let Some((name, value)) = header.trim_end().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Call { line: line.trim_end().to_owned(), headers, body })
}
