//! `/api/admin/users`: make, list, remove accounts; set a password.

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use kilat_core::{User, UserName};
use kilat_wire::{ChangePassword, CreateUser, Done, UserRow};

use super::given::Path;
use super::unreadable;
use crate::app::App;
use crate::refusal::Refusal;

pub(crate) async fn list(State(app): State<App>) -> Json<Vec<UserRow>> {
    Json(app.0.access.users().iter().map(user_row).collect())
}

pub(crate) async fn create(
    State(app): State<App>,
    body: Result<Json<CreateUser>, JsonRejection>,
) -> Result<(StatusCode, Json<UserRow>), Refusal> {
    let Json(CreateUser { name, role, password }) = body.map_err(|rejection| unreadable(&rejection))?;
    let name: UserName = name.parse().map_err(|_why| {
        Refusal::bad("bad_name", "an account cannot have that name", "use 1 to 64 letters, digits, '-' or '_'")
    })?;
    let user = app.0.access.add_user(name, role, password).await?;
    Ok((StatusCode::CREATED, Json(user_row(&user))))
}

pub(crate) async fn remove(State(app): State<App>, Path(name): Path<String>) -> Result<Json<Done>, Refusal> {
    app.0.access.remove_user(&known(&name)?).await?;
    Ok(Json(Done { success: true }))
}

pub(crate) async fn set_password(
    State(app): State<App>,
    Path(name): Path<String>,
    body: Result<Json<ChangePassword>, JsonRejection>,
) -> Result<Json<Done>, Refusal> {
    let Json(ChangePassword { password }) = body.map_err(|rejection| unreadable(&rejection))?;
    app.0.access.set_password(&known(&name)?, password).await?;
    Ok(Json(Done { success: true }))
}

fn known(name: &str) -> Result<UserName, Refusal> {
    name.parse().map_err(|_why| Refusal::missing("there is no such account"))
}

/// An account as answers show it.
#[must_use]
pub fn user_row(user: &User) -> UserRow {
    UserRow { name: user.name.to_string(), role: user.role, created_at: user.created_at.to_rfc3339() }
}
