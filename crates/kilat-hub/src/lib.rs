//! Projects the journal and the board to channels, and keeps one bounded outbox per viewer.
//!
//! Tails the journal only; nothing here writes. Events are published as their facts are read; states are
//! built anew from the journal's tables ten times a second while things change, and only while someone looks.

mod backups;
mod cameras;
mod fan_out;
mod frame;
mod hub;
mod inside;
mod links;
mod outbox;
mod poll;
mod project;
mod recent;
mod replay;
mod restores;
mod safety;
mod shot;
mod states;
mod system;
mod task;
mod trace;
mod view;
mod viewer;
mod viewers;

pub use frame::{Frame, What, answer};
pub use hub::{Hub, HubConfig, code};
pub use inside::{Inside, ViewerInfo};
pub use outbox::{MAX_GATE, MAX_QUEUE, MAX_SLOTS};
pub use poll::Page;
pub use project::notification_of;
pub use replay::{MAX_REPLAY, Replay};
pub use system::machine_summary;
pub use task::HubTask;
pub use view::{About, event_view};
pub use viewer::{Full, Viewer};
pub use viewers::{Flush, MAX_VIEWERS, Peer};
