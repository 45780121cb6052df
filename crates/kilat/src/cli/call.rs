//! Calls from a command to the running server, found by `ready.json` in the data folder.

use std::path::Path;
use std::time::Duration;

use kilat_wire::Apology;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::config::Config;
use crate::fail::{Code, Exit, Fail};
use crate::ready::Ready;

/// Longest wait for an answer: every call answers at once or not at all.
const PATIENCE: Duration = Duration::from_secs(10);

/// A server that answered.
pub(super) struct Server {
    pub(super) ready: Ready,
    agent: ureq::Agent,
    token: Option<String>,
}

impl Server {
    /// The running server of this data folder, if one answers.
    pub(super) fn find(data: &Path) -> Result<Option<Self>, Fail> {
        let Some(ready) = Ready::read(data) else { return Ok(None) };
        let agent = ureq::Agent::config_builder()
            .timeout_global(Some(PATIENCE))
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .build()
            .new_agent();
        let server = Self { ready, agent, token: Config::token()? };
        // A file that a killed server left behind names a port that nobody, or somebody else, answers on:
        // also another Kilat, whose events are not meant.
        let health = server.get::<kilat_wire::Health>("/health");
        Ok(health.is_ok_and(|health| health.pid == server.ready.pid).then_some(server))
    }

    pub(super) fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Fail> {
        let mut request = self.agent.get(self.url(path));
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        answer(request.call())
    }

    pub(super) fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, Fail> {
        let mut request = self.agent.post(self.url(path)).header("x-kilat-action", "1");
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        answer(request.send_json(body))
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.ready.http)
    }
}

fn answer<T: DeserializeOwned>(sent: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Result<T, Fail> {
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
    Err(match apology {
        Some(apology) => Fail::new(Code::Refused, apology.error, apology.remedy),
        None => Fail::new(Code::Refused, format!("the server refused: {status}"), "look at the server's log"),
    })
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
