//! In front of every call: from where it comes, who makes it, whether they may; and what every answer carries.
//!
//! Whoever is let in stands in the request's extensions as `Who`.

use axum::extract::{MatchedPath, Request, State};
use axum::http::header::UPGRADE;
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use kilat_auth::{Access, Operation, Role, Who};

use crate::auth::{Known, Names, Needs, Page, Presented, Route, Sessions, UrlToken, anywhere, presented, route};
use crate::headers::with_headers;
use crate::http::{takes_files, tell_abilities};
use crate::listen::Conn;
use crate::places::For;
use crate::refusal::Refusal;

/// What the guard knows.
#[derive(Clone)]
pub(crate) struct Gate {
    pub(crate) names: Names,
    pub(crate) access: Access,
    pub(crate) url_token: UrlToken,
}

/// Refuses who may not come in; adds the headers.
pub(crate) async fn guard(State(gate): State<Gate>, mut request: Request, next: Next) -> Response {
    let Some(conn) = request.extensions().get::<Conn>().cloned() else {
        return with_headers(without_connection().into_response(), &Page::Unsaid);
    };
    let page = match gate.names.judge(request.headers(), conn.peer.ip(), conn.local) {
        Ok(page) => page,
        Err(refusal) => return with_headers(refusal.into_response(), &Page::Unsaid),
    };
    if request.method() == Method::OPTIONS {
        return with_headers(options(&request), &page);
    }
    let response = match admit(&gate, &request, &conn, &page) {
        Ok(who) => {
            if let Some(who) = who {
                request.extensions_mut().insert(who);
            }
            next.run(request).await
        }
        Err(refusal) => refusal.into_response(),
    };
    with_headers(response, &page)
}

/// What may be asked, for pages and for clients of the resumable protocol.
fn options(request: &Request) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    if takes_files(request.uri().path()) {
        tell_abilities(response.headers_mut());
    }
    response
}

/// Who makes the call; none where anyone may and nobody is known.
fn admit(gate: &Gate, request: &Request, conn: &Conn, page: &Page) -> Result<Option<Who>, Refusal> {
    let route = match known(request) {
        Known::Route(route) => route,
        Known::OtherMethods => return Err(other_method()),
        Known::Forgotten => {
            tracing::error!(path = request.uri().path(), "a call stands in no list");
            return Err(not_allowed("this call is not open to anyone yet"));
        }
    };
    let who = identify(gate, request, route, conn, page);
    let who = match route.needs {
        Needs::Anyone => who.ok(),
        Needs::Somebody => Some(who?),
        Needs::OnThisMachineOr(_) if is_on_this_machine(request, conn) => who.ok(),
        Needs::Operation(operation) | Needs::OnThisMachineOr(operation) => {
            let who = who?;
            if !gate.access.may(&who, operation) {
                return Err(not_allowed(&refusal_of(who.role, operation)));
            }
            Some(who)
        }
    };
    match &who {
        None => conn.place.answer_a_stranger(),
        Some(who) if conn.place.settle(seat(who.role)) => {}
        Some(_) => return Err(full()),
    }
    Ok(who)
}

/// A proxy on this machine speaks for others, and says so.
fn is_on_this_machine(request: &Request, conn: &Conn) -> bool {
    let speaks_for_others = ["forwarded", "x-forwarded-for", "x-real-ip", "via"];
    conn.peer.ip().to_canonical().is_loopback()
        && !speaks_for_others.iter().any(|name| request.headers().contains_key(*name))
}

fn known(request: &Request) -> Known {
    match request.extensions().get::<MatchedPath>() {
        Some(path) => route(request.method(), path.as_str()),
        None => anywhere(request.headers().contains_key(UPGRADE)),
    }
}

/// Who presents what; an error is the refusal.
fn identify(gate: &Gate, request: &Request, route: &Route, conn: &Conn, page: &Page) -> Result<Who, Refusal> {
    let by_query = (route.by_query, gate.url_token);
    let presented = presented(request.headers(), request.method(), request.uri().query(), by_query, page);
    let found = match presented {
        Presented::Nothing => {
            // Pictures and forms of other sites say no origin; the browser says that they are of another site.
            let is_foreign = request.headers().get("sec-fetch-site").is_some_and(|site| site == "cross-site");
            let is_said = *page != Page::Unsaid;
            let known = gate.access.anonymous(conn.peer.ip()).filter(|_| is_said || !is_foreign);
            return known.ok_or_else(|| unknown("not_signed_in", "nobody is signed in here"));
        }
        Presented::Token(token) => gate.access.authenticate(token),
        Presented::Cookie(_) if route.sessions == Sessions::DoNotCount => {
            return Err(unknown("not_signed_in", "a browser's session does not count here"));
        }
        Presented::Cookie(session) => gate.access.authenticate(session),
        Presented::Ticket(ticket) => gate.access.redeem(ticket),
        Presented::TokenNotAllowed => {
            let remedy = "send it as Authorization: Bearer, or let the operator allow it: access.url_token";
            let error = "a token may not stand in an address here";
            return Err(Refusal::new(StatusCode::UNAUTHORIZED, "url_token", error, remedy));
        }
        Presented::CookieOfAnotherPage => {
            let remedy = "act from Kilat's own page; a program sends Authorization: Bearer";
            let error = "the call does not say that it comes from this server's page";
            return Err(Refusal::new(StatusCode::FORBIDDEN, "foreign_origin", error, remedy));
        }
    };
    found.ok_or_else(|| unknown("not_signed_in", "this opens the door no more, or never did"))
}

fn seat(role: Role) -> For {
    match role {
        Role::Viewer => For::Viewer,
        Role::Agent | Role::Operator | Role::Admin => For::Operator,
    }
}

fn unknown(code: &'static str, error: &str) -> Refusal {
    let remedy = "sign in by the link that kilat link prints, or send a token as Authorization: Bearer";
    Refusal::new(StatusCode::UNAUTHORIZED, code, error, remedy)
}

fn refusal_of(role: Role, operation: Operation) -> String {
    format!("the role {role} may not {}", operation.words())
}

fn not_allowed(error: &str) -> Refusal {
    let remedy = "sign in with a role that may, or ask an admin for a token: kilat token create --role ROLE";
    Refusal::new(StatusCode::FORBIDDEN, "not_allowed", error, remedy)
}

fn other_method() -> Refusal {
    let remedy = "docs/protocol.md lists every call with its method";
    Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "method", "this call has other methods", remedy)
}

fn full() -> Refusal {
    let remedy = "close pages that nobody looks at, then try again";
    Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "too_many_viewers", "too many viewers are connected", remedy)
}

fn without_connection() -> Refusal {
    let error = "the connection of this call is not known";
    Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", error, "please report this")
}
