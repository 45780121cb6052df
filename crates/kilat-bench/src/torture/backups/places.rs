//! Real servers to back up to, and what proves that what they hold is right: the oracle, and the public tools.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use kilat_testkit::{Oracle, S3Server, SshServer, Verdict, WebDavServer, server_program};
use tempfile::TempDir;

use super::event::said;
use crate::Outcome;

/// What an event is backed up to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    S3,
    Sftp,
    WebDav,
    Vault,
}

impl Kind {
    pub(super) const ALL: [Self; 4] = [Self::S3, Self::Sftp, Self::WebDav, Self::Vault];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::S3 => "S3",
            Self::Sftp => "SFTP",
            Self::WebDav => "WebDAV",
            Self::Vault => "vault",
        }
    }
}

/// One server, and where it keeps what it is sent.
pub(super) struct Place {
    kind: Kind,
    home: TempDir,
    pub(super) url: String,
    pub(super) secrets: String,
    _server: Serving,
}

#[expect(dead_code, reason = "they end when they are dropped")]
enum Serving {
    S3(S3Server),
    Sftp(SshServer),
    WebDav(WebDavServer),
    Nothing,
}

/// Of the vault.
const PASSWORD: &str = "correct horse battery staple";
/// The folder that is backed up to.
const STUDIO: &str = "studio";

impl Place {
    pub(super) fn start(kind: Kind, below: &Path) -> Outcome<Self> {
        let home = tempfile::Builder::new().prefix("kilat-place-").tempdir_in(below)?;
        let (server, url, secrets) = match kind {
            Kind::S3 => {
                let server = S3Server::start(home.path());
                let url = server.url(STUDIO);
                (Serving::S3(server), url, s3_secrets())
            }
            Kind::Sftp => {
                let server = SshServer::start();
                let url = server.url(&home.path().join(STUDIO));
                let secrets = format!("key={}\n", server.key.replace('\n', "\\n"));
                (Serving::Sftp(server), url, secrets)
            }
            Kind::WebDav => {
                let server = WebDavServer::start(home.path());
                let url = server.url(STUDIO);
                let secrets = format!("user={}\npassword={}\n", WebDavServer::USER, WebDavServer::PASSWORD);
                (Serving::WebDav(server), url, secrets)
            }
            Kind::Vault => {
                let url = format!("restic:{}", home.path().join(STUDIO).display());
                (Serving::Nothing, url, format!("password={PASSWORD}\n"))
            }
        };
        Ok(Self { kind, home, url, secrets, _server: server })
    }

    /// Where the copies stand as plain files.
    fn folder(&self) -> PathBuf {
        let bucket =
            if self.kind == Kind::S3 { self.home.path().join(S3Server::BUCKET) } else { self.home.path().into() };
        bucket.join(STUDIO)
    }

    /// What the oracle says of what stands there; of a vault, of what the public restic brings back of it.
    pub(super) fn judge(&self, oracle: &Oracle) -> Outcome<Verdict> {
        if self.kind != Kind::Vault {
            let verdict = oracle.judge(&self.folder())?;
            if verdict.is_good() {
                public_tool_agrees(&self.folder())?;
            }
            return Ok(verdict);
        }
        self.restic(&["check", "--read-data"])?;
        let back = tempfile::Builder::new().prefix("kilat-back-").tempdir_in(self.home.path())?;
        self.restic(&["restore", "latest", "--target", &back.path().to_string_lossy()])?;
        Ok(oracle.judge(back.path())?)
    }

    fn restic(&self, arguments: &[&str]) -> Outcome<()> {
        let mut command = Command::new(server_program("restic"));
        command.args(["--no-cache", "--repo"]).arg(self.folder()).args(arguments);
        let output = command.env("RESTIC_PASSWORD", PASSWORD).stdin(Stdio::null()).output()?;
        if output.status.success() { Ok(()) } else { Err(format!("restic {arguments:?}: {}", said(&output)).into()) }
    }
}

/// The secrets of the S3 server as lines.
pub(super) fn s3_secrets() -> String {
    format!("access_key_id={}\nsecret_access_key={}\n", S3Server::ACCESS_KEY_ID, S3Server::SECRET_ACCESS_KEY)
}

/// The event's folder of a backup: the one that has manifests.
pub(super) fn event_folder(place: &Path) -> Outcome<PathBuf> {
    for entry in fs::read_dir(place)? {
        let path = entry?.path();
        if path.join("ascmhl").is_dir() {
            return Ok(path);
        }
    }
    Err(format!("no folder in {} has manifests", place.display()).into())
}

/// The public tool verifies the manifests of the event that stands there.
pub(super) fn public_tool_agrees(place: &Path) -> Outcome<()> {
    let event = event_folder(place)?;
    let output = Command::new(server_program("ascmhl-debug")).arg("verify").arg(&event).output()?;
    if output.status.success() { Ok(()) } else { Err(format!("ascmhl verify: {}", said(&output)).into()) }
}
