//! What a caller presents to be let in. A program's header goes before what a browser adds by itself.

use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, Method};
use data_encoding::BASE64;

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

/// What stands in the header of a call that a camera may make.
#[derive(PartialEq, Eq)]
pub(crate) enum Basic {
    /// A camera's user and password.
    Login { user: String, password: String },
    /// No user and password after all.
    Unreadable,
    /// A page of another address: browsers send what somebody typed there once with whatever any page asks.
    FromAnotherPage,
}

/// Reads a camera's user and password, as HTTP Basic writes them (RFC 7617); none where another scheme is used, or none.
pub(crate) fn basic(headers: &HeaderMap, page: &Page) -> Option<Basic> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, told) = value.split_once(' ').unwrap_or((value, ""));
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let is_of_another_site =
        || headers.get("sec-fetch-site").is_some_and(|site| site != "same-origin" && site != "none");
    match page {
        Page::Ours(_) => {}
        Page::Unsaid if !is_of_another_site() => {}
        Page::Unsaid | Page::Local(_) => return Some(Basic::FromAnotherPage),
    }
    let text = BASE64.decode(told.trim().as_bytes()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    Some(match text.as_deref().and_then(|text| text.split_once(':')) {
        Some((user, password)) => Basic::Login { user: user.to_owned(), password: password.to_owned() },
        None => Basic::Unreadable,
    })
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
    fn a_cameras_password_is_read_and_counts_for_programs_and_pages_of_ours() {
        let login = Basic::Login { user: "z9-of-budi".to_owned(), password: "a:b".to_owned() };
        let of = |pairs: &[(&'static str, &'static str)], page| basic(&headers(pairs), page);
        // z9-of-budi:a:b
        let right = ("authorization", "basic ejktb2YtYnVkaTphOmI=");
        let ours = Page::Ours(HeaderValue::from_static("http://localhost:3000"));
        let local = Page::Local(HeaderValue::from_static("http://localhost:5173"));
        assert!(of(&[right], &Page::Unsaid).as_ref() == Some(&login));
        assert!(of(&[right, ("sec-fetch-site", "cross-site")], &ours).as_ref() == Some(&login));
        for site in ["cross-site", "same-site", "?"] {
            assert!(of(&[right, ("sec-fetch-site", site)], &Page::Unsaid) == Some(Basic::FromAnotherPage), "{site}");
        }
        assert!(of(&[right], &local) == Some(Basic::FromAnotherPage));
        for text in ["Basic", "Basic ", "Basic bm9jb2xvbg==", "Basic ???", "Basic /w=="] {
            assert!(of(&[("authorization", text)], &Page::Unsaid) == Some(Basic::Unreadable), "{text}");
        }
        assert!(of(&[("authorization", "Bearer t")], &Page::Unsaid).is_none() && of(&[], &ours).is_none());
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
