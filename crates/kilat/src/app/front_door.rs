//! The front door: certificate, room for connections, and the link that lets the first person in.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::path::Path;

use kilat_auth::{Access, hash_of};
use kilat_core::{Role, TokenHash};
use kilat_server::{Limits, Serving, Tls};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::config::Config;
use crate::fail::Fail;
use crate::ready::Ready;

/// Connections at once of those who said who they are.
const MAX_CONNECTIONS: usize = 25_000;
/// Files that a server needs beside those: strangers, the journal, copies, watches.
const OTHER_FILES: u64 = 4_096;
/// Connections that a server takes however few files the system allows.
const MIN_CONNECTIONS: usize = 256;
/// A certificate with those above it, or a key.
const MAX_PEM_BYTES: u64 = 1024 * 1024;
/// A shorter secret is guessed.
const MIN_TOKEN_BYTES: usize = 16;

/// What a person is told at the start.
#[derive(Debug)]
pub(crate) struct Welcome {
    /// Where it answers.
    pub(crate) http: String,
    /// Signs in; for people, never for the log.
    pub(crate) link: String,
    /// What it lets them do.
    pub(crate) role: Role,
}

/// How connections are taken: the limits that this process may have, and the certificate.
pub(super) fn serving(config: &Config) -> Result<Serving, Fail> {
    let limits = Limits { connections: connections(raise_open_files()), per_address: config.door.per_address.value };
    let tls = match (&config.door.tls_cert.value, &config.door.tls_key.value) {
        (Some(certificate), Some(key)) => Some(tls(certificate, key)?),
        (None, _) | (_, None) => None,
    };
    if let Some(role) = config.door.anonymous.value {
        tracing::warn!(%role, "callers on this machine are let in without signing in, because access.anonymous is set");
    }
    Ok(Serving { limits, tls })
}

/// What is kept of `KILAT_TOKEN`.
pub(super) fn environment_token(token: &str) -> Result<TokenHash, Fail> {
    if token.len() < MIN_TOKEN_BYTES {
        let remedy = "use at least 16 random letters, for example those of: kilat token create --role admin";
        return Err(Fail::setting("KILAT_TOKEN is short enough to be guessed", remedy));
    }
    Ok(hash_of(token))
}

/// The link for the first person: an admin's until there is an account of one.
pub(super) fn welcome(config: &Config, access: &Access, ready: &Ready) -> Welcome {
    let has_admin = access.users().iter().any(|user| user.role == Role::Admin);
    let role = if has_admin { Role::Viewer } else { Role::Admin };
    let base = public_base(config, ready);
    let link = format!("{base}/admin#in={}", access.link_code(role).expose());
    Welcome { http: ready.http.clone(), link, role }
}

/// The address by which others reach the server: a name that the settings give, else this machine's in its network.
pub(crate) fn public_base(config: &Config, ready: &Ready) -> String {
    let Some((scheme, rest)) = ready.http.split_once("://") else { return ready.http.clone() };
    let Ok(address) = rest.parse::<SocketAddr>() else { return ready.http.clone() };
    if address.ip().is_loopback() {
        return ready.http.clone();
    }
    if let Some(host) = config.door.hosts.value.first() {
        return format!("{scheme}://{host}:{}", address.port());
    }
    let ip = if address.ip().is_unspecified() { lan_address() } else { address.ip() };
    format!("{scheme}://{}", SocketAddr::new(ip, address.port()))
}

/// The address that this machine would call others from. Nothing is sent.
pub(super) fn lan_address() -> IpAddr {
    let asked = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).and_then(|socket| {
        // An address of the documentation: only the route to it is looked up.
        socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9))?;
        socket.local_addr()
    });
    asked.map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |address| address.ip())
}

/// Takes all open files that the system lets this process have; answers how many.
fn raise_open_files() -> Option<u64> {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current == maximum {
        return maximum;
    }
    match setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
        Ok(()) => maximum,
        Err(error) => {
            tracing::warn!(%error, ?current, "the limit of open files could not be raised");
            current
        }
    }
}

fn connections(files: Option<u64>) -> usize {
    let Some(files) = files else { return MAX_CONNECTIONS };
    let room = usize::try_from(files.saturating_sub(OTHER_FILES)).unwrap_or(MAX_CONNECTIONS);
    if room < MAX_CONNECTIONS {
        tracing::warn!(files, "this system allows few open files: ulimit -n 65536 makes room for all viewers");
    }
    room.clamp(MIN_CONNECTIONS, MAX_CONNECTIONS)
}

fn tls(certificate: &Path, key: &Path) -> Result<Tls, Fail> {
    let pair = (read("tls_cert", certificate)?, read("tls_key", key)?);
    Tls::from_pem(&pair.0, &pair.1).map_err(|error| {
        Fail::setting(
            format!("the certificate {} with the key {}: {error}", certificate.display(), key.display()),
            "give the certificate with those above it, and its own key, both in PEM",
        )
    })
}

fn read(setting: &str, path: &Path) -> Result<Vec<u8>, Fail> {
    let cannot = |why: String| {
        Fail::setting(format!("cannot read {setting} {}: {why}", path.display()), "check the path and its rights")
    };
    let size = std::fs::metadata(path).map_err(|error| cannot(error.to_string()))?.len();
    if size > MAX_PEM_BYTES {
        return Err(cannot(format!("it has {size} bytes, which no certificate has")));
    }
    std::fs::read(path).map_err(|error| cannot(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_open_files_leave_room_for_the_rest_of_the_server() {
        assert_eq!(connections(None), MAX_CONNECTIONS);
        assert_eq!(connections(Some(1 << 20)), MAX_CONNECTIONS);
        assert_eq!(connections(Some(20_000)), 20_000 - 4_096);
        assert_eq!(connections(Some(1_024)), MIN_CONNECTIONS);
    }

    #[test]
    fn a_guessable_token_is_no_key() {
        assert!(environment_token("short").is_err());
        assert!(environment_token("0123456789abcdef").is_ok());
    }
}
