//! A connection to an SSH server whose host key is known, signed in, with a file transfer session open.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use kilat_objects::StoreError;
use russh::Disconnect;
use russh::client::{self, Handle};
use russh::keys::{HashAlg, PrivateKey, PrivateKeyWithHashAlg, PublicKeyOrCertificate};
use russh_sftp::client::error::Error;
use russh_sftp::client::{Config, SftpSession};
use russh_sftp::protocol::StatusCode;
use tokio::net::TcpStream;
use tokio::time::timeout;
use zeroize::Zeroizing;

use crate::{Patience, SftpAddress};

/// Requests on their way at once in one connection: with 32 KiB each, 512 KiB.
const IN_FLIGHT: usize = 16;

/// Who signs in.
pub(super) struct Login {
    pub(super) place: PathBuf,
    pub(super) address: SftpAddress,
    pub(super) patience: Patience,
    pub(super) password: Option<Zeroizing<String>>,
    pub(super) key: Option<Arc<PrivateKey>>,
    /// The fingerprint of the host key, once it was seen.
    pub(super) host_key: Arc<Mutex<Option<String>>>,
}

/// A connection that is ready to work.
pub(super) struct Session {
    handle: Handle<Doorman>,
    pub(super) sftp: SftpSession,
}

/// Lets in no server but the one that was met first.
struct Doorman {
    known: Arc<Mutex<Option<String>>>,
    /// The fingerprint that was turned away.
    stranger: Arc<Mutex<Option<String>>>,
}

impl client::Handler for Doorman {
    type Error = russh::Error;

    async fn check_server_key(&mut self, key: &PublicKeyOrCertificate) -> Result<bool, Self::Error> {
        let found = match key {
            PublicKeyOrCertificate::PublicKey { key, .. } => key.fingerprint(HashAlg::Sha256).to_string(),
            PublicKeyOrCertificate::Certificate(certificate) => {
                certificate.public_key().fingerprint(HashAlg::Sha256).to_string()
            }
        };
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if *known.get_or_insert_with(|| found.clone()) == found {
            return Ok(true);
        }
        *self.stranger.lock().unwrap_or_else(PoisonError::into_inner) = Some(found);
        Ok(false)
    }
}

impl Login {
    /// Connects, checks the server, signs in and opens the file transfer.
    pub(super) async fn connect(&self) -> Result<Session, StoreError> {
        let unreachable = |why: String| StoreError::Unreachable { place: self.place.clone(), why };
        let within = self.patience.connect;
        let silent = |_elapsed| unreachable("it does not answer".to_owned());
        let socket = timeout(within, TcpStream::connect((self.address.host.as_str(), self.address.port)));
        let socket = socket.await.map_err(silent)?.map_err(|error| unreachable(error.to_string()))?;
        socket.set_nodelay(true).map_err(|error| unreachable(error.to_string()))?;
        let config = client::Config {
            inactivity_timeout: Some(self.patience.idle),
            keepalive_interval: Some(self.patience.idle / 4),
            ..client::Config::default()
        };
        let stranger = Arc::new(Mutex::new(None));
        let doorman = Doorman { known: Arc::clone(&self.host_key), stranger: Arc::clone(&stranger) };
        let connected = timeout(within, client::connect_stream(Arc::new(config), socket, doorman)).await;
        if let Some(found) = stranger.lock().unwrap_or_else(PoisonError::into_inner).take() {
            let known = self.host_key.lock().unwrap_or_else(PoisonError::into_inner).clone().unwrap_or_default();
            return Err(StoreError::HostKey { place: self.place.clone(), known, found });
        }
        let mut handle = connected.map_err(silent)?.map_err(|error| unreachable(error.to_string()))?;
        timeout(within, self.sign_in(&mut handle)).await.map_err(silent)??;
        let opened = timeout(within, async {
            let channel = handle.channel_open_session().await?;
            channel.request_subsystem(true, "sftp").await?;
            Ok::<_, russh::Error>(channel.into_stream())
        });
        let stream = opened.await.map_err(silent)?;
        let stream = stream.map_err(|error| unreachable(format!("it offers no file transfer: {error}")))?;
        let config = Config {
            max_concurrent_reads: IN_FLIGHT,
            max_concurrent_writes: IN_FLIGHT,
            request_timeout_secs: self.patience.idle.as_secs().max(1),
            ..Config::default()
        };
        let sftp = timeout(within, SftpSession::new_with_config(stream, config)).await.map_err(silent)?;
        Ok(Session { handle, sftp: sftp.map_err(|error| fault(&self.place, "open a file transfer to", error))? })
    }

    async fn sign_in(&self, handle: &mut Handle<Doorman>) -> Result<(), StoreError> {
        let user = self.address.user.as_str();
        let broken =
            |error: russh::Error| StoreError::Unreachable { place: self.place.clone(), why: error.to_string() };
        let mut tried = Vec::new();
        if let Some(key) = &self.key {
            let key = PrivateKeyWithHashAlg::new(Arc::clone(key), Some(HashAlg::Sha256));
            if handle.authenticate_publickey(user, key).await.map_err(broken)?.success() {
                return Ok(());
            }
            tried.push("the key");
        }
        if let Some(password) = &self.password {
            if handle.authenticate_password(user, password.as_str()).await.map_err(broken)?.success() {
                return Ok(());
            }
            tried.push("the password");
        }
        let why = format!("{} was refused for {user:?}", tried.join(" and "));
        Err(StoreError::Credentials { place: self.place.clone(), why })
    }
}

impl Session {
    /// Whether it may be used again.
    pub(super) fn is_open(&self) -> bool {
        !self.handle.is_closed()
    }

    /// Says good-bye, as far as somebody still listens.
    pub(super) async fn end(self) {
        if let Err(error) = self.handle.disconnect(Disconnect::ByApplication, "", "en").await {
            tracing::debug!(%error, "a connection was closed without a word");
        }
    }
}

/// What an error of the file transfer means.
pub(super) fn fault(place: &Path, what: &'static str, error: Error) -> StoreError {
    let place = place.to_owned();
    let kind = match &error {
        Error::Status(status) if status.status_code == StatusCode::PermissionDenied => {
            return StoreError::Denied { place };
        }
        Error::Timeout => io::ErrorKind::TimedOut,
        Error::Status(_)
        | Error::IO(_)
        | Error::Limited(_)
        | Error::UnexpectedPacket
        | Error::UnexpectedBehavior(_) => io::ErrorKind::Other,
    };
    StoreError::Io { what, path: place, source: io::Error::new(kind, error.to_string()) }
}

/// Whether an error says that nothing is there.
pub(super) fn is_missing(error: &Error) -> bool {
    matches!(error, Error::Status(status) if status.status_code == StatusCode::NoSuchFile)
}
