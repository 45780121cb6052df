//! The headers that every answer carries.

use axum::http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName,
    REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;

use crate::auth::Page;

/// Scripts, styles and pictures of Kilat only; the socket may be on another port.
const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; \
    connect-src 'self' ws: wss:; manifest-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";

const FIXED: [(HeaderName, &str); 6] = [
    (CONTENT_SECURITY_POLICY, CSP),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
    (REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), microphone=(), geolocation=(), payment=()"),
];

/// What pages may send; the second line is for files that are handed in.
const ASKED: &str = "authorization, content-type, idempotency-key, x-kilat-action, \
    content-digest, repr-digest, x-kilat-hash, tus-resumable, upload-length, upload-offset, upload-metadata, upload-checksum";
/// What pages may read beside the usual.
const TOLD: &str = "location, tus-resumable, tus-version, tus-extension, tus-max-size, tus-checksum-algorithm, \
    upload-offset, upload-length, upload-metadata, upload-expires, x-kilat-state, x-kilat-photo, x-kilat-hash, x-kilat-new";

/// Adds them; `page` decides what a page of another address may read of the answer.
pub(crate) fn with_headers(mut response: Response, page: &Page) -> Response {
    let headers = response.headers_mut();
    for (name, value) in FIXED {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // What a call tells is for whoever asked, not for a cache on the way.
    if !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    headers.append(VARY, HeaderValue::from_static("origin"));
    if let Some(origin) = page.origin() {
        allow(headers, origin.clone());
        if matches!(page, Page::Ours(_)) {
            headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        }
    }
    response
}

fn allow(headers: &mut HeaderMap, origin: HeaderValue) {
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE"));
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(ASKED));
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(TOLD));
}
