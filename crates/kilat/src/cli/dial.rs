//! Connections of the live commands to the running server, with TLS where it answers so.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use kilat_client::{Connector, Endpoint, Security};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{ClientConfig, DigitallySignedStruct, Error as TlsError, SignatureScheme};

use super::call::token;
use super::out;
use crate::ready::Ready;

/// What a connection runs on.
pub(super) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// The server of a data folder. Its place and the key are read before each attempt: a restarted server may answer
/// elsewhere.
#[derive(Debug)]
pub(super) struct Local(pub(super) PathBuf);

impl Connector for Local {
    type Stream = Box<dyn Stream>;

    fn endpoint(&self) -> Option<Endpoint> {
        let ready = Ready::read(&self.0)?;
        // A key that cannot be read is told as what the server says to a caller without one.
        let token = token(&self.0).unwrap_or_else(|fail| {
            out::complain(&fail);
            None
        });
        Some(Endpoint { ws: ready.ws, http: Some(ready.http), token })
    }

    async fn connect(&self, host: &str, port: u16, security: Security) -> io::Result<Box<dyn Stream>> {
        let stream = TcpStream::connect((host, port)).await?;
        stream.set_nodelay(true)?;
        match security {
            Security::Plain => Ok(Box::new(stream)),
            Security::Tls => {
                let name = ServerName::try_from(host.to_owned());
                let name = name.map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
                let config = config().map_err(io::Error::other)?;
                Ok(Box::new(TlsConnector::from(Arc::new(config)).connect(name, stream).await?))
            }
        }
    }
}

fn config() -> Result<ClientConfig, TlsError> {
    let provider = Arc::new(ring::default_provider());
    let verifier = Arc::new(SameMachine(Arc::clone(&provider)));
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    Ok(config)
}

/// The server is found in its own data folder and on this machine, by an address that no certificate
/// names: whichever it shows is taken, and only that it holds the key is checked.
#[derive(Debug)]
struct SameMachine(Arc<CryptoProvider>);

impl ServerCertVerifier for SameMachine {
    fn verify_server_cert(
        &self,
        _certificate: &CertificateDer<'_>,
        _others: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, TlsError> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        verify_tls12_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        verify_tls13_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
