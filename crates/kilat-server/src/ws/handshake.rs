//! The WebSocket handshake (RFC 6455, section 4.2): what is asked, the answer, and the raw connection after it.

use axum::body::Body;
use axum::http::header::{
    CONNECTION, HeaderName, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use axum::http::{HeaderMap, Method, Request, Response, StatusCode};
use data_encoding::BASE64;
use hyper::upgrade::OnUpgrade;
use sha1::{Digest, Sha1};

/// What the protocol appends to every key.
const MAGIC: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
/// The version that everybody speaks.
const VERSION: &str = "13";

/// Why a request is no handshake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoHandshake {
    /// An ordinary call.
    NotAsked,
    /// Asked for, in a way that cannot be answered.
    Malformed(&'static str),
}

/// Judges a request, and takes from it what becomes the connection.
pub(super) fn asked(request: &mut Request<Body>) -> Result<(Response<Body>, OnUpgrade), NoHandshake> {
    let headers = request.headers();
    if !names(headers, &UPGRADE, "websocket") {
        return Err(NoHandshake::NotAsked);
    }
    if request.method() != Method::GET || !names(headers, &CONNECTION, "upgrade") {
        return Err(NoHandshake::Malformed("a WebSocket begins with GET and Connection: Upgrade"));
    }
    if headers.get(SEC_WEBSOCKET_VERSION).is_none_or(|version| version != VERSION) {
        return Err(NoHandshake::Malformed("Sec-WebSocket-Version is not 13"));
    }
    let key = headers.get(SEC_WEBSOCKET_KEY).map(axum::http::HeaderValue::as_bytes).unwrap_or_default();
    if BASE64.decode(key).map_or(0, |key| key.len()) != 16 {
        return Err(NoHandshake::Malformed("Sec-WebSocket-Key is not 16 bytes in base64"));
    }
    let answer = Response::builder()
        .status(StatusCode::SWITCHING_PROTOCOLS)
        .header(UPGRADE, "websocket")
        .header(CONNECTION, "Upgrade")
        .header(SEC_WEBSOCKET_ACCEPT, accept(key))
        .body(Body::empty())
        .map_err(|_error| NoHandshake::Malformed("the answer cannot be written"))?;
    let upgrade = request.extensions_mut().remove::<OnUpgrade>();
    let upgrade = upgrade.ok_or(NoHandshake::Malformed("this connection cannot become a WebSocket: use HTTP/1.1"))?;
    Ok((answer, upgrade))
}

fn accept(key: &[u8]) -> String {
    BASE64.encode(&Sha1::new().chain_update(key).chain_update(MAGIC).finalize())
}

/// Whether a header names this among others.
fn names(headers: &HeaderMap, header: &HeaderName, wanted: &str) -> bool {
    headers
        .get_all(header)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|name| name.trim().eq_ignore_ascii_case(wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_is_the_one_of_the_protocols_own_example() {
        assert_eq!(accept(b"dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }

    #[test]
    fn browsers_name_upgrade_among_other_things() {
        let mut headers = HeaderMap::new();
        headers.insert(CONNECTION, axum::http::HeaderValue::from_static("keep-alive, Upgrade"));
        assert!(names(&headers, &CONNECTION, "upgrade"));
        assert!(!names(&headers, &UPGRADE, "websocket"));
    }
}
