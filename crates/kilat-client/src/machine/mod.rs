//! What a client does, decided without sockets, clocks or chance of its own: inputs in, actions and events out.
//!
//! [`Machine`] is the whole; `log` decides about places in the log, `polling` about the way without a socket.

mod io;
mod link;
mod log;
mod polling;

pub(crate) use io::{Action, End, Input};
pub(crate) use link::Machine;
pub(crate) use polling::Polled;

#[cfg(test)]
mod tests;
