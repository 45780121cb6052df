//! A signed-in operator who goes on working during an attack: a heartbeat on the socket, a call on a
//! connection that stays open, a call by a new one, again and again.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use kilat_testkit::{Server, pause};

use super::line::{Line, frame};
use crate::{Outcome, process};

/// Below the 100 messages a minute that a client may send.
const ROUND: Duration = Duration::from_millis(700);
/// An operator comes from here; attackers do not.
const HERE: u8 = 1;

/// How long the operator waited at most, and the server's memory at most.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Worst {
    pub(super) beat: Duration,
    pub(super) call: Duration,
    pub(super) fresh: Duration,
    pub(super) memory: u64,
    pub(super) rounds: usize,
}

/// At work.
pub(super) struct Operator {
    is_over: Arc<AtomicBool>,
    working: JoinHandle<Result<Worst, String>>,
}

impl Operator {
    pub(super) fn start(http: SocketAddr, server: &Server) -> Outcome<Self> {
        let ws = server.ws.trim_start_matches("ws://").trim_end_matches("/ws").parse()?;
        let mut work = Work {
            http,
            call: format!("GET /api/now HTTP/1.1\r\nhost: {http}\r\nauthorization: {}\r\n\r\n", server.bearer()),
            socket: Line::upgrade(ws, HERE, &server.token)?,
            kept: Line::open(http, HERE)?,
            pid: server.pid(),
        };
        let is_over = Arc::new(AtomicBool::new(false));
        let mut worst = Worst::default();
        // Signed in before the attack begins.
        work.round(&mut worst)?;
        worst = Worst::default();
        let working = std::thread::spawn({
            let is_over = Arc::clone(&is_over);
            move || {
                while !is_over.load(Ordering::Acquire) {
                    work.round(&mut worst).map_err(|error| format!("the operator was not answered: {error}"))?;
                    pause(ROUND);
                }
                Ok(worst)
            }
        });
        Ok(Self { is_over, working })
    }

    pub(super) fn stop(self) -> Outcome<Worst> {
        self.is_over.store(true, Ordering::Release);
        match self.working.join() {
            Ok(worst) => Ok(worst?),
            Err(_panic) => Err("the operator's thread died".into()),
        }
    }
}

struct Work {
    http: SocketAddr,
    call: String,
    socket: Line,
    kept: Line,
    pid: i32,
}

impl Work {
    fn round(&mut self, worst: &mut Worst) -> std::io::Result<()> {
        let began = Instant::now();
        self.socket.say(&frame(br#"{"type":"heartbeat"}"#))?;
        loop {
            let (head, payload) = self.socket.frame()?;
            match head {
                0x88 => return Err(std::io::Error::other("its socket was closed")),
                0x81 if payload.starts_with(br#"{"type":"heartbeat_response""#) => break,
                _ => {}
            }
        }
        worst.beat = worst.beat.max(began.elapsed());
        worst.call = worst.call.max(ask(&mut self.kept, &self.call)?);
        let began = Instant::now();
        ask(&mut Line::open(self.http, HERE)?, &self.call)?;
        worst.fresh = worst.fresh.max(began.elapsed());
        worst.memory = worst.memory.max(process::memory(self.pid)?.0);
        worst.rounds += 1;
        Ok(())
    }
}

fn ask(line: &mut Line, call: &str) -> std::io::Result<Duration> {
    let began = Instant::now();
    line.say(call.as_bytes())?;
    let answer = line.answer()?;
    if answer.status == 200 { Ok(began.elapsed()) } else { Err(std::io::Error::other(answer.code())) }
}
