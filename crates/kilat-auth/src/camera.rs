//! Cameras that sign in to send: by FTP, FTPS or HTTP, each with a password that Kilat made.
//!
//! A body may sign in for every file. A password that was right is remembered in memory, so that it costs a fast hash
//! from then on and is never slowed by others who guess.

use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;
use std::sync::Mutex;

use kilat_core::{
    CameraFact, CameraId, CameraKind, CameraLogin, Fact, KnownCamera, Millis, PasswordHash, Role, Token, TokenHash,
};
use rand::RngCore;

use crate::password::is_password;
use crate::secret::same;
use crate::sign_in::{held, network};
use crate::{Access, AccessError, Credential, Secret, SignInError, Who};

/// Of a camera's password.
pub const CAMERA_PASSWORD_CHARS: usize = 10;
/// Cameras whose password is remembered: more than a journal knows.
const MOST_REMEMBERED: usize = 512;

/// Passwords that were right, as a hash under a key of this process alone.
pub(crate) struct Remembered {
    key: [u8; 32],
    right: Mutex<HashMap<CameraId, (TokenHash, PasswordHash)>>,
}

impl fmt::Debug for Remembered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Remembered")
    }
}

impl Remembered {
    pub(crate) fn new(rng: &mut impl RngCore) -> Self {
        let mut key = [0; 32];
        rng.fill_bytes(&mut key);
        Self { key, right: Mutex::default() }
    }

    fn hash(&self, password: &str) -> TokenHash {
        TokenHash(*blake3::keyed_hash(&self.key, password.as_bytes()).as_bytes())
    }

    fn knows(&self, camera: &CameraId, password: &str, login: &CameraLogin) -> bool {
        let hash = self.hash(password);
        held(&self.right).get(camera).is_some_and(|(right, of)| *of == login.password && same(right, &hash))
    }

    fn remember(&self, camera: &CameraId, password: &str, login: &CameraLogin) {
        let mut right = held(&self.right);
        if right.len() >= MOST_REMEMBERED && !right.contains_key(camera) {
            right.clear();
        }
        right.insert(camera.clone(), (self.hash(password), login.password.clone()));
    }
}

/// A camera that signed in, as a caller: a program, of which less is allowed.
impl From<KnownCamera> for Who {
    fn from(camera: KnownCamera) -> Self {
        Self { role: Role::Agent, label: camera.name, credential: Credential::Camera(camera.id) }
    }
}

impl Access {
    /// Which camera this is, by its user name and password; `from` is who asks.
    ///
    /// # Errors
    /// [`SignInError::Password`] when it is none, or its time is over; [`SignInError::Throttled`] when too many attempts
    /// of this address failed. What was wrong is never told, and a camera elsewhere is not slowed by them.
    pub async fn camera(&self, user: &str, password: &str, from: IpAddr) -> Result<KnownCamera, SignInError> {
        // As people type it into a menu.
        let user: String = user.trim().to_lowercase().chars().take(64).collect();
        let password = password.trim();
        let known = user.parse::<CameraId>().ok().and_then(|id| self.tables().camera(&id).cloned());
        let login = known.as_ref().and_then(|camera| camera.login.clone());
        let has_ended = login.as_ref().and_then(|login| login.expires_at).is_some_and(|at| at <= self.0.clock.now());
        if let (Some(camera), Some(login), false) = (&known, &login, has_ended)
            && self.0.remembered.knows(&camera.id, password, login)
        {
            return Ok(camera.clone());
        }
        let (now, from) = (self.0.clock.monotonic(), network(from));
        // Whoever guesses from one address must not lock the camera out that signs in from another.
        let account = format!("camera {user} {from}");
        let throttled = |retry_after| SignInError::Throttled { retry_after };
        held(&self.0.addresses).pay(&from, now).map_err(throttled)?;
        let paid = held(&self.0.accounts).pay(&account, now);
        if let Err(retry_after) = paid {
            // Not looked at: one camera with an old password does not keep the others behind its address out.
            held(&self.0.addresses).pay_back(&from);
            return Err(throttled(retry_after));
        }
        let (said, hash) = (password.to_owned(), login.as_ref().map(|login| login.password.clone()));
        let is_right = self.off_the_runtime(move || is_password(&said, hash.as_ref())).await.unwrap_or(false);
        let (Some(camera), Some(login), true, false) = (known, login, is_right, has_ended) else {
            return Err(SignInError::Password);
        };
        held(&self.0.addresses).pay_back(&from);
        held(&self.0.accounts).pay_back(&account);
        self.0.remembered.remember(&camera.id, password, &login);
        Ok(camera)
    }

    /// Whether a camera that signed in may still send.
    #[must_use]
    pub fn camera_may_send(&self, id: &CameraId) -> bool {
        let now = self.0.clock.now();
        let has_not_ended = |login: &CameraLogin| login.expires_at.is_none_or(|at| at > now);
        self.tables().camera(id).and_then(|camera| camera.login.as_ref()).is_some_and(has_not_ended)
    }

    /// All cameras that sign in, by name.
    #[must_use]
    pub fn cameras(&self) -> Vec<KnownCamera> {
        self.tables().cameras().cloned().collect()
    }

    /// Lets a camera of this name sign in; its password is told here and never again.
    ///
    /// # Errors
    /// Why not.
    pub async fn add_camera(
        &self,
        name: &str,
        expires_at: Option<Millis>,
    ) -> Result<(KnownCamera, Secret), AccessError> {
        let id = CameraId::from_name(name).filter(|_| Token::is_name(name)).ok_or(AccessError::Name)?;
        if expires_at.is_some_and(|at| at <= self.0.clock.now()) {
            return Err(AccessError::Past);
        }
        let known = self.0.journal.known_camera(&id).await?.map(|standing| standing.camera);
        if known.as_ref().is_some_and(|known| known.kind != CameraKind::Sender || known.login.is_some()) {
            return Err(AccessError::CameraTaken);
        }
        let secret = Secret::typed(&mut *self.rng());
        let password = self.hash(secret.expose().to_owned()).await?;
        let known = known.unwrap_or_else(|| KnownCamera {
            id,
            name: name.to_owned(),
            kind: CameraKind::Sender,
            body: None,
            place: None,
            login: None,
        });
        let camera = KnownCamera { login: Some(CameraLogin { password, expires_at }), ..known };
        self.append(vec![Fact::Camera(CameraFact::Added { camera: camera.clone() })]).await?;
        Ok((camera, secret))
    }

    /// Lets a camera sign in no more. Its photos stay.
    ///
    /// # Errors
    /// [`AccessError::NoCamera`] when none of this name signs in.
    pub async fn remove_camera(&self, id: &CameraId) -> Result<(), AccessError> {
        if self.tables().camera(id).is_none() {
            return Err(AccessError::NoCamera);
        }
        self.append(vec![Fact::Camera(CameraFact::Removed { camera: id.clone() })]).await?;
        Ok(())
    }
}
