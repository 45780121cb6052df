//! Who may send.
//!
//! libunftp asks in two steps, by name and password and then by name alone; the answer of the first is kept for the
//! second in a slot of the connection.

use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use kilat_core::CameraId;
use unftp_core::auth::{
    AuthenticationError, Authenticator, Credentials, Principal, UserDetail, UserDetailError, UserDetailProvider,
};

use crate::refusals::Refusals;

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

/// Who is at the other end of one connection, once it said so.
pub(crate) type Slot = Arc<OnceLock<Sender>>;

/// What libunftp asks.
#[derive(Debug)]
pub(crate) struct Doorkeeper {
    pub(crate) door: Arc<dyn Door>,
    pub(crate) slot: Slot,
    pub(crate) refusals: Arc<Refusals>,
}

#[async_trait]
impl Authenticator for Doorkeeper {
    async fn authenticate(&self, user: &str, said: &Credentials) -> Result<Principal, AuthenticationError> {
        let password = said.password.as_deref().unwrap_or_default();
        match self.door.check(user, password, said.source_ip).await {
            Ok(sender) => {
                // A connection is one camera's: whoever signs in once more as another is refused.
                if self.slot.get_or_init(|| sender.clone()) != &sender {
                    return Err(AuthenticationError::BadUser);
                }
                Ok(Principal { username: user.to_owned() })
            }
            Err(refused) => {
                let from = said.source_ip;
                if let Some(said) = self.refusals.refused(user, from, refused) {
                    tracing::warn!(%from, "FTP: {said}");
                }
                Err(AuthenticationError::BadPassword)
            }
        }
    }
}

/// Tells libunftp who signed in.
#[derive(Debug)]
pub(crate) struct Known(pub(crate) Slot);

#[async_trait]
impl UserDetailProvider for Known {
    type User = Sender;

    async fn provide_user_detail(&self, principal: &Principal) -> Result<Sender, UserDetailError> {
        let unknown = || UserDetailError::UserNotFound { username: principal.username.clone() };
        self.0.get().cloned().ok_or_else(unknown)
    }
}

impl UserDetail for Sender {}

impl fmt::Display for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}
