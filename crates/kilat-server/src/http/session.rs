//! `/api/session`: sign in, say who is signed in, sign out. `POST /api/ticket`, `POST /api/links`.

use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use kilat_auth::{CODE_USES, CODE_VALID, Operation, SignInError, SignedIn, TICKET_VALID, Who};
use kilat_core::{Millis, Role};
use kilat_wire::{CreateLink, Done, LinkAnswer, SessionAnswer, SignIn, TicketAnswer};

use super::unreadable;
use crate::app::App;
use crate::auth::{clear_cookie, session_cookie, session_of};
use crate::listen::Conn;
use crate::refusal::Refusal;

pub(crate) async fn sign_in(
    State(app): State<App>,
    Extension(conn): Extension<Conn>,
    body: Result<Json<SignIn>, JsonRejection>,
) -> Response {
    let request = match body {
        Ok(Json(request)) => request,
        Err(rejection) => return unreadable(&rejection).into_response(),
    };
    let from = conn.peer.ip();
    let signed_in = match request {
        SignIn::Code { code } => app.0.access.sign_in_by_code(code.trim(), from).await,
        SignIn::Password { name, password } => app.0.access.sign_in_by_password(name.trim(), password, from).await,
    };
    match signed_in {
        Ok(SignedIn { who, secret, expires_at }) => {
            tracing::info!(name = who.label, role = %who.role, peer = %from, "signed in");
            let cookie = session_cookie(secret.expose(), app.0.is_tls);
            with_cookie(Json(answer(&who, Some(expires_at))).into_response(), cookie)
        }
        Err(error) => {
            tracing::info!(%error, peer = %from, "somebody could not sign in");
            refuse(error)
        }
    }
}

pub(crate) async fn who(
    State(app): State<App>,
    Extension(who): Extension<Who>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let renewed = app.0.access.renew(&who).await?;
    let expires_at = renewed.or_else(|| app.0.access.ends_at(&who));
    let response = Json(answer(&who, expires_at)).into_response();
    let cookie = renewed.and(session_of(&headers)).and_then(|secret| session_cookie(secret, app.0.is_tls));
    Ok(with_cookie(response, cookie))
}

pub(crate) async fn sign_out(State(app): State<App>, who: Option<Extension<Who>>) -> Result<Response, Refusal> {
    if let Some(Extension(who)) = who {
        app.0.access.sign_out(&who).await?;
    }
    Ok(with_cookie(Json(Done { success: true }).into_response(), clear_cookie(app.0.is_tls)))
}

pub(crate) async fn ticket(
    State(app): State<App>,
    Extension(who): Extension<Who>,
) -> Result<Json<TicketAnswer>, Refusal> {
    let ticket = app.0.access.ticket(&who)?;
    Ok(Json(TicketAnswer { ticket: ticket.expose().to_owned(), valid_ms: TICKET_VALID.as_millis() as u64 }))
}

pub(crate) async fn link(
    State(app): State<App>,
    Extension(who): Extension<Who>,
    body: Result<Json<CreateLink>, JsonRejection>,
) -> Result<Json<LinkAnswer>, Refusal> {
    let Json(CreateLink { role }) = body.map_err(|rejection| unreadable(&rejection))?;
    if role != Role::Viewer && !app.0.access.may(&who, Operation::ManageAccess) {
        let error = format!("the role {} makes links for viewers only", who.role);
        return Err(Refusal::new(StatusCode::FORBIDDEN, "not_allowed", error, "ask an admin for this link"));
    }
    let code = app.0.access.link_code(role);
    let path = format!("/admin#in={}", code.expose());
    Ok(Json(LinkAnswer { path, role, uses: CODE_USES, valid_ms: CODE_VALID.as_millis() as u64 }))
}

fn answer(who: &Who, expires_at: Option<Millis>) -> SessionAnswer {
    let expires_at = expires_at.map(Millis::to_rfc3339);
    SessionAnswer { success: true, name: who.label.clone(), role: who.role, expires_at }
}

fn with_cookie(mut response: Response, cookie: Option<HeaderValue>) -> Response {
    if let Some(cookie) = cookie {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}

fn refuse(error: SignInError) -> Response {
    let told = error.to_string();
    match error {
        SignInError::Code => {
            let remedy = "make a new one on the server's machine: kilat link";
            Refusal::new(StatusCode::UNAUTHORIZED, "bad_code", told, remedy).into_response()
        }
        SignInError::Password => {
            let remedy = "try again; an admin may set another password: kilat user passwd NAME";
            Refusal::new(StatusCode::UNAUTHORIZED, "bad_password", told, remedy).into_response()
        }
        SignInError::Throttled { retry_after } => Refusal::throttled(&told, retry_after).into_response(),
        SignInError::Journal(error) => Refusal::from(error).into_response(),
    }
}
