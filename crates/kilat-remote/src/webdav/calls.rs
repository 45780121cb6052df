//! The single calls of WebDAV, and what a refusal means.

use data_encoding::BASE64;
use kilat_core::ProofHash;
use kilat_objects::StoreError;
use ureq::Body;
use ureq::http::Response;
use zeroize::Zeroizing;

use super::multistatus::{self, Resource, WANTED};
use crate::address::percent_encoded;
use crate::http::{Call, Line, Payload, hash};
use crate::{Secrets, WebDavAddress};

/// A server and who calls it.
pub(super) struct Dav {
    origin: String,
    basic: Option<Zeroizing<String>>,
}

/// A call on a path.
pub(super) struct Ask<'a> {
    pub(super) what: &'static str,
    pub(super) method: &'static str,
    pub(super) path: &'a [String],
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) payload: Payload<'a>,
}

/// A refusal that callers tell apart.
#[derive(Debug)]
pub(super) enum No {
    /// 404, 409: it, or a folder around it, is not there.
    NotThere,
    /// 405, 412: something is there already.
    Taken,
    /// Anything else.
    Fault(StoreError),
}

impl From<StoreError> for No {
    fn from(error: StoreError) -> Self {
        Self::Fault(error)
    }
}

impl No {
    pub(super) fn fault(self, line: Line<'_>, what: &'static str) -> StoreError {
        let says = match self {
            Self::Fault(error) => return error,
            Self::NotThere => "it or a folder around it is not there",
            Self::Taken => "something is there already",
        };
        StoreError::Io { what, path: line.place(), source: std::io::Error::other(says) }
    }
}

impl Dav {
    pub(super) fn new(address: &WebDavAddress, secrets: &Secrets) -> Self {
        let basic = secrets.get("user").map(|user| {
            let pair = Zeroizing::new(format!("{user}:{}", secrets.get("password").unwrap_or_default()));
            Zeroizing::new(format!("Basic {}", BASE64.encode(pair.as_bytes())))
        });
        Self { origin: address.origin.clone(), basic }
    }

    pub(super) fn is_tls(&self) -> bool {
        self.origin.starts_with("https:")
    }

    pub(super) fn url(&self, path: &[String]) -> String {
        let escaped: String = path.iter().map(|segment| format!("/{}", percent_encoded(segment, false))).collect();
        format!("{}{}", self.origin, if escaped.is_empty() { "/" } else { &escaped })
    }

    /// Makes a call that succeeds with a status of 2xx; its answer may be as long as `size_bytes`.
    pub(super) fn ask(&self, line: Line<'_>, ask: Ask<'_>, size_bytes: u64) -> Result<Response<Body>, No> {
        let mut headers = ask.headers;
        headers.extend(self.basic.as_ref().map(|basic| ("authorization", basic.to_string())));
        let url = self.url(ask.path);
        let call = Call { what: ask.what, method: ask.method, url, headers, payload: ask.payload };
        let answer = line.fetch(call, size_bytes)?;
        if answer.status().is_success() {
            return Ok(answer);
        }
        let refused = line.complaint(answer);
        Err(match refused.status {
            404 | 409 => No::NotThere,
            405 | 412 => No::Taken,
            423 => StoreError::Busy { place: line.place(), after: refused.after }.into(),
            _ => refused.fault(&line.place(), ask.what, "").into(),
        })
    }

    /// A call without a body, whose answer does not matter.
    pub(super) fn short(
        &self,
        line: Line<'_>,
        what: &'static str,
        method: &'static str,
        path: &[String],
    ) -> Result<(), No> {
        self.ask(line, Ask { what, method, path, headers: Vec::new(), payload: Payload::Empty }, 0).map(drop)
    }

    /// Tells of what stands at a path, and of what is in it when asked with a depth of `1`.
    pub(super) fn find(
        &self,
        line: Line<'_>,
        path: &[String],
        depth: &'static str,
        mut each: impl FnMut(Resource),
    ) -> Result<bool, StoreError> {
        let what = "look at";
        let headers = vec![("depth", depth.to_owned()), ("content-type", "application/xml".to_owned())];
        let ask = Ask { what, method: "PROPFIND", path, headers, payload: Payload::Bytes(WANTED) };
        match self.ask(line, ask, 0) {
            Ok(answer) => {
                multistatus::read(line.body(answer), &mut each).map_err(|error| line.cut(what, error))?;
                Ok(true)
            }
            Err(No::NotThere) => Ok(false),
            Err(other) => Err(other.fault(line, what)),
        }
    }

    /// What stands at a path itself.
    pub(super) fn standing(&self, line: Line<'_>, path: &[String]) -> Result<Option<Resource>, StoreError> {
        let mut found = None;
        let is_there = self.find(line, path, "0", |resource| found = Some(resource))?;
        Ok(found.filter(|_| is_there))
    }

    /// Opens a file.
    pub(super) fn get(
        &self,
        line: Line<'_>,
        what: &'static str,
        path: &[String],
        size_bytes: u64,
    ) -> Result<Response<Body>, No> {
        self.ask(line, Ask { what, method: "GET", path, headers: Vec::new(), payload: Payload::Empty }, size_bytes)
    }

    /// Reads a file back and hashes what comes.
    pub(super) fn proof(
        &self,
        line: Line<'_>,
        path: &[String],
        size_bytes: u64,
    ) -> Result<Option<(u64, ProofHash)>, StoreError> {
        let what = "read back from";
        let answer = match self.get(line, what, path, size_bytes) {
            Ok(answer) => answer,
            Err(No::NotThere) => return Ok(None),
            Err(other) => return Err(other.fault(line, what)),
        };
        hash(line, what, line.body(answer)).map(Some)
    }

    /// Moves a file; without overwriting, unless told so.
    pub(super) fn rename(&self, line: Line<'_>, from: &[String], to: &[String], overwrite: &str) -> Result<(), No> {
        let headers = vec![("destination", self.url(to)), ("overwrite", overwrite.to_owned())];
        let ask = Ask { what: "name a copy in", method: "MOVE", path: from, headers, payload: Payload::Empty };
        self.ask(line, ask, 0).map(drop)
    }
}
