//! Calls over HTTP: one connection pool per copy under way, so that a cancelled copy can cut its own, with a
//! limit on time for every phase and on bytes a second for every body.

mod body;
mod fault;

use std::io::Read;
use std::path::PathBuf;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use kilat_objects::{RateLimit, StoreError, Watch};
use ureq::config::Config;
use ureq::http::request::Builder;
use ureq::http::{Request, Response};
use ureq::tls::{Certificate, RootCerts, TlsConfig, TlsProvider};
use ureq::{Agent, AsSendBody, Body, SendBody};

use body::Metered;
pub(crate) use body::{Nobody, hash};
pub(crate) use fault::{Refused, header, retry_after};

use crate::{OpenError, Patience, SLOWEST};

/// Longest wait before a copy looks whether it was cancelled.
const LOOK: Duration = Duration::from_millis(100);
/// Agents kept for the next copies: as many as usually run at once.
const KEEP_AGENTS: usize = 4;
/// Longest answer that is read to say what went wrong.
const MAX_COMPLAINT: u64 = 64 * 1024;

/// A server, and how it is called.
pub(crate) struct Http {
    place: PathBuf,
    config: Config,
    patience: Patience,
    limit: Arc<RateLimit>,
    idle: Mutex<Vec<Agent>>,
}

/// What is sent.
pub(crate) enum Payload<'a> {
    /// Nothing.
    Empty,
    /// These bytes.
    Bytes(&'a [u8]),
    /// So many bytes from there.
    Stream(&'a mut dyn Read, u64),
}

/// A call to make.
pub(crate) struct Call<'a> {
    /// What it is for, to complete "cannot …".
    pub(crate) what: &'static str,
    pub(crate) method: &'static str,
    pub(crate) url: String,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) payload: Payload<'a>,
}

/// An agent in use, and whom to ask whether to go on.
#[derive(Clone, Copy)]
pub(crate) struct Line<'a> {
    http: &'a Http,
    agent: &'a Agent,
    pub(crate) watch: &'a dyn Watch,
}

impl Http {
    pub(crate) fn new(
        place: PathBuf,
        is_tls: bool,
        patience: Patience,
        limit: Arc<RateLimit>,
    ) -> Result<Self, OpenError> {
        let mut tls = TlsConfig::builder()
            .provider(TlsProvider::Rustls)
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()));
        if is_tls {
            tls = tls.root_certs(authorities()?);
        }
        let config = Agent::config_builder()
            .timeout_resolve(Some(patience.connect))
            .timeout_connect(Some(patience.connect))
            .timeout_per_read(Some(patience.idle))
            .timeout_per_write(Some(patience.idle))
            .http_status_as_error(false)
            .allow_non_standard_methods(true)
            // A redirect would carry credentials elsewhere; S3 and WebDAV name another address in words instead.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .user_agent("kilat")
            .tls_config(tls.build())
            .build();
        Ok(Self { place, config, patience, limit, idle: Mutex::default() })
    }

    /// Where this is, for errors.
    pub(crate) fn place(&self) -> PathBuf {
        self.place.clone()
    }

    /// Works with connections that are cut when the copy is cancelled.
    pub(crate) fn with<T>(
        &self,
        watch: &dyn Watch,
        work: impl FnOnce(Line<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let kept = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let agent = kept.unwrap_or_else(|| Agent::new_with_config(self.config.clone()));
        let (busy, over) = sync_channel::<()>(0);
        let (result, is_cut) = thread::scope(|scope| {
            let guard = agent.clone();
            let cutting = scope.spawn(move || {
                loop {
                    match over.recv_timeout(LOOK) {
                        Err(RecvTimeoutError::Timeout) if watch.is_cancelled() => {
                            guard.shutdown();
                            return true;
                        }
                        Err(RecvTimeoutError::Timeout) => {}
                        Ok(()) | Err(RecvTimeoutError::Disconnected) => return false,
                    }
                }
            });
            let result = work(Line { http: self, agent: &agent, watch });
            drop(busy);
            (result, cutting.join().unwrap_or(true))
        });
        if is_cut {
            // What it had come to is unknown to the caller, who asked for an end.
            return result.map_err(|_cut| StoreError::Cancelled);
        }
        self.keep(agent);
        result
    }

    /// Works with connections that nobody cuts, for short calls.
    pub(crate) fn brief<T>(&self, work: impl FnOnce(Line<'_>) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let kept = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let agent = kept.unwrap_or_else(|| Agent::new_with_config(self.config.clone()));
        let result = work(Line { http: self, agent: &agent, watch: &Nobody });
        self.keep(agent);
        result
    }

    fn keep(&self, agent: Agent) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < KEEP_AGENTS {
            idle.push(agent);
        }
    }
}

impl<'a> Line<'a> {
    /// The same agent for another who asks.
    pub(crate) fn watched_by<'b>(self, watch: &'b dyn Watch) -> Line<'b>
    where
        'a: 'b,
    {
        Line { watch, ..self }
    }

    /// Makes the call; an answer of any status is an answer. It may be as long as `size_bytes`.
    pub(crate) fn fetch(&self, call: Call<'_>, size_bytes: u64) -> Result<Response<Body>, StoreError> {
        let within = self.http.patience.call + Duration::from_secs(size_bytes / SLOWEST);
        let what = call.what;
        if self.watch.is_cancelled() {
            return Err(StoreError::Cancelled);
        }
        let mut request = Request::builder().method(call.method).uri(&call.url);
        for (name, value) in &call.headers {
            request = request.header(*name, value);
        }
        let size = match &call.payload {
            Payload::Empty => None,
            Payload::Bytes(bytes) => Some(bytes.len() as u64),
            Payload::Stream(_, size) => Some(*size),
        };
        if let Some(size) = size {
            request = request.header("content-length", size.to_string());
        }
        let within = within + Duration::from_secs(size.unwrap_or(0) / SLOWEST);
        match call.payload {
            Payload::Empty => self.run(what, request, (), within),
            Payload::Bytes(bytes) => self.run_metered(what, request, bytes, within),
            Payload::Stream(reader, _) => self.run_metered(what, request, reader, within),
        }
    }

    fn run_metered(
        &self,
        what: &'static str,
        request: Builder,
        reader: impl Read,
        within: Duration,
    ) -> Result<Response<Body>, StoreError> {
        let mut metered = Metered::new(reader, &self.http.limit, self.watch);
        self.run(what, request, SendBody::from_reader(&mut metered), within)
    }

    fn run(
        &self,
        what: &'static str,
        request: Builder,
        body: impl AsSendBody,
        within: Duration,
    ) -> Result<Response<Body>, StoreError> {
        let request = request.body(body).map_err(|error| self.fault(what, error.into()))?;
        let request = self.agent.configure_request(request).timeout_global(Some(within)).build();
        self.agent.run(request).map_err(|error| self.fault(what, error))
    }

    /// The bytes of an answer, metered.
    pub(crate) fn body<'b>(&'b self, answer: Response<Body>) -> impl Read + 'b {
        let reader = answer.into_body().into_with_config().limit(u64::MAX).reader();
        Metered::new(reader, &self.http.limit, self.watch)
    }

    /// The bytes of an answer for somebody who reads them later.
    pub(crate) fn owned_body(&self, answer: Response<Body>) -> Box<dyn Read + Send> {
        let reader = answer.into_body().into_with_config().limit(u64::MAX).reader();
        Box::new(body::Owned::new(reader, Arc::clone(&self.http.limit)))
    }

    /// What a refused call said, as text.
    pub(crate) fn complaint(&self, answer: Response<Body>) -> Refused {
        let (status, after) = (answer.status().as_u16(), retry_after(answer.headers()));
        let mut text = Vec::new();
        let mut reader = answer.into_body().into_with_config().limit(MAX_COMPLAINT).reader();
        if let Err(error) = reader.read_to_end(&mut text) {
            tracing::debug!(%error, "an answer's reason was cut off");
        }
        Refused { status, after, text: String::from_utf8_lossy(&text).into_owned() }
    }

    /// What a failed call means.
    pub(crate) fn fault(&self, what: &'static str, error: ureq::Error) -> StoreError {
        if self.watch.is_cancelled() {
            return StoreError::Cancelled;
        }
        fault::of_call(&self.http.place, what, error)
    }

    /// What an answer that stops means.
    pub(crate) fn cut(&self, what: &'static str, error: std::io::Error) -> StoreError {
        if self.watch.is_cancelled() {
            return StoreError::Cancelled;
        }
        StoreError::Io { what, path: self.http.place.clone(), source: error }
    }

    pub(crate) fn place(&self) -> PathBuf {
        self.http.place.clone()
    }
}

/// Whom this machine trusts: also the studio's own authority, where it was added to the system's list.
fn authorities() -> Result<RootCerts, OpenError> {
    let found = rustls_native_certs::load_native_certs();
    if found.certs.is_empty() {
        return Err(OpenError::NoAuthorities);
    }
    let certs: Vec<_> = found.certs.iter().map(|cert| Certificate::from_der(cert).to_owned()).collect();
    Ok(RootCerts::new_with_certs(&certs))
}
