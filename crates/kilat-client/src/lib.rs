//! A client of Kilat's live wire for programs: it never gives up, repeats nothing, and misses nothing in silence.
//!
//! What to do is decided by a state machine without sockets or clocks (`machine`); `driver` carries it out on
//! tokio, over whatever network a [`Connector`] offers. [`publish`] is the other direction.

mod config;
mod driver;
mod envelope;
mod event;
mod get;
mod machine;
mod net;
mod publish;

pub use config::{Config, Endpoint, Patience};
pub use driver::Client;
pub use event::{Ended, Event, Link, Message, Missed, Nature, Told, Transport};
pub use net::{Connector, Security, Tcp};
pub use publish::{Accepted, MAX_UNANSWERED, PublishError, Publisher};
