//! Who is told beyond the browser: each target follows the log on its own, so that none delays another.

mod config;
mod desk;
mod heartbeat;
mod request;
mod send;
mod sign;
mod telling;
mod worker;

pub use config::{ConfigError, MAX_TARGETS, Secrets, Target, TargetKind};
pub use desk::{Targets, TargetsConfig, TrialError};
pub use send::{Network, Sender};
pub use sign::{WebhookSecret, WebhookSecretError};
pub use worker::{DELAYS, TargetState};

pub(crate) use send::{Outgoing, Trouble, Verdict};
pub(crate) use telling::{Telling, Why};
pub(crate) use worker::{Ended, Follower, OnGone, follow};
