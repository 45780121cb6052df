//! A proxy before a real server of HTTP, that carries everything through until it is told to lie.

use std::fs::OpenOptions;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;

/// Longest head of a message.
const MAX_HEAD: usize = 64 * 1024;

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
    /// The call is not carried out; this is answered: a status, an S3 code, further header lines.
    Answer(u16, &'static str, &'static str),
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
    told: AtomicU32,
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
            told: AtomicU32::new(0),
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

    /// Tells the truth again; answers how often it lied.
    pub fn stop(&self) -> u32 {
        *self.shared.plan.lock().unwrap_or_else(PoisonError::into_inner) = None;
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
                Some(Lie::Truncate(folder)) => truncate(&folder, &head)?,
                Some(Lie::WrongTag) => {
                    let text = String::from_utf8_lossy(&answer).to_lowercase();
                    if let Some(at) = text.find("etag: \"") {
                        answer[at + 7] ^= 1;
                    }
                }
                Some(Lie::FlipUp | Lie::Hang | Lie::Answer(..)) | None => {}
            }
            client.write_all(&answer)?;
            // The server was asked to close, and its answer says so.
            return Ok(());
        }
        Ok(())
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

fn truncate(folder: &std::path::Path, head: &str) -> io::Result<()> {
    let target = head.split([' ', '?']).nth(1).unwrap_or_default();
    let file = OpenOptions::new().write(true).open(folder.join(target.trim_start_matches('/')))?;
    file.set_len(file.metadata()?.len() / 2)
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
