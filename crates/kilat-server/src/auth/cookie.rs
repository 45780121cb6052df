//! The session's cookie: no script reads it, no other site sends it.

use std::time::Duration;

use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue};
use kilat_auth::SESSION_VALID;

const NAME: &str = "kilat_session";

/// Sets it.
pub(crate) fn session_cookie(secret: &str, is_tls: bool) -> Option<HeaderValue> {
    cookie(secret, SESSION_VALID, is_tls)
}

/// Takes it away.
pub(crate) fn clear_cookie(is_tls: bool) -> Option<HeaderValue> {
    cookie("", Duration::ZERO, is_tls)
}

/// What the browser presents.
pub(crate) fn session_of(headers: &HeaderMap) -> Option<&str> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|header| header.to_str().ok())
        .flat_map(|header| header.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(name, value)| (name == NAME && !value.is_empty()).then_some(value))
}

fn cookie(value: &str, valid: Duration, is_tls: bool) -> Option<HeaderValue> {
    let secure = if is_tls { "; Secure" } else { "" };
    let text = format!("{NAME}={value}; HttpOnly; SameSite=Strict; Path=/; Max-Age={}{secure}", valid.as_secs());
    let mut header = HeaderValue::try_from(text).ok()?;
    header.set_sensitive(true);
    Some(header)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        assert_eq!(session_of(&headers), None);
        headers.append(COOKIE, HeaderValue::from_static("a=b; xkilat_session=no"));
        headers.append(COOKIE, HeaderValue::from_static("c=d;kilat_session=klt_x; e=f"));
        assert_eq!(session_of(&headers), Some("klt_x"));
    }

    #[test]
    fn the_cookie_is_only_for_this_server_and_only_secure_where_it_can_be() {
        let plain = session_cookie("klt_x", false).expect("a header");
        assert_eq!(plain, "kilat_session=klt_x; HttpOnly; SameSite=Strict; Path=/; Max-Age=2592000");
        assert!(session_cookie("klt_x", true).expect("a header").to_str().expect("text").ends_with("; Secure"));
        assert!(clear_cookie(false).expect("a header").to_str().expect("text").contains("=; "));
    }
}
