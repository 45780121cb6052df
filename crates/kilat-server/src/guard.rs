//! In front of every call: who may ask from where, and the headers that every answer carries.
//!
//! A page of another site must not act here through the browser of someone at the venue (foreign
//! `Origin`), nor reach a loopback server through a name that it controls (foreign `Host`).

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN, CONTENT_SECURITY_POLICY,
    HOST, HeaderName, ORIGIN, REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::refusal::Refusal;

/// Scripts, styles and pictures of Kilat only; the socket may be on another port.
const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; \
    connect-src 'self' ws: wss:; manifest-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";

/// Names under which the server may be called, beside loopback names and addresses.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names(Arc<Vec<String>>);

impl Names {
    pub(crate) fn new(names: Vec<String>) -> Self {
        Self(Arc::new(names.into_iter().map(|name| name.to_ascii_lowercase()).collect()))
    }

    fn allow(&self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(&host);
        bare == "localhost"
            || bare.ends_with(".localhost")
            || bare.parse::<IpAddr>().is_ok()
            || self.0.iter().any(|name| name == bare)
    }
}

/// Refuses foreign callers; adds the headers.
pub(crate) async fn guard(State(names): State<Names>, request: Request, next: Next) -> Response {
    let origin = match judge(request.headers(), &names) {
        Ok(origin) => origin,
        Err(refusal) => return with_headers(refusal.into_response(), None),
    };
    if request.method() == Method::OPTIONS {
        return with_headers(StatusCode::NO_CONTENT.into_response(), origin);
    }
    with_headers(next.run(request).await, origin)
}

/// The origin of an allowed cross-port page, if the caller is one.
fn judge(headers: &HeaderMap, names: &Names) -> Result<Option<HeaderValue>, Refusal> {
    let refuse = |code, error: &str| {
        let remedy = "open Kilat by the address that it printed; other names are for the operator to allow";
        Refusal::new(StatusCode::FORBIDDEN, code, error, remedy)
    };
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or("");
    if !names.allow(without_port(host)) {
        return Err(refuse("foreign_host", "this server is not known by that name"));
    }
    let Some(origin) = headers.get(ORIGIN) else { return Ok(None) };
    let page = origin.to_str().ok().and_then(|origin| origin.split_once("://")).map(|(_, host)| without_port(host));
    match page {
        // Any port of the same machine: the studio's own site runs beside Kilat.
        Some(page)
            if page.eq_ignore_ascii_case(without_port(host)) || (is_local(page) && is_local(without_port(host))) =>
        {
            Ok(Some(origin.clone()))
        }
        _ => Err(refuse("foreign_origin", "a page of another site may not call this server")),
    }
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    }
}

fn is_local(host: &str) -> bool {
    let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    bare == "localhost" || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

fn with_headers(mut response: Response, origin: Option<HeaderValue>) -> Response {
    const FIXED: [(HeaderName, &str); 4] = [
        (CONTENT_SECURITY_POLICY, CSP),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        (REFERRER_POLICY, "no-referrer"),
    ];
    let headers = response.headers_mut();
    for (name, value) in FIXED {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Some(origin) = origin {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST, DELETE"));
        headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("content-type, x-kilat-action"));
        headers.append(VARY, HeaderValue::from_static("origin"));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(host: &str, origin: Option<&str>) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, HeaderValue::from_str(host).expect("a header"));
        if let Some(origin) = origin {
            headers.insert(ORIGIN, HeaderValue::from_str(origin).expect("a header"));
        }
        judge(&headers, &Names::new(vec!["studio.local".to_owned()])).is_ok()
    }

    #[test]
    fn the_machine_itself_and_programs_come_in() {
        assert!(verdict("localhost:3001", Some("http://localhost:3000")));
        assert!(verdict("127.0.0.1:3001", Some("http://localhost:3000")));
        assert!(verdict("127.0.0.1:3001", None));
        assert!(verdict("[::1]:3001", Some("http://[::1]:3000")));
        assert!(verdict("192.168.1.7:3000", Some("http://192.168.1.7:3000")));
        assert!(verdict("studio.local:3000", Some("http://studio.local:3000")));
    }

    #[test]
    fn pages_of_other_sites_and_other_names_stay_out() {
        assert!(!verdict("localhost:3001", Some("https://evil.example")));
        assert!(!verdict("localhost:3001", Some("null")));
        assert!(!verdict("evil.example:3001", None));
        assert!(!verdict("localhost.evil.example", None));
        assert!(!verdict("", None));
    }
}
