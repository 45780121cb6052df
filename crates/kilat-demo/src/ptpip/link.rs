//! The camera's cable: everything that it sends goes through here, and every fault is made here.
//!
//! Invariant: whatever waits here is woken by every change, so that a stalled or slow camera can be unplugged,
//! dropped or healed at once.

use std::io::{self, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Connections at once: a session has two, and one may still be closing.
const MAX_CONNECTIONS: usize = 8;
/// What is sent between two looks at the faults.
const PIECE_BYTES: usize = 16 * 1024;

/// What can happen to a camera.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing is there any more: connections end, new ones are refused.
    Unplug,
    /// It stays reachable and ends every connection, as a camera does whose display went dark.
    Doze,
    /// It says nothing more, for ever, and ends nothing.
    Stall,
}

/// A fault in the middle of the next download, once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    /// After so many bytes of the file.
    pub at_byte: u64,
    /// What happens there.
    pub then: Fault,
}

/// How the camera is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Power {
    On,
    Dozing,
    Unplugged,
}

#[derive(Debug)]
struct State {
    power: Power,
    is_stalled: bool,
    bytes_per_second: Option<u64>,
    cut: Option<Cut>,
    cuts_done: u64,
    connections: Vec<(u64, TcpStream)>,
    listeners: Vec<TcpStream>,
    next_connection: u64,
    /// Object and bytes of it that were sent.
    sending: (u32, u64),
}

/// The cable, shared by all threads of one camera.
#[derive(Debug)]
pub(super) struct Link {
    state: Mutex<State>,
    changed: Condvar,
}

impl Link {
    pub(super) fn new() -> Self {
        let state = State {
            power: Power::On,
            is_stalled: false,
            bytes_per_second: None,
            cut: None,
            cuts_done: 0,
            connections: Vec::new(),
            listeners: Vec::new(),
            next_connection: 1,
            sending: (0, 0),
        };
        Self { state: Mutex::new(state), changed: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change<T>(&self, with: impl FnOnce(&mut State) -> T) -> T {
        let answer = with(&mut self.lock());
        self.changed.notify_all();
        answer
    }

    pub(super) fn power(&self) -> Power {
        self.lock().power
    }

    pub(super) fn set_power(&self, power: Power) {
        self.change(|state| state.turn(power));
    }

    /// Ends all connections of a camera that is off.
    pub(super) fn close(&self) {
        self.change(|state| {
            if state.power != Power::On {
                state.close();
            }
        });
    }

    pub(super) fn set_stalled(&self, is_stalled: bool) {
        self.change(|state| state.is_stalled = is_stalled);
    }

    pub(super) fn set_rate(&self, bytes_per_second: Option<u64>) {
        self.change(|state| state.bytes_per_second = bytes_per_second.map(|rate| rate.max(1)));
    }

    pub(super) fn set_cut(&self, cut: Cut) {
        self.change(|state| state.cut = Some(cut));
    }

    /// Waits until so many cuts happened since the camera began.
    pub(super) fn wait_for_cuts(&self, cuts: u64, patience: Duration) -> bool {
        let waited = self.changed.wait_timeout_while(self.lock(), patience, |state| state.cuts_done < cuts);
        !waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }

    pub(super) fn cuts_done(&self) -> u64 {
        self.lock().cuts_done
    }

    /// Takes in a connection; `None` when the camera would refuse it.
    pub(super) fn enter(&self, stream: &TcpStream) -> io::Result<Option<u64>> {
        let kept = stream.try_clone()?;
        Ok(self.change(|state| {
            if state.power != Power::On || state.connections.len() >= MAX_CONNECTIONS {
                return None;
            }
            let number = state.next_connection;
            state.next_connection += 1;
            state.connections.push((number, kept));
            Some(number)
        }))
    }

    pub(super) fn leave(&self, number: u64) {
        self.change(|state| state.connections.retain(|(other, _)| *other != number));
    }

    /// From now on this connection is told of events.
    pub(super) fn listen(&self, stream: &TcpStream) -> io::Result<()> {
        let stream = stream.try_clone()?;
        self.change(|state| state.listeners.push(stream));
        Ok(())
    }

    /// Tells all who listen. What happens while nobody can be told is lost, as it is with cameras.
    pub(super) fn announce(&self, packet: &[u8]) {
        self.change(|state| {
            if state.power == Power::On && !state.is_stalled {
                state.listeners.retain_mut(|stream| stream.write_all(packet).is_ok());
            }
        });
    }

    /// Sends, as the cable allows.
    pub(super) fn send(&self, to: &mut TcpStream, bytes: &[u8]) -> io::Result<()> {
        self.wait_until_it_speaks()?;
        to.write_all(bytes)
    }

    /// Sends a piece of a file that begins there: this is what is slow, and what is cut.
    pub(super) fn send_file(&self, to: &mut TcpStream, object: u32, from: u64, bytes: &[u8]) -> io::Result<()> {
        self.lock().sending = (object, from);
        let mut rest = bytes;
        while !rest.is_empty() {
            self.wait_until_it_speaks()?;
            let length = self.change(State::piece).min(rest.len());
            let (piece, after) = rest.split_at(length);
            to.write_all(piece)?;
            rest = after;
            if let Some(pause) = self.change(|state| state.sent(length)) {
                self.pause(pause)?;
            }
        }
        Ok(())
    }

    /// Waits while it is stalled.
    fn wait_until_it_speaks(&self) -> io::Result<()> {
        let state = self.changed.wait_while(self.lock(), |state| state.is_stalled && state.power == Power::On);
        state.unwrap_or_else(PoisonError::into_inner).check()
    }

    fn pause(&self, pause: Duration) -> io::Result<()> {
        let until = Instant::now() + pause;
        let mut state = self.lock();
        loop {
            state.check()?;
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() || state.bytes_per_second.is_none() {
                return Ok(());
            }
            state = self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl State {
    fn turn(&mut self, power: Power) {
        self.power = power;
        match power {
            Power::On => {}
            Power::Dozing => self.close(),
            // First nobody is let in any more: whoever looks why a connection ended must find nothing there.
            Power::Unplugged => self.listeners.clear(),
        }
    }

    fn close(&mut self) {
        self.listeners.clear();
        for (_, stream) in self.connections.drain(..) {
            // It may have ended by itself.
            match stream.shutdown(Shutdown::Both) {
                Ok(()) | Err(_) => {}
            }
        }
    }

    fn check(&self) -> io::Result<()> {
        if self.power == Power::On { Ok(()) } else { Err(io::ErrorKind::ConnectionAborted.into()) }
    }

    /// How much may be sent before the next look: less at a slow rate, and up to a cut.
    fn piece(&mut self) -> usize {
        let at_this_rate =
            self.bytes_per_second.map_or(PIECE_BYTES, |rate| (rate / 20).clamp(1, PIECE_BYTES as u64) as usize);
        match self.cut {
            Some(cut) if cut.at_byte > self.sending.1 => {
                at_this_rate.min(usize::try_from(cut.at_byte - self.sending.1).unwrap_or(PIECE_BYTES))
            }
            Some(_) | None => at_this_rate,
        }
    }

    /// Counts what was sent, cuts where it must, and says how long to wait.
    fn sent(&mut self, length: usize) -> Option<Duration> {
        self.sending.1 += length as u64;
        if let Some(cut) = self.cut.take_if(|cut| cut.at_byte <= self.sending.1) {
            self.cuts_done += 1;
            match cut.then {
                Fault::Unplug => self.turn(Power::Unplugged),
                Fault::Doze => self.turn(Power::Dozing),
                Fault::Stall => self.is_stalled = true,
            }
        }
        self.bytes_per_second.map(|rate| Duration::from_secs_f64(length as f64 / rate as f64))
    }
}
