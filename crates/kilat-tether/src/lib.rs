//! Photos straight from cameras, by cable or by the network protocol that does the same (PTP/IP).
//!
//! libgphoto2 speaks to cameras, in one process per camera ([`run_worker`]): it calls into C, waits as long as a camera
//! likes, and stalls whole when one does. Kilat's side ([`supervise`]) tells the process what to fetch, watches it, ends
//! it and starts it anew. What it fetches is handed to a [`Desk`].
//!
//! Nothing here writes to a card or deletes from it.

mod desk;
mod helper;
mod library;
mod lines;
mod queue;
mod session;
mod supervise;
mod tethers;
mod words;
mod worker;

pub use desk::{Desk, Download, News, Taken};
pub use helper::{HelperProgram, missing};
pub use supervise::{Patience, Reins, TetherConfig, Tethered, supervise};
pub use tethers::{PortChange, run};
pub use words::port_of;
pub use worker::run_worker;
