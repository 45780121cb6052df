//! Calls from a command to the running server, found by `ready.json` in the data folder.
//!
//! A command presents `KILAT_TOKEN`, else the local key of the data folder.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use kilat_wire::Apology;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio_rustls::rustls::crypto::ring;
use ureq::http::StatusCode;
use ureq::tls::{TlsConfig, TlsProvider};

use crate::config::Config;
use crate::fail::{Code, Exit, Fail};
use crate::key;
use crate::ready::Ready;

/// Longest wait for an answer: every call answers at once or not at all.
const PATIENCE: Duration = Duration::from_secs(10);

/// Longest wait where the server asks others: several calls over a network, each with its own limit.
const LONG_PATIENCE: Duration = Duration::from_secs(600);

/// A server that answered.
pub(super) struct Server {
    pub(super) ready: Ready,
    agent: ureq::Agent,
    token: Option<String>,
}

type Answered = Result<ureq::http::Response<ureq::Body>, ureq::Error>;

impl Server {
    /// The running server of this data folder, if one answers.
    pub(super) fn find(data: &Path) -> Result<Option<Self>, Fail> {
        let Some(ready) = Ready::read(data) else { return Ok(None) };
        let agent = ureq::Agent::config_builder()
            .timeout_global(Some(PATIENCE))
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .tls_config(tls())
            .build()
            .new_agent();
        let server = Self { ready, agent, token: token(data)? };
        // A file that a killed server left behind names a port that nobody, or somebody else, answers on,
        // also another Kilat whose events are not meant: asked without the token.
        let health = answer::<kilat_wire::Health>(server.agent.get(server.url("/health")).call());
        Ok(health.is_ok_and(|health| health.pid == server.ready.pid).then_some(server))
    }

    pub(super) fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Fail> {
        let mut request = self.agent.get(self.url(path));
        if let Some(bearer) = self.bearer() {
            request = request.header("authorization", bearer);
        }
        answer(request.call())
    }

    pub(super) fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, Fail> {
        let mut request = self.agent.post(self.url(path)).header("x-kilat-action", "1");
        if let Some(bearer) = self.bearer() {
            request = request.header("authorization", bearer);
        }
        answer(request.send_json(body))
    }

    /// The same for what asks others, who may take their time.
    pub(super) fn post_patiently<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, Fail> {
        let request = self.agent.post(self.url(path)).header("x-kilat-action", "1");
        let mut request = request.config().timeout_global(Some(LONG_PATIENCE)).build();
        if let Some(bearer) = self.bearer() {
            request = request.header("authorization", bearer);
        }
        answer(request.send_json(body))
    }

    pub(super) fn delete<T: DeserializeOwned>(&self, path: &str) -> Result<T, Fail> {
        let mut request = self.agent.delete(self.url(path)).header("x-kilat-action", "1");
        if let Some(bearer) = self.bearer() {
            request = request.header("authorization", bearer);
        }
        answer(request.call())
    }

    fn bearer(&self) -> Option<String> {
        self.token.as_ref().map(|token| format!("Bearer {token}"))
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.ready.http)
    }
}

/// What this command presents: `KILAT_TOKEN`, else the local key.
pub(super) fn token(data: &Path) -> Result<Option<String>, Fail> {
    match Config::token()? {
        Some(token) => Ok(Some(token)),
        None => key::read(data),
    }
}

/// The server is found in its own data folder and on this machine, by an address that no certificate names.
fn tls() -> TlsConfig {
    TlsConfig::builder()
        .provider(TlsProvider::Rustls)
        .unversioned_rustls_crypto_provider(Arc::new(ring::default_provider()))
        .disable_verification(true)
        .build()
}

fn answer<T: DeserializeOwned>(sent: Answered) -> Result<T, Fail> {
    let unreachable = |error: ureq::Error| {
        Fail::new(Code::NoServer, format!("the server does not answer: {error}"), "is it running? kilat serve")
            .exit(Exit::Unreachable)
    };
    let mut response = sent.map_err(unreachable)?;
    if response.status().is_success() {
        return response.body_mut().read_json().map_err(unreachable);
    }
    let status = response.status();
    let apology: Option<Apology> = response.body_mut().read_json().ok();
    let (what, remedy) = match apology {
        Some(apology) => (apology.error, apology.remedy),
        None => (format!("the server refused: {status}"), "look at the server's log".to_owned()),
    };
    Err(match status {
        StatusCode::UNAUTHORIZED => not_signed_in(what),
        StatusCode::FORBIDDEN => Fail::not_allowed(what, remedy),
        _ => Fail::new(Code::Refused, what, remedy),
    })
}

/// The refusal of a command whose token opens nothing.
pub(super) fn not_signed_in(what: impl Into<String>) -> Fail {
    Fail::not_allowed(what, "set KILAT_TOKEN to a token, or run this as the user that runs the server")
}

/// The refusal of a command that only a running server can answer.
pub(super) fn no_server(data: &Path) -> Fail {
    Fail::new(
        Code::NoServer,
        format!("no server is running on the data folder {}", data.display()),
        "start one with kilat serve, or name its folder with --data",
    )
    .exit(Exit::Unreachable)
}
