//! `/api/admin/tokens`: make, list, revoke.

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use kilat_auth::{NewToken, Secret};
use kilat_core::{Millis, Token, TokenId, TokenKind, UserName};
use kilat_wire::{CreateToken, Done, NewTokenAnswer, TokenRow};

use super::given::Path;
use super::unreadable;
use crate::app::App;
use crate::refusal::Refusal;

pub(crate) async fn list(State(app): State<App>) -> Json<Vec<TokenRow>> {
    let now = app.0.clock.now();
    Json(app.0.access.tokens().iter().map(|token| token_row(token, now)).collect())
}

pub(crate) async fn create(
    State(app): State<App>,
    body: Result<Json<CreateToken>, JsonRejection>,
) -> Result<(StatusCode, Json<NewTokenAnswer>), Refusal> {
    let Json(request) = body.map_err(|rejection| unreadable(&rejection))?;
    let expires_at = request.expires_at.as_deref().map(instant).transpose()?;
    let name = request.name.unwrap_or_else(|| request.role.to_string());
    let new = NewToken { kind: TokenKind::Program, name, role: request.role, user: None, expires_at };
    let (token, secret): (Token, Secret) = app.0.access.create_token(new).await?;
    let answer = NewTokenAnswer { token: secret.expose().to_owned(), row: token_row(&token, app.0.clock.now()) };
    Ok((StatusCode::CREATED, Json(answer)))
}

pub(crate) async fn revoke(State(app): State<App>, Path(id): Path<String>) -> Result<Json<Done>, Refusal> {
    let id: TokenId = id.parse().map_err(|_why| Refusal::missing("there is no such token"))?;
    app.0.access.revoke(&id).await?;
    Ok(Json(Done { success: true }))
}

/// A token as answers show it.
#[must_use]
pub fn token_row(token: &Token, now: Millis) -> TokenRow {
    TokenRow {
        id: token.id.to_string(),
        kind: token.kind,
        name: token.name.clone(),
        role: token.role,
        user: token.user.as_ref().map(UserName::to_string),
        created_at: token.created_at.to_rfc3339(),
        expires_at: token.expires_at.map(Millis::to_rfc3339),
        expired: token.has_expired(now),
    }
}

pub(super) fn instant(text: &str) -> Result<Millis, Refusal> {
    Millis::from_rfc3339(text).ok_or_else(|| {
        Refusal::bad("bad_time", "expiresAt is no time", "write it as 2026-12-31T23:59:59Z, or leave it out")
    })
}
