//! The live wire on a simulated network: the real hub, the real sessions, the real client, and an oracle.
//!
//! One seed is one run: who watches what, what is recorded when, and what breaks. Network, timers and clock are
//! simulated; the journal is the real one, on a real disk, and simulated time stands still while it writes.
//! What is not seeded is the order in which `tokio::select!` looks at what is ready, and ids; so a seed shows the
//! same faults at the same times, but not always the very same interleaving.

mod clock;
mod faults;
mod oracle;
mod run;
mod server;
mod watcher;
mod world;

pub use oracle::{Failure, Summary};
pub use run::{Build, run};
