//! `/intake`: photos that phones, scripts and other programs hand in.
//!
//! `put` takes a file in one call, `form` several, `tus` one in as many calls as it needs, `held` tells whether a content
//! is here already. `pour` brings a body to the disk without holding it, `sip` bounds what a form may make of memory,
//! `linger` lets senders of refused ones hear why, `digest` compares what came with what was announced, `sender` is who
//! hands in. Sessions of browsers deliberately do not count here, so no page of another site can hand anything in.

mod answer;
mod digest;
mod form;
mod held;
mod linger;
mod pour;
mod put;
mod receiving;
mod sender;
mod sip;
mod tus;

pub(crate) use linger::linger;
pub(crate) use receiving::Receiving;
pub(crate) use tus::tell_abilities;

use std::hash::Hash;

use axum::Router;
use axum::http::HeaderMap;
use axum::routing::{get, put};

use crate::app::App;

/// Where everything here begins.
const ROOT: &str = "/intake";

/// Its calls.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/intake", get(held::get).post(put::post))
        .route("/intake/{name}", put(put::put))
        .merge(tus::routes())
}

/// Whether calls of this path take files: their bodies go to the disk as they come.
pub(crate) fn takes(path: &str) -> bool {
    path.strip_prefix(ROOT).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// What the call that hands a whole file in says of its bytes; none where it says nothing that is compared with them, and
/// for parts of files, which are known by where they belong.
pub(crate) fn print(path: &str, headers: &HeaderMap) -> Option<impl Hash + use<>> {
    let said = digest::announced(headers).ok().filter(|(content, others)| content.is_some() || !others.is_empty());
    said.filter(|_| !tus::is_its(path))
}
