//! What a caller presents to be let in. A program's header goes before what a browser adds by itself.

use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, Method};

use super::routes::ByQuery;
use super::{Page, session_of};

/// What was presented.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Presented<'a> {
    /// Nothing.
    Nothing,
    /// A token, in a header or, where it may be, in the address.
    Token(&'a str),
    /// A token in the address where the settings do not allow it.
    TokenNotAllowed,
    /// A one-time ticket.
    Ticket(&'a str),
    /// A session, by the browser.
    Cookie(&'a str),
    /// A session, by a page that may not act with it.
    CookieOfAnotherPage,
}

/// Reads it. A cookie counts only from a page of ours; one that changes something must say that it is one.
pub(crate) fn presented<'a>(
    headers: &'a HeaderMap,
    method: &Method,
    query: Option<&'a str>,
    by_query: (ByQuery, UrlToken),
    page: &Page,
) -> Presented<'a> {
    if let Some(token) = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(bearer) {
        return Presented::Token(token);
    }
    match by_query {
        (ByQuery::No, _) => {}
        (by @ (ByQuery::Token | ByQuery::TicketOrToken), url_token) => {
            if let Some(ticket) = parameter(query, "ticket").filter(|_| by == ByQuery::TicketOrToken) {
                return Presented::Ticket(ticket);
            }
            if let Some(token) = parameter(query, "token") {
                return match url_token {
                    UrlToken::Allowed => Presented::Token(token),
                    UrlToken::NotAllowed => Presented::TokenNotAllowed,
                };
            }
        }
    }
    let Some(session) = session_of(headers) else { return Presented::Nothing };
    let is_reading = method.is_safe();
    let says_same_origin = headers.get("sec-fetch-site").is_some_and(|site| site == "same-origin");
    match page {
        Page::Ours(_) => Presented::Cookie(session),
        Page::Unsaid if is_reading || says_same_origin => Presented::Cookie(session),
        Page::Unsaid => Presented::CookieOfAnotherPage,
        // Another program's page has no part in what this browser is signed in to.
        Page::Local(_) => Presented::Nothing,
    }
}

/// Whether the settings allow tokens in addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UrlToken {
    Allowed,
    NotAllowed,
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

/// Tokens and tickets are letters and digits, so nothing in them is ever escaped.
fn parameter<'a>(query: Option<&'a str>, name: &str) -> Option<&'a str> {
    query?.split('&').filter_map(|pair| pair.split_once('=')).find_map(|(key, value)| (key == name).then_some(value))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(*name, HeaderValue::from_static(value));
        }
        headers
    }

    const COOKIE_PAIR: (&str, &str) = ("cookie", "kilat_session=s");
    const SOCKET: (ByQuery, UrlToken) = (ByQuery::TicketOrToken, UrlToken::NotAllowed);

    #[test]
    fn a_header_goes_before_an_address_and_that_before_a_cookie() {
        let all = headers(&[("authorization", "Bearer t"), COOKIE_PAIR]);
        let query = Some("x=1&ticket=q");
        assert_eq!(presented(&all, &Method::GET, query, SOCKET, &Page::Unsaid), Presented::Token("t"));
        let browser = headers(&[COOKIE_PAIR]);
        assert_eq!(presented(&browser, &Method::GET, query, SOCKET, &Page::Unsaid), Presented::Ticket("q"));
        let no = (ByQuery::No, UrlToken::Allowed);
        assert_eq!(presented(&browser, &Method::GET, query, no, &Page::Unsaid), Presented::Cookie("s"));
    }

    #[test]
    fn a_token_in_an_address_is_the_operators_to_allow() {
        let none = HeaderMap::new();
        let of = |by_query| presented(&none, &Method::GET, Some("token=t"), by_query, &Page::Unsaid);
        assert_eq!(of(SOCKET), Presented::TokenNotAllowed);
        assert_eq!(of((ByQuery::Token, UrlToken::Allowed)), Presented::Token("t"));
        assert_eq!(of((ByQuery::No, UrlToken::Allowed)), Presented::Nothing);
    }

    #[test]
    fn a_cookie_acts_for_pages_of_ours_alone() {
        let browser = headers(&[COOKIE_PAIR]);
        let ours = Page::Ours(HeaderValue::from_static("http://localhost:3000"));
        let local = Page::Local(HeaderValue::from_static("http://localhost:5173"));
        let of = |headers, method, page| presented(headers, method, None, (ByQuery::No, UrlToken::NotAllowed), page);
        assert_eq!(of(&browser, &Method::POST, &ours), Presented::Cookie("s"));
        assert_eq!(of(&browser, &Method::POST, &Page::Unsaid), Presented::CookieOfAnotherPage);
        assert_eq!(of(&browser, &Method::GET, &local), Presented::Nothing);
        let says = headers(&[COOKIE_PAIR, ("sec-fetch-site", "same-origin")]);
        assert_eq!(of(&says, &Method::DELETE, &Page::Unsaid), Presented::Cookie("s"));
        let other = headers(&[COOKIE_PAIR, ("sec-fetch-site", "same-site")]);
        assert_eq!(of(&other, &Method::DELETE, &Page::Unsaid), Presented::CookieOfAnotherPage);
    }
}
