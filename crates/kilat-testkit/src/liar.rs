//! A proxy before a real server of HTTP, that carries everything through until it is told to lie.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

use crate::pause;

/// Longest head of a message.
const MAX_HEAD: usize = 64 * 1024;

/// Pieces of a slow answer.
const PIECES: usize = 4;

/// What it does to a call.
#[derive(Debug, Clone)]
pub enum Lie {
    /// The call is carried out, the answer is this status.
    StatusAfter(u16),
    /// The call is carried out, the connection ends without an answer.
    DropAfter,
    /// One bit of what is sent is another.
    FlipUp,
    /// One bit of what is answered is another.
    FlipDown,
    /// The call is carried out, then the file of that path below this folder loses its second half.
    Truncate(PathBuf),
    /// The answer names another tag for the bytes.
    WrongTag,
    /// No answer ever comes.
    Hang,
    /// The call is not carried out, and after so long the connection ends without an answer.
    HangFor(Duration),
    /// Half of what is sent reaches the server, then both connections end.
    Cut,
    /// The call is carried out, the answer ends in its middle.
    Short,
    /// The call is carried out, the answer comes in pieces with this pause before each.
    Slow(Duration),
    /// The call is not carried out; this is answered: a status, an S3 code, further header lines.
    Answer(u16, &'static str, &'static str),
}

impl Lie {
    /// What it is called in counts.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::StatusAfter(_) => "error after success",
            Self::DropAfter => "answer lost",
            Self::FlipUp => "bit flipped on the way there",
            Self::FlipDown => "bit flipped on the way back",
            Self::Truncate(_) => "stored file cut short",
            Self::WrongTag => "wrong tag",
            Self::Hang | Self::HangFor(_) => "silence",
            Self::Cut => "connection cut while sending",
            Self::Short => "answer cut short",
            Self::Slow(_) => "slow answer",
            Self::Answer(..) => "refusal",
        }
    }
}

/// The proxy.
#[derive(Debug)]
pub struct Liar {
    /// Where it answers.
    pub address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    upstream: SocketAddr,
    plan: Mutex<Option<Plan>>,
    chance: Mutex<Option<Chance>>,
    told: AtomicU32,
    told_by: Mutex<BTreeMap<&'static str, u64>>,
    is_over: AtomicBool,
    over: (Mutex<()>, Condvar),
}

#[derive(Debug)]
struct Plan {
    lie: Lie,
    method: &'static str,
    target: &'static str,
    times: u32,
}

/// Lies drawn by chance.
#[derive(Debug)]
struct Chance {
    rng: SmallRng,
    lies: Vec<Lie>,
    one_in: u32,
    /// A lie that was drawn for several calls in a row, and for how many more.
    storm: Option<(Lie, u32)>,
}

/// Most calls in a row that are refused at once.
const STORM: u32 = 8;

impl Chance {
    fn draw(&mut self) -> Option<Lie> {
        if let Some((lie, left)) = self.storm.take() {
            self.storm = left.checked_sub(1).map(|left| (lie.clone(), left));
            return Some(lie);
        }
        if self.lies.is_empty() || !self.rng.random_ratio(1, self.one_in.max(1)) {
            return None;
        }
        let lie = self.lies[self.rng.random_range(0..self.lies.len())].clone();
        if let Lie::Answer(..) = lie {
            self.storm = Some((lie.clone(), self.rng.random_range(0..STORM)));
        }
        Some(lie)
    }
}

impl Liar {
    /// Starts one before the server that answers there.
    ///
    /// # Panics
    /// When there is no port.
    #[must_use]
    pub fn start(upstream: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::new(Shared {
            upstream,
            plan: Mutex::default(),
            chance: Mutex::default(),
            told: AtomicU32::new(0),
            told_by: Mutex::default(),
            is_over: AtomicBool::new(false),
            over: (Mutex::new(()), Condvar::new()),
        });
        let serving = Arc::clone(&shared);
        thread::spawn(move || {
            for connection in listener.incoming().map_while(Result::ok) {
                if serving.is_over.load(Ordering::SeqCst) {
                    return;
                }
                let serving = Arc::clone(&serving);
                // A connection that broke is what such tests are about.
                thread::spawn(move || serving.carry(connection).unwrap_or(()));
            }
        });
        Self { address, shared }
    }

    /// Lies to the next `times` calls of this method whose target contains a word.
    pub fn lie(&self, lie: Lie, method: &'static str, target: &'static str, times: u32) {
        self.shared.told.store(0, Ordering::SeqCst);
        *self.shared.plan.lock().unwrap_or_else(PoisonError::into_inner) = Some(Plan { lie, method, target, times });
    }

    /// Lies to one call in so many, in a manner that is drawn each time; refusals come several in a row. The same seed
    /// draws the same lies in the same order.
    pub fn lie_by_chance(&self, lies: Vec<Lie>, one_in: u32, seed: u64) {
        let chance = Chance { rng: SmallRng::seed_from_u64(seed), lies, one_in, storm: None };
        *self.shared.chance.lock().unwrap_or_else(PoisonError::into_inner) = Some(chance);
    }

    /// How often it lied in each manner since it started.
    #[must_use]
    pub fn told_by(&self) -> BTreeMap<&'static str, u64> {
        self.shared.told_by.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Tells the truth again; answers how often it lied as planned.
    pub fn stop(&self) -> u32 {
        *self.shared.plan.lock().unwrap_or_else(PoisonError::into_inner) = None;
        *self.shared.chance.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.shared.told.load(Ordering::SeqCst)
    }
}

impl Drop for Liar {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::SeqCst);
        self.shared.over.1.notify_all();
        // Wakes the loop, which then sees that it is over.
        drop(TcpStream::connect(self.address));
    }
}

impl Shared {
    fn lie_for(&self, head: &str) -> Option<Lie> {
        let lie = self.planned(head).or_else(|| self.drawn())?;
        *self.told_by.lock().unwrap_or_else(PoisonError::into_inner).entry(lie.name()).or_default() += 1;
        Some(lie)
    }

    fn drawn(&self) -> Option<Lie> {
        self.chance.lock().unwrap_or_else(PoisonError::into_inner).as_mut()?.draw()
    }

    fn planned(&self, head: &str) -> Option<Lie> {
        let mut words = head.split(' ');
        let (method, target) = (words.next()?, words.next()?);
        let mut plan = self.plan.lock().unwrap_or_else(PoisonError::into_inner);
        let now = plan.as_mut().filter(|plan| plan.method == method && target.contains(plan.target))?;
        now.times = now.times.checked_sub(1)?;
        self.told.fetch_add(1, Ordering::SeqCst);
        Some(now.lie.clone())
    }

    fn carry(&self, mut client: TcpStream) -> io::Result<()> {
        while let Some(head) = read_head(&mut client)? {
            let mut body = vec![0; length_of(&head)];
            client.read_exact(&mut body)?;
            let lie = self.lie_for(&head);
            match &lie {
                Some(Lie::Answer(status, code, lines)) => {
                    let text = format!("<Error><Code>{code}</Code></Error>");
                    let length = text.len();
                    write!(client, "HTTP/1.1 {status} No\r\n{lines}content-length: {length}\r\n\r\n")?;
                    client.write_all(if head.starts_with("HEAD ") { b"" } else { text.as_bytes() })?;
                    continue;
                }
                Some(Lie::Hang) => {
                    let mut held = self.over.0.lock().unwrap_or_else(PoisonError::into_inner);
                    while !self.is_over.load(Ordering::SeqCst) {
                        held = self.over.1.wait(held).unwrap_or_else(PoisonError::into_inner);
                    }
                    return Ok(());
                }
                Some(Lie::HangFor(time)) => {
                    pause(*time);
                    return Ok(());
                }
                Some(Lie::Cut) => return self.cut(&head, &body),
                Some(Lie::FlipUp) => flip(&mut body),
                _ => {}
            }
            let mut answer = self.ask(&head, &body)?;
            match lie {
                Some(Lie::StatusAfter(status)) => {
                    write!(client, "HTTP/1.1 {status} No\r\ncontent-length: 0\r\n\r\n")?;
                    continue;
                }
                Some(Lie::DropAfter) => return Ok(()),
                Some(Lie::FlipDown) => {
                    let at = answer.windows(4).position(|four| four == b"\r\n\r\n").map_or(0, |at| at + 4);
                    flip(&mut answer[at..]);
                }
                Some(Lie::Truncate(folder)) if has_stored(&head, &answer) => truncate(&folder, &head)?,
                Some(Lie::WrongTag) => {
                    let text = String::from_utf8_lossy(&answer).to_lowercase();
                    if let Some(at) = text.find("etag: \"") {
                        answer[at + 7] ^= 1;
                    }
                }
                Some(Lie::Short) => answer.truncate(answer.len() / 2),
                Some(Lie::Slow(time)) => {
                    for piece in answer.chunks(answer.len().div_ceil(PIECES).max(1)) {
                        pause(time);
                        client.write_all(piece)?;
                    }
                    return Ok(());
                }
                Some(Lie::FlipUp | Lie::Hang | Lie::HangFor(_) | Lie::Cut | Lie::Truncate(_) | Lie::Answer(..))
                | None => {}
            }
            client.write_all(&answer)?;
            // The server was asked to close, and its answer says so.
            return Ok(());
        }
        Ok(())
    }

    /// Sends half, and ends.
    fn cut(&self, head: &str, body: &[u8]) -> io::Result<()> {
        let mut server = TcpStream::connect(self.upstream)?;
        server.write_all(head.as_bytes())?;
        server.write_all(&body[..body.len() / 2])?;
        server.shutdown(Shutdown::Both)
    }

    fn ask(&self, head: &str, body: &[u8]) -> io::Result<Vec<u8>> {
        let mut server = TcpStream::connect(self.upstream)?;
        server.write_all(head.trim_end().as_bytes())?;
        server.write_all(b"\r\nconnection: close\r\n\r\n")?;
        server.write_all(body)?;
        let mut answer = Vec::new();
        server.read_to_end(&mut answer)?;
        Ok(answer)
    }
}

fn flip(bytes: &mut [u8]) {
    let middle = bytes.len() / 2;
    if let Some(byte) = bytes.get_mut(middle) {
        *byte ^= 1;
    }
}

/// Whether this call wrote a whole object just now: one that was written and proven before would rot, which is no lie.
fn has_stored(head: &str, answer: &[u8]) -> bool {
    let is_whole = head.starts_with("PUT ") && !head.contains("partNumber=");
    let is_end = head.starts_with("POST ") && head.contains("uploadId=");
    (is_whole || is_end) && answer.starts_with(b"HTTP/1.1 20")
}

fn truncate(folder: &Path, head: &str) -> io::Result<()> {
    let target = plain(head.split([' ', '?']).nth(1).unwrap_or_default());
    let file = OpenOptions::new().write(true).open(folder.join(target.trim_start_matches('/')))?;
    file.set_len(file.metadata()?.len() / 2)
}

/// A target without percent signs.
fn plain(target: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), target.as_bytes());
    while let [first, after @ ..] = rest {
        let code = after.get(..2).and_then(|two| u8::from_str_radix(std::str::from_utf8(two).ok()?, 16).ok());
        match code.filter(|_| *first == b'%') {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn read_head(client: &mut TcpStream) -> io::Result<Option<String>> {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        if client.read(&mut byte)? == 0 || head.len() == MAX_HEAD {
            return Ok(None);
        }
        head.push(byte[0]);
    }
    Ok(Some(String::from_utf8_lossy(&head).into_owned()))
}

fn length_of(head: &str) -> usize {
    let line = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length:").map(str::to_owned));
    line.and_then(|length| length.trim().parse().ok()).unwrap_or(0)
}
