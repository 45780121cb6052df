//! FTP: which cameras may send, and that they were heard of.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use kilat_auth::{Access, SignInError};
use kilat_core::{CameraFact, CameraId, CameraState, Clock, Fact, Tasks};
use kilat_ftp::{Door, FtpConfig, FtpServer, Refused, Sender, Tls};
use kilat_journal::Journal;
use kilat_wire::{FtpMenu, FtpTls};

use super::front_door::lan_address;
use super::run::{Parts, cannot_write};
use super::senders::{self, Heard};
use crate::config::Config;
use crate::fail::{Code, Fail};

/// A camera that was silent for so long and signs in is news; more often it is not.
const PAUSE: Duration = Duration::from_secs(600);

/// Takes the address that the settings name, if they name one.
pub(super) fn bind(config: &Config) -> Result<Option<FtpServer>, Fail> {
    let Some(listen) = config.ftp.listen.value else { return Ok(None) };
    make_certificate(config)?;
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
    // One that is not made yet has none.
    let fingerprint = certificate(config).and_then(|(certificate, _)| kilat_ftp::fingerprint(&certificate).ok());
    Some(FtpMenu {
        host: host.to_string(),
        port: listen.port(),
        tls: config.ftp.tls.value,
        passive_ports: config.ftp.ports(),
        fingerprint,
    })
}

/// The certificate of FTPS and its key: the server's, else Kilat's own; none where nothing is encrypted.
fn certificate(config: &Config) -> Option<(PathBuf, PathBuf)> {
    let named = || config.door.tls_cert.value.clone().zip(config.door.tls_key.value.clone());
    match config.ftp.tls.value {
        FtpTls::Off => None,
        FtpTls::Explicit | FtpTls::Required => {
            Some(named().unwrap_or_else(|| kilat_ftp::own_certificate(&config.data.value)))
        }
    }
}

/// Makes Kilat's own certificate, where FTPS is offered and none is named.
fn make_certificate(config: &Config) -> Result<(), Fail> {
    if config.ftp.tls.value == FtpTls::Off || config.door.is_tls() {
        return Ok(());
    }
    let hostname = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let addresses = [lan_address().to_string(), IpAddr::from([127, 0, 0, 1]).to_string()];
    let host = config.ftp.passive_host.value.map(|host| host.to_string());
    // A name that no certificate can carry does not cost FTPS.
    let is_name = |name: &String| !name.is_empty() && name.is_ascii();
    let names = [hostname, "localhost".to_owned()].into_iter().filter(is_name).chain(addresses).chain(host);
    kilat_ftp::make_certificate(&config.data.value, names.collect())
        .map_err(|error| cannot_write(&config.data.value, &error))
}

/// Starts it, where it is on.
pub(super) fn start(tasks: &mut Tasks, server: Option<FtpServer>, config: &Config, parts: &Parts) {
    // Also where FTP is off: what sent before is not ready for ever.
    let heard = Arc::new(Heard::since(parts.clock.monotonic()));
    let (journal, clock, stop) = (parts.journal.clone(), Arc::clone(&parts.clock), parts.engines_stop.clone());
    senders::start(tasks, Arc::clone(&heard), journal, clock, stop);
    let Some(server) = server else { return };
    let door = Arc::new(Studio::new(&parts.access, &parts.journal, &parts.clock, heard));
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
    let tls = is_required.zip(certificate(config));
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
    heard: Arc<Heard>,
}

impl Studio {
    pub(super) fn new(access: &Access, journal: &Journal, clock: &Arc<dyn Clock>, heard: Arc<Heard>) -> Self {
        let (access, journal, clock) = (access.clone(), journal.clone(), Arc::clone(clock));
        Self { access, journal, clock, heard }
    }

    /// Whether it was silent for long before.
    fn hear(&self, camera: &CameraId) -> bool {
        self.heard.hear(camera, self.clock.monotonic()).is_none_or(|silent| silent >= PAUSE)
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
        self.access.camera_may_send(camera)
    }

    fn heard(&self, camera: &CameraId) {
        self.hear(camera);
    }
}
