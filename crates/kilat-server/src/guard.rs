//! In front of every call: from where it comes, who makes it, whether they may; and what every answer carries.
//!
//! Whoever is let in stands in the request's extensions as `Who`.

use std::net::IpAddr;

use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{UPGRADE, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use kilat_auth::{Access, Operation, Role, SignInError, Who};

use crate::auth::{
    Basic, Beside, Known, Names, Needs, Page, Presented, Route, UrlToken, anywhere, basic, presented, route,
};
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
    let route = match known(&request) {
        Ok(route) => route,
        Err(refusal) => return with_headers(refusal.into_response(), &page),
    };
    let by_password = match route.beside {
        Beside::Camera => basic(request.headers(), &page),
        Beside::Session => None,
    };
    let caller = match by_password {
        Some(said) => camera(&gate.access, said, conn.peer.ip()).await,
        None => identify(&gate, &request, route, &conn, &page),
    };
    let response = match admit(&gate, &request, route, &conn, caller) {
        Ok(who) => {
            if let Some(who) = who {
                request.extensions_mut().insert(who);
            }
            next.run(request).await
        }
        Err(refusal) => challenge(refusal.into_response(), route, request.headers()),
    };
    with_headers(response, &page)
}

/// Says that a camera may sign in, to clients that wait for that. Browsers are not asked: what is typed there would be
/// sent again for whatever page asks.
fn challenge(mut response: Response, route: &Route, headers: &HeaderMap) -> Response {
    let is_browser = headers.contains_key("sec-fetch-site") || headers.contains_key("origin");
    if route.beside == Beside::Camera && response.status() == StatusCode::UNAUTHORIZED && !is_browser {
        let basic = HeaderValue::from_static("Basic realm=\"Kilat\", charset=\"UTF-8\"");
        response.headers_mut().append(WWW_AUTHENTICATE, basic);
    }
    response
}

/// What may be asked, for pages and for clients of the resumable protocol.
fn options(request: &Request) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    if takes_files(request.uri().path()) {
        tell_abilities(response.headers_mut());
    }
    response
}

/// Which camera signs in.
async fn camera(access: &Access, said: Basic, from: IpAddr) -> Result<Who, Refusal> {
    let (user, password) = match said {
        Basic::Login { user, password } => (user, password),
        Basic::Unreadable => return Err(wrong_password("what should be a user and a password cannot be read")),
        Basic::FromAnotherPage => {
            let remedy = "a page sends a token as Authorization: Bearer";
            let error = "a camera's password does not count from a page of another address";
            return Err(Refusal::new(StatusCode::FORBIDDEN, "foreign_origin", error, remedy));
        }
    };
    access.camera(&user, &password, from).await.map(Who::from).map_err(|error| {
        tracing::info!(%error, peer = %from, "a camera could not sign in by HTTP");
        match error {
            SignInError::Password | SignInError::Code => {
                wrong_password("the user or the password is wrong, or its time is over")
            }
            SignInError::Throttled { retry_after } => Refusal::throttled(&error.to_string(), retry_after),
            SignInError::Journal(error) => error.into(),
        }
    })
}

/// Who of those that are known makes the call; none where anyone may and nobody is known.
fn admit(
    gate: &Gate,
    request: &Request,
    route: &Route,
    conn: &Conn,
    who: Result<Who, Refusal>,
) -> Result<Option<Who>, Refusal> {
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

/// What the list says of the call.
fn known(request: &Request) -> Result<&'static Route, Refusal> {
    let known = match request.extensions().get::<MatchedPath>() {
        Some(path) => route(request.method(), path.as_str()),
        None => anywhere(request.headers().contains_key(UPGRADE)),
    };
    match known {
        Known::Route(route) => Ok(route),
        Known::OtherMethods => Err(other_method()),
        Known::Forgotten => {
            tracing::error!(path = request.uri().path(), "a call stands in no list");
            Err(not_allowed("this call is not open to anyone yet"))
        }
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
        Presented::Cookie(_) if route.beside == Beside::Camera => {
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

fn wrong_password(error: &str) -> Refusal {
    let remedy = "kilat camera list shows who may sign in; remove and add make a new password";
    Refusal::new(StatusCode::UNAUTHORIZED, "bad_password", error, remedy)
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
