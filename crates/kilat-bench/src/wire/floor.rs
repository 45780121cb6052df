//! The floor: the same bytes, written by one thread to plain TCP sockets, and nothing else.
//!
//! No server that writes each message by itself can cost less. A viewer whose socket is full is cut off.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use super::frame::{TEXT, push_plain};
use super::peer::{end_with_the_bench, say_ready};
use crate::Outcome;

/// Serves until the bench is gone; so many messages are joined into one write.
///
/// # Errors
/// When a socket cannot be bound, or the feed breaks.
pub fn serve_floor(joined: usize) -> Outcome<()> {
    let (doors, feed) = (TcpListener::bind("127.0.0.1:0")?, TcpListener::bind("127.0.0.1:0")?);
    say_ready(doors.local_addr()?.port(), feed.local_addr()?.port())?;
    end_with_the_bench();
    let viewers = Arc::new(Mutex::new(Vec::new()));
    let coming = Arc::clone(&viewers);
    thread::spawn(move || doors.incoming().flatten().for_each(|socket| admit(&coming, socket)));
    let mut lines = BufReader::new(feed.accept()?.0);
    let (mut line, mut frames) = (Vec::new(), Vec::new());
    loop {
        frames.clear();
        for _ in 0..joined {
            line.clear();
            if lines.read_until(b'\n', &mut line)? == 0 {
                return Ok(());
            }
            push_plain(TEXT, line.trim_ascii_end(), &mut frames);
        }
        let mut viewers = viewers.lock().unwrap_or_else(PoisonError::into_inner);
        viewers.retain_mut(|viewer: &mut TcpStream| matches!(viewer.write(&frames), Ok(all) if all == frames.len()));
    }
}

fn admit(viewers: &Mutex<Vec<TcpStream>>, mut socket: TcpStream) {
    let mut hello = Vec::new();
    push_plain(TEXT, b"{}", &mut hello);
    let mut viewers = viewers.lock().unwrap_or_else(PoisonError::into_inner);
    let is_there = socket.set_nodelay(true).and_then(|()| socket.set_nonblocking(true));
    if is_there.and_then(|()| socket.write_all(&hello)).is_ok() {
        viewers.push(socket);
    }
}
