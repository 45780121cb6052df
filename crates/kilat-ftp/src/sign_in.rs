//! Who it is, and whether strangers can listen.

use std::path::Path;
use std::sync::Arc;

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::Refused;
use crate::command::Command;
use crate::control::{Control, Next};
use crate::reply::{Reply, code};

impl Control {
    /// Whether nobody may sign in or send in the clear.
    pub(crate) fn must_be_private(&self) -> bool {
        self.shared.config.tls.as_ref().is_some_and(|tls| tls.is_required)
    }

    pub(crate) fn user(&mut self, command: &Command) -> Reply {
        if self.must_be_private() && !self.is_private() {
            return Reply::new(code::POLICY, "Only FTPS here (explicit, AUTH TLS): switch it on in the camera's menu");
        }
        self.user = Some(command.text());
        Reply::new(code::PASSWORD, "And the password")
    }

    pub(crate) async fn password(&mut self, command: &Command) -> Reply {
        let Some(user) = self.user.take() else { return Reply::new(code::ORDER, "The user first: USER") };
        let refused = Reply::new(code::NOT_SIGNED_IN, "User or password is wrong, or its time is over");
        match self.shared.door.check(&user, &command.text(), self.from).await {
            // A connection is one camera's: whoever signs in once more as another is refused.
            Ok(sender) if self.sender.get_or_insert_with(|| sender.clone()) != &sender => refused,
            Ok(sender) => Reply::new(code::SIGNED_IN, format!("Welcome, {}", sender.name)),
            Err(why) => {
                if let Some(said) = self.shared.refusals.refused(&user, self.from, why) {
                    tracing::warn!(from = %self.from, "FTP: {said}");
                }
                match why {
                    Refused::Wrong => refused,
                    Refused::Throttled { retry_after } => Reply::new(
                        code::NOT_SIGNED_IN,
                        format!("Too many attempts failed: try again in {} s", retry_after.as_secs().max(1)),
                    ),
                    Refused::Failed => Reply::new(code::NOT_SIGNED_IN, "Who that is cannot be asked now: try again"),
                }
            }
        }
    }

    /// `AUTH`: the line of commands goes on inside TLS.
    pub(crate) async fn auth(&mut self, command: &Command) -> Next {
        let Some(tls) = &self.shared.config.tls else {
            return Reply::new(code::NOT_HERE, "No TLS here: setting ftp.tls").into();
        };
        if self.is_private() {
            return Reply::new(code::ORDER, "TLS is agreed on already").into();
        }
        if self.sender.is_some() {
            return Reply::new(code::ORDER, "AUTH comes before USER").into();
        }
        let implies_data = match command.option().as_str() {
            "TLS" | "TLS-C" => false,
            "SSL" | "TLS-P" => true,
            _ => return Reply::new(code::PARAMETER, "AUTH TLS is known here").into(),
        };
        let (certificate, key) = (tls.certificate.clone(), tls.key.clone());
        let read = tokio::task::spawn_blocking(move || acceptors(&certificate, &key)).await;
        match read.map_err(|panic| panic.to_string()).and_then(|read| read) {
            Ok((commands, data)) => {
                (self.user, self.is_data_private) = (None, implies_data);
                Next::Secure { commands, data }
            }
            Err(error) => {
                tracing::warn!("FTP: nobody can send by FTPS: {error}");
                Reply::new(code::NO_TLS, "The certificate of this server cannot be used: its log says why").into()
            }
        }
    }

    /// `PBSZ`, which says nothing over TLS and is asked for all the same.
    pub(crate) fn buffer_size(&self) -> Reply {
        if self.is_private() { Reply::new(code::OK, "PBSZ=0") } else { Reply::new(code::ORDER, "AUTH TLS first") }
    }

    /// `PROT`: whether files go over TLS.
    pub(crate) fn protect(&mut self, command: &Command) -> Reply {
        if !self.is_private() {
            return Reply::new(code::ORDER, "AUTH TLS first");
        }
        match command.option().as_str() {
            "P" => {
                self.is_data_private = true;
                Reply::new(code::OK, "Files are encrypted")
            }
            "C" if self.must_be_private() => Reply::new(code::POLICY, "Only encrypted files here: PROT P"),
            "C" => {
                self.is_data_private = false;
                Reply::new(code::OK, "Files are sent in the clear")
            }
            _ => Reply::new(code::PROTECTION, "P and C are known here"),
        }
    }
}

/// For the line of commands, and for files. Read for each connection: a certificate that was renewed is used at once.
fn acceptors(certificate: &Path, key: &Path) -> Result<(TlsAcceptor, TlsAcceptor), String> {
    let cannot = |path: &Path, error: String| format!("{} cannot be used: {error}", path.display());
    let read = |path: &Path| std::fs::read(path).map_err(|error| cannot(path, error.to_string()));
    let chain: Result<Vec<CertificateDer<'static>>, _> = CertificateDer::pem_slice_iter(&read(certificate)?).collect();
    let chain = chain.map_err(|error| cannot(certificate, error.to_string()))?;
    let secret = PrivateKeyDer::from_pem_slice(&read(key)?).map_err(|error| cannot(key, error.to_string()))?;
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|config| config.with_no_client_auth().with_single_cert(chain, secret));
    let commands = config.map_err(|error| cannot(certificate, error.to_string()))?;
    // Whoever sends a file reads nothing there: a ticket that it did not read would reset its end, and look like a cut.
    let mut data = commands.clone();
    data.send_tls13_tickets = 0;
    Ok((TlsAcceptor::from(Arc::new(commands)), TlsAcceptor::from(Arc::new(data))))
}
