//! Who is told beyond the browser: each target follows the log on its own, so that none delays another.

mod config;
mod crew;
mod desk;
mod heartbeat;
mod request;
mod send;
mod sign;
mod telling;
mod worker;

pub use config::{ConfigError, MAX_TARGETS, SECRET_PLACE, SecretField, Target, TargetKind, environment_name};
pub use desk::{Environment, TargetError, TargetView, Targets, TargetsConfig};
pub use sign::{WebhookSecret, WebhookSecretError};
pub use worker::{DELAYS, TargetState};

pub(crate) use crew::{Crew, Member};
pub(crate) use send::{Network, Outgoing, Sender, Trouble, Verdict};
pub(crate) use telling::{Telling, Why};
pub(crate) use worker::{Ended, Follower, OnGone, follow};
