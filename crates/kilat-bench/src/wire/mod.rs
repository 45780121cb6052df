//! The wire: how fast and how cheaply servers fan messages out, all seen by one load client.

mod audience;
mod dialect;
mod floor;
mod frame;
mod mark;
mod measure;
mod peer;
mod plain;
mod publisher;
mod storm;
mod table;
mod tally;
#[cfg(test)]
mod tests;
mod viewer;

pub use floor::serve_floor;
pub use measure::{Scale, Wire, measure};
pub use peer::{Peer, Stand};
pub use plain::serve_axum;
pub use storm::storm;
pub use table::{compare, peers};
