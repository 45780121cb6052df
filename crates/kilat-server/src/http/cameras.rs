//! `/api/admin/cameras`: which cameras sign in to send, by FTP, FTPS or HTTP.

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use kilat_auth::{Access, Secret};
use kilat_core::{CameraId, KnownCamera, Millis};
use kilat_journal::{Journal, JournalError};
use kilat_wire::{CreateCamera, Done, FtpMenu, NewCameraAnswer, SenderRow};

use super::given::Path;
use super::tokens::instant;
use super::unreadable;
use crate::app::App;
use crate::refusal::Refusal;

pub(crate) async fn list(State(app): State<App>) -> Result<Json<Vec<SenderRow>>, Refusal> {
    Ok(Json(sender_rows(&app.0.access, &app.0.journal, app.0.clock.now()).await?))
}

/// All cameras that sign in, and what came from each.
///
/// # Errors
/// When the journal cannot be read.
pub async fn sender_rows(access: &Access, journal: &Journal, now: Millis) -> Result<Vec<SenderRow>, JournalError> {
    let event = journal.active_event().await?;
    let sent = journal.sent_tallies(event.as_ref().map(|event| &event.id)).await?;
    let row = |camera: &KnownCamera| {
        let row = sender_row(camera, now);
        let Some(sent) = sent.iter().find(|sent| sent.camera == camera.id) else { return row };
        let last_file_at = sent.last_at.map(Millis::to_rfc3339);
        SenderRow { files: sent.files, last_file_at, cut_off: sent.cut_off, ..row }
    };
    Ok(access.cameras().iter().map(row).collect())
}

pub(crate) async fn create(
    State(app): State<App>,
    body: Result<Json<CreateCamera>, JsonRejection>,
) -> Result<(StatusCode, Json<NewCameraAnswer>), Refusal> {
    let Json(CreateCamera { name, expires_at }) = body.map_err(|rejection| unreadable(&rejection))?;
    let expires_at = expires_at.as_deref().map(instant).transpose()?;
    let (camera, secret) = app.0.access.add_camera(&name, expires_at).await?;
    let answer = new_camera(&camera, &secret, app.0.clock.now(), app.0.ftp.clone());
    Ok((StatusCode::CREATED, Json(answer)))
}

pub(crate) async fn remove(State(app): State<App>, Path(id): Path<String>) -> Result<Json<Done>, Refusal> {
    let id: CameraId = id.parse().map_err(|_why| Refusal::missing("there is no such camera"))?;
    app.0.access.remove_camera(&id).await?;
    Ok(Json(Done { success: true }))
}

/// A new camera as its answer shows it.
#[must_use]
pub fn new_camera(camera: &KnownCamera, secret: &Secret, now: Millis, ftp: Option<FtpMenu>) -> NewCameraAnswer {
    NewCameraAnswer {
        user: camera.id.to_string(),
        password: secret.expose().to_owned(),
        camera: sender_row(camera, now),
        ftp,
    }
}

/// A camera that signs in as answers show it, before anything came from it.
fn sender_row(camera: &KnownCamera, now: Millis) -> SenderRow {
    let expires_at = camera.login.as_ref().and_then(|login| login.expires_at);
    SenderRow {
        user: camera.id.to_string(),
        name: camera.name.clone(),
        expires_at: expires_at.map(Millis::to_rfc3339),
        expired: expires_at.is_some_and(|at| at <= now),
        files: 0,
        last_file_at: None,
        cut_off: 0,
    }
}
