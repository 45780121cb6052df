//! Room for connections: so many at all, so many of one address, and few that have not said who they are.
//!
//! A stranger holds a place for seconds, and when strangers fill theirs, the oldest of the address that
//! has the most of them goes. So whoever is signed in gets in however many are not; and viewers
//! leave a reserve, so that an operator gets in however many of them there are.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

/// What a connection may take to say who it is, handshake and head of its first request included.
pub(crate) const STRANGER_PATIENCE: Duration = Duration::from_secs(10);
/// What it may take for each answer that strangers get, such as the page's files over bad Wi-Fi.
const ANSWER_PATIENCE: Duration = Duration::from_secs(60);
/// Connections that have not said who they are: twice what is accepted in a second.
pub(crate) const MAX_STRANGERS: usize = 2_048;
/// Places that viewers leave to operators and programs.
const RESERVE: usize = 256;

/// How many connections there may be.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Of those who said who they are.
    pub connections: usize,
    /// Of one address.
    pub per_address: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seat {
    Stranger,
    Viewer,
    Reserved,
}

/// For whom a place is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum For {
    /// Somebody who looks.
    Viewer,
    /// Somebody who works, or a program that publishes.
    Operator,
}

#[derive(Debug, Default, Clone, Copy)]
struct Tally {
    all: usize,
    strangers: usize,
}

#[derive(Debug, Default)]
struct State {
    next: u64,
    viewers: usize,
    reserved: usize,
    addresses: HashMap<IpAddr, Tally>,
    /// Oldest first.
    strangers: BTreeMap<u64, (IpAddr, watch::Sender<Option<Instant>>)>,
}

/// All places.
#[derive(Debug, Clone)]
pub(crate) struct Places {
    limits: Limits,
    state: Arc<Mutex<State>>,
}

/// One connection's place; free again when the last holder drops it.
#[derive(Debug)]
pub(crate) struct Place {
    places: Places,
    id: u64,
    address: IpAddr,
    seat: Mutex<Seat>,
    /// When it must be gone; none when it may stay.
    until: watch::Sender<Option<Instant>>,
}

impl Places {
    pub(crate) fn new(limits: Limits) -> Self {
        Self { limits, state: Arc::default() }
    }

    /// A stranger's place; none when its address has enough.
    pub(crate) fn enter(&self, address: IpAddr) -> Option<Arc<Place>> {
        let address = address.to_canonical();
        let (until, _) = watch::channel(Some(Instant::now() + STRANGER_PATIENCE));
        let mut state = self.lock();
        if state.addresses.get(&address).is_some_and(|tally| tally.all >= self.limits.per_address) {
            return None;
        }
        if state.strangers.len() >= MAX_STRANGERS {
            state.oust_a_stranger();
        }
        let id = state.next;
        state.next += 1;
        let tally = state.addresses.entry(address).or_default();
        tally.all += 1;
        tally.strangers += 1;
        state.strangers.insert(id, (address, until.clone()));
        drop(state);
        Some(Arc::new(Place { places: self.clone(), id, address, seat: Mutex::new(Seat::Stranger), until }))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn oust_a_stranger(&mut self) {
        let fullest = self.addresses.values().map(|tally| tally.strangers).max().unwrap_or(0);
        let is_of_fullest = |address: &IpAddr| self.addresses.get(address).is_some_and(|t| t.strangers == fullest);
        let Some(id) = self.strangers.iter().find(|(_, (address, _))| is_of_fullest(address)).map(|(id, _)| *id) else {
            return;
        };
        if let Some(until) = self.forget_stranger(id) {
            until.send_replace(Some(Instant::now()));
        }
    }

    /// It counts among strangers no more, though its connection may not have ended yet.
    fn forget_stranger(&mut self, id: u64) -> Option<watch::Sender<Option<Instant>>> {
        let (address, until) = self.strangers.remove(&id)?;
        if let Some(tally) = self.addresses.get_mut(&address) {
            tally.strangers -= 1;
        }
        Some(until)
    }
}

impl Place {
    /// Somebody said who they are: they may stay. False when there is no room for them.
    pub(crate) fn settle(&self, whom: For) -> bool {
        let mut seat = self.seat();
        match (*seat, whom) {
            (Seat::Reserved, _) | (Seat::Viewer, For::Viewer) => return true,
            (Seat::Viewer, For::Operator) | (Seat::Stranger, _) => {}
        }
        let mut state = self.places.lock();
        let most = self.places.limits.connections;
        let has_room = match whom {
            For::Viewer => state.viewers < most.saturating_sub(RESERVE) && state.viewers + state.reserved < most,
            // One that looked until now only moves.
            For::Operator => *seat == Seat::Viewer || state.viewers + state.reserved < most,
        };
        if !has_room {
            return false;
        }
        if *seat == Seat::Viewer {
            state.viewers -= 1;
        }
        state.forget_stranger(self.id);
        *seat = match whom {
            For::Viewer => Seat::Viewer,
            For::Operator => Seat::Reserved,
        };
        match whom {
            For::Viewer => state.viewers += 1,
            For::Operator => state.reserved += 1,
        }
        drop(state);
        self.until.send_replace(None);
        true
    }

    /// A stranger asked for something that strangers may have: it gets time to read the answer.
    pub(crate) fn answer_a_stranger(&self) {
        let later = Instant::now() + ANSWER_PATIENCE;
        // One that was ousted or may stay is left as it is.
        self.until.send_if_modified(|until| match until {
            Some(at) if *at > Instant::now() && *at < later => {
                *until = Some(later);
                true
            }
            Some(_) | None => false,
        });
    }

    /// Waits until the connection must be gone; for ever once it may stay.
    pub(crate) async fn is_over(&self) {
        let mut until = self.until.subscribe();
        loop {
            let at = *until.borrow_and_update();
            let Some(at) = at else { return std::future::pending().await };
            tokio::select! {
                () = tokio::time::sleep_until(at) => return,
                // The sender lives as long as `self`.
                changed = until.changed() => if changed.is_err() { return },
            }
        }
    }

    fn seat(&self) -> MutexGuard<'_, Seat> {
        self.seat.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let seat = *self.seat();
        let mut state = self.places.lock();
        state.forget_stranger(self.id);
        match seat {
            Seat::Stranger => {}
            Seat::Viewer => state.viewers -= 1,
            Seat::Reserved => state.reserved -= 1,
        }
        if let Some(tally) = state.addresses.get_mut(&self.address) {
            tally.all -= 1;
            if tally.all == 0 {
                state.addresses.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests;
