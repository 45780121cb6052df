//! Who may send.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use async_trait::async_trait;
use kilat_core::CameraId;

/// Somebody who may send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender {
    /// Which camera.
    pub camera: CameraId,
    /// As people call it.
    pub name: String,
}

/// Why somebody may not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// The name or the password is wrong, or its time is over; which is not told to whoever asks.
    Wrong,
    /// Too many attempts failed.
    Throttled {
        /// When the next one is looked at.
        retry_after: Duration,
    },
    /// It cannot be asked now.
    Failed,
}

/// Says who may send.
#[async_trait]
pub trait Door: Send + Sync + fmt::Debug + 'static {
    /// Who this is.
    async fn check(&self, user: &str, password: &str, from: IpAddr) -> Result<Sender, Refused>;

    /// Whether a camera that signed in may still send.
    fn may_send(&self, camera: &CameraId) -> bool;

    /// A camera that signed in gave a sign of life; asked often, so it must be cheap.
    fn heard(&self, camera: &CameraId);
}

impl fmt::Display for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}
