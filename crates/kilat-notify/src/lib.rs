//! The ledger of notices, and who is told beyond the browser.
//!
//! One follower turns facts into notices and appends them with the place that it has come to, so that each
//! fact has its effect once, wherever the process dies. It tells viewers of folded losses at most once in
//! [`TELL_EVERY`], and tells again what is critical and that nobody has seen. Targets follow the log on
//! their own ([`targets`]): one that fails delays no other.

mod backups;
mod cameras;
mod escalate;
mod ledger;
mod notices;
mod push;
mod steady;
mod targets;

pub use escalate::Escalation;
pub use ledger::{Ledger, TELL_EVERY, run};
pub use push::{
    Device, DeviceError, EncryptError, MAX_DEVICES, Push, PushConfig, PushError, StillHolds, Vapid, VapidError, encrypt,
};
pub use targets::{
    ConfigError, DELAYS, Environment, MAX_TARGETS, SECRET_PLACE, SecretField, Target, TargetError, TargetKind,
    TargetState, TargetView, Targets, TargetsConfig, WebhookSecret, WebhookSecretError, environment_name,
};
