//! Doors for `fuzz/` to what reads strangers' bytes. Never part of the program: behind a feature of its own.

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};

use crate::auth::{Basic, ByQuery, Names, Page, UrlToken, basic, presented, session_of};
use crate::ws::codec::{Decoder, Limits};

/// What was heard, and the code of the breach that ended it.
pub type Heard = (Vec<String>, Option<u16>);

/// Decodes a client's bytes that come in these pieces; a message above `limit` is dropped, one above eight
/// times that ends it.
pub fn decode<'a>(pieces: impl IntoIterator<Item = &'a [u8]>, limit: usize) -> Heard {
    let mut decoder = Decoder::new(Limits { message: limit, hard: limit * 8 });
    let mut heard = Vec::new();
    for mut input in pieces {
        loop {
            match decoder.next(&mut input) {
                Ok(Some(incoming)) => heard.push(format!("{incoming:?}")),
                Ok(None) => break,
                Err(breach) => return (heard, Some(breach.code())),
            }
        }
        assert!(input.is_empty(), "everything is read");
    }
    (heard, None)
}

/// Judges a call's names and reads what it presents, for each way that a call may be made.
pub fn present(headers: &[(&[u8], &[u8])], query: Option<&str>) {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name), HeaderValue::from_bytes(value)) {
            map.append(name, value);
        }
    }
    let names = Names::new(&["studio.local".to_owned()], &["https://gallery.example".to_owned()], false, vec![3000]);
    let [peer, local] = [[192, 168, 1, 9], [192, 168, 1, 7]].map(std::net::IpAddr::from);
    if let Some(session) = session_of(&map) {
        assert!(!session.is_empty() && !session.contains(';'), "{session:?}");
    }
    let pages = [Ok(Page::Unsaid), names.judge(&map, peer, local)];
    for page in pages.iter().flatten() {
        if let Some(Basic::Login { user, .. }) = basic(&map, page) {
            assert!(!user.contains(':'), "{user:?}");
        }
        for method in [Method::GET, Method::POST] {
            for by_query in [ByQuery::No, ByQuery::Token, ByQuery::TicketOrToken] {
                for url_token in [UrlToken::Allowed, UrlToken::NotAllowed] {
                    presented(&map, &method, query, (by_query, url_token), page);
                }
            }
        }
    }
}
