//! FTP: which cameras may send, and that they were heard of.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use kilat_auth::{Access, SignInError};
use kilat_core::{CameraFact, CameraId, CameraState, Clock, Fact, Tasks};
use kilat_ftp::{Door, FtpConfig, FtpServer, Refused, Sender, Tls};
use kilat_journal::Journal;
use kilat_wire::{FtpMenu, FtpTls};

use super::front_door::lan_address;
use super::run::Parts;
use crate::config::Config;
use crate::fail::{Code, Fail};

/// A camera that was silent for so long and signs in is news; more often it is not.
const SILENCE: Duration = Duration::from_secs(600);

/// Takes the address that the settings name, if they name one.
pub(super) fn bind(config: &Config) -> Result<Option<FtpServer>, Fail> {
    let Some(listen) = config.ftp.listen.value else { return Ok(None) };
    match FtpServer::bind(listen) {
        Ok(server) => Ok(Some(server)),
        Err(error) => Err(Fail::new(
            Code::Port,
            format!("cannot listen on {listen} (setting ftp.listen): {error}"),
            "stop what uses that port, or choose another: --ftp-listen 0.0.0.0:2122",
        )),
    }
}

/// What is typed into a camera's menu; none where FTP is off. `bound` is where a running server answers.
pub(crate) fn menu(config: &Config, bound: Option<SocketAddr>) -> Option<FtpMenu> {
    let listen = bound.or(config.ftp.listen.value)?;
    let reached = if listen.ip().is_unspecified() { lan_address() } else { listen.ip() };
    let host = config.ftp.passive_host.value.map_or(reached, IpAddr::V4);
    Some(FtpMenu {
        host: host.to_string(),
        port: listen.port(),
        tls: config.ftp.tls.value,
        passive_ports: config.ftp.ports(),
    })
}

/// Starts it, where it is on.
pub(super) fn start(tasks: &mut Tasks, server: Option<FtpServer>, config: &Config, parts: &Parts) {
    let Some(server) = server else { return };
    let door = Arc::new(Studio::new(&parts.access, &parts.journal, &parts.clock));
    let (intake, clock, stop) = (parts.intake.clone(), Arc::clone(&parts.clock), parts.engines_stop.clone());
    tasks.spawn("ftp", server.run(self::config(config), intake, door, clock, stop));
}

/// What the server is told.
fn config(config: &Config) -> FtpConfig {
    let is_required = match config.ftp.tls.value {
        FtpTls::Off => None,
        FtpTls::Explicit => Some(false),
        FtpTls::Required => Some(true),
    };
    let files = config.door.tls_cert.value.clone().zip(config.door.tls_key.value.clone());
    let tls = is_required.zip(files);
    FtpConfig {
        tls: tls.map(|(is_required, (certificate, key))| Tls { certificate, key, is_required }),
        passive_ports: config.ftp.passive_ports.value.clone(),
        passive_host: config.ftp.passive_host.value,
    }
}

/// The cameras that the journal knows.
pub(super) struct Studio {
    access: Access,
    journal: Journal,
    clock: Arc<dyn Clock>,
    /// When each that signed in was heard of last; as many as there are logins.
    heard: Mutex<HashMap<CameraId, Duration>>,
}

impl Studio {
    pub(super) fn new(access: &Access, journal: &Journal, clock: &Arc<dyn Clock>) -> Self {
        let (access, journal, clock) = (access.clone(), journal.clone(), Arc::clone(clock));
        Self { access, journal, clock, heard: Mutex::default() }
    }

    /// Whether it was silent for long before.
    fn hear(&self, camera: &CameraId) -> bool {
        let now = self.clock.monotonic();
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        let before = heard.insert(camera.clone(), now);
        before.is_none_or(|before| now.saturating_sub(before) >= SILENCE)
    }
}

impl std::fmt::Debug for Studio {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Studio").finish_non_exhaustive()
    }
}

#[async_trait]
impl Door for Studio {
    async fn check(&self, user: &str, password: &str, from: IpAddr) -> Result<Sender, Refused> {
        let camera = match self.access.camera(user, password, from).await {
            Ok(camera) => camera,
            Err(SignInError::Password | SignInError::Code) => return Err(Refused::Wrong),
            Err(SignInError::Throttled { retry_after }) => return Err(Refused::Throttled { retry_after }),
            Err(SignInError::Journal(_)) => return Err(Refused::Failed),
        };
        if self.hear(&camera.id) {
            tracing::info!(%from, camera = %camera.id, "FTP: {} signed in", camera.name);
            let ready = CameraFact::Changed { camera: camera.id.clone(), state: CameraState::Ready, message: None };
            if let Err(error) = self.journal.append(vec![Fact::Camera(ready)]).await {
                tracing::warn!(%error, camera = %camera.id, "that a camera was heard of could not be recorded");
            }
        }
        Ok(Sender { camera: camera.id, name: camera.name })
    }

    fn may_send(&self, camera: &CameraId) -> bool {
        let may = self.access.camera_may_send(camera);
        if may {
            // A long session is no silence.
            self.hear(camera);
        }
        may
    }
}
