//! `/intake/tus`: a file in as many calls as it needs, by the protocol tus 1.0 (<https://tus.io>).
//!
//! An upload is a named part of the intake and a note beside it, so it survives the process; how far it came is what is
//! durable of it. It belongs to whoever began it. Absent: uploads of unknown length, and of several at once joined.

mod about;
mod append;
mod create;
mod look;
mod remove;
mod settle;
mod uploads;

pub(super) use settle::take_up;
pub(super) use uploads::Uploads;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use kilat_core::Millis;

use crate::app::App;
use crate::refusal::Refusal;

/// The version that is spoken.
const VERSION: HeaderValue = HeaderValue::from_static("1.0.0");
const RESUMABLE: HeaderName = HeaderName::from_static("tus-resumable");
const VERSIONS: HeaderName = HeaderName::from_static("tus-version");
const OFFSET: HeaderName = HeaderName::from_static("upload-offset");
const LENGTH: HeaderName = HeaderName::from_static("upload-length");
const METADATA: HeaderName = HeaderName::from_static("upload-metadata");
const CHECKSUM: HeaderName = HeaderName::from_static("upload-checksum");
const EXPIRES: HeaderName = HeaderName::from_static("upload-expires");
/// The media type of bytes that are added.
const BYTES: &str = "application/offset+octet-stream";

/// Whether calls of this path are spoken in it.
pub(super) fn is_its(path: &str) -> bool {
    path.strip_prefix("/intake/tus").is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/intake/tus", post(create::post))
        .route("/intake/tus/{id}", get(look::get).patch(append::patch).delete(remove::delete))
        .layer(from_fn(speaks_tus))
}

/// Adds what a client asks for before it begins.
pub(crate) fn tell_abilities(headers: &mut HeaderMap) {
    headers.insert(VERSIONS, VERSION);
    let extensions = "creation,creation-with-upload,termination,expiration,checksum";
    headers.insert("tus-extension", HeaderValue::from_static(extensions));
    headers.insert("tus-checksum-algorithm", HeaderValue::from_static("sha1,sha256"));
    headers.insert(RESUMABLE, VERSION);
}

/// Refuses other versions; every answer says its own.
async fn speaks_tus(request: Request, next: Next) -> Response {
    let is_known = request.headers().get(RESUMABLE) == Some(&VERSION);
    let mut response = if is_known {
        next.run(request).await
    } else {
        let error = "this is spoken in version 1.0.0 of tus, and the call does not say that it is";
        let remedy = "send the header Tus-Resumable: 1.0.0, or use PUT /intake/NAME";
        Refusal::new(StatusCode::PRECONDITION_FAILED, "tus_version", error, remedy).into_response()
    };
    response.headers_mut().insert(RESUMABLE, VERSION);
    if !is_known {
        response.headers_mut().insert(VERSIONS, VERSION);
    }
    response
}

/// A number that a header says.
fn number(headers: &HeaderMap, name: &HeaderName) -> Option<u64> {
    headers.get(name)?.to_str().ok()?.parse().ok()
}

/// An instant as HTTP writes it.
fn http_date(at: Millis) -> Option<HeaderValue> {
    let at = jiff::Timestamp::from_millisecond(at.0).ok()?;
    HeaderValue::try_from(at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()).ok()
}
