//! Projects the journal and the board to channels, and keeps one bounded outbox per viewer.
//!
//! Tails the journal only; nothing here writes. Events are published as their facts are read; states are
//! built anew from the journal's tables at most ten times a second, and only while someone looks.

mod events;
mod frame;
mod hub;
mod outbox;
mod view;
mod viewers;

pub use events::notification_of;
pub use frame::{Channels, Frame, StateKey, Text, encode};
pub use hub::{Hub, HubConfig};
pub use outbox::{MAX_EVENTS, MAX_SLOTS, Outbox, Taken};
pub use view::{About, event_view};
pub use viewers::{MAX_VIEWERS, Viewer};
